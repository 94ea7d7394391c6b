"""Whether times that have a zone contradict those of the sessions, which do not."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta

from sweeper.check.context import CheckContext, failure
from sweeper.check.rehearsal.ledger.linked_sessions import sessions_fail
from sweeper.check.rehearsal.samples import Samples, named, sampling
from sweeper.check.result import Check
from sweeper.core.durations import describe_duration
from sweeper.postgres.errors import Refusal, TooSlow

# time zones differ by a multiple of this many seconds; a row that is written at once is off by at most this many
_STEP, _AT_ONCE = 900, 120
_STEPS_AT_LEAST = 2
_ENOUGH, _MOST = 5, 0.9


def check_clocks(context: CheckContext) -> Iterator[Check]:
    """Charges in the ledger with a zone in their times, all the same number of hours from their session's start."""
    mapping = context.mapping
    started_at = mapping.sessions.column(context.settings.sessions.started_at)
    if started_at is None or started_at.base_type != "timestamp without time zone" or mapping.is_by_account:
        return
    with sampling(context) as samples:
        for column, behind in _behind(samples):
            distance = _zone_apart(list(behind.values()))
            if not distance:
                continue
            far = describe_duration(timedelta(seconds=abs(distance)))
            yield failure(
                "time_zone",
                f"{column} in the app's ledger, a time with a zone, is {far} {'later' if distance > 0 else 'earlier'} "
                f"than the start of the session, read in {mapping.timezone}, for {len(behind)} sessions, such as "
                f"{named(sorted(behind))}: in the wrong zone, what has just begun may be stuck",
                f"sessions.timezone: the zone whose clock is {far} {'behind' if distance > 0 else 'ahead of'} that of "
                f"{mapping.timezone}; then: sweeper install",
            )
            return


def _behind(samples: Samples) -> Iterator[tuple[str, dict[str, int]]]:
    """For each column with a zone, how many seconds each session's earliest row is after its start."""
    ledger = samples.context.mapping.ledger
    if ledger is None:
        return
    key = samples.key_of(ledger.table)
    if key is None or not samples.sees(ledger.table, [key]) or sessions_fail(samples, key):
        return
    moments = [one for one in ledger.table.columns.values() if one.base_type == "timestamp with time zone"]
    for moment in samples.seen(ledger.table, moments):
        try:
            with samples.transaction.savepoint():
                rows = samples.ask("compare_clocks", {"key": key.quoted, "moment": moment.quoted})
        except (Refusal, TooSlow):
            continue
        yield moment.name, {row.session_id: row.behind for row in rows}


def _zone_apart(seconds: Sequence[int]) -> int:
    """By how many seconds two clocks differ, if that is a difference between zones; else 0.

    Because of summer time there may be two such differences.
    """
    steps = Counter(round(one / _STEP) for one in seconds if abs(one - round(one / _STEP) * _STEP) <= _AT_ONCE)
    common = [(step, count) for step, count in steps.most_common(2) if abs(step) >= _STEPS_AT_LEAST]
    enough = len(seconds) >= _ENOUGH and sum(count for _, count in common) >= len(seconds) * _MOST
    return common[0][0] * _STEP if enough else 0
