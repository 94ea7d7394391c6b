"""Whether times without a zone are read in the zone in which the app writes them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sweeper.check.rehearsal.ledger.app_ledger import app_ledger
from sweeper.check.rehearsal.ledger.linked_sessions import sessions_fail
from sweeper.check.rehearsal.reading import ROWS_UNANSWERED
from sweeper.check.rehearsal.samples import Samples, named
from sweeper.check.result import Check, failure, ok, warning
from sweeper.core.durations import describe_duration

_AHEAD = timedelta(minutes=5)
# how recently the newest session of a busy app began, and that of an app with little to do
_JUST_NOW, _LONG_AGO = timedelta(minutes=30), timedelta(hours=1)
_FIX = "sessions.timezone: the zone that the app writes its times in; then: sweeper install"
# time zones differ by a multiple of this many seconds; a row that is written at once is off by at most this many
_STEP, _AT_ONCE = 900, 120
_STEPS_AT_LEAST = 2
_ENOUGH, _MOST = 5, 0.9
_NO_APP_BEFORE = datetime(1990, 1, 1, tzinfo=UTC)


def check_zone(samples: Samples) -> Iterator[Check]:
    """Compare the newest session with now: it must neither be in the future, nor fit another zone better."""
    (row,) = samples.ask("read_newest_start")
    apart, latest = list(_check_ledger(samples)), _newest_of_all(samples)
    newest, zone, now = row.started_at, samples.mapping.timezone, samples.context.as_of
    if apart:
        yield from apart
        return
    if newest is not None and newest < _NO_APP_BEFORE:
        yield warning(
            f"the newest session that failed or runs began on {newest:%Y-%m-%d}, read by sessions.started_at = "
            f"{samples.own.started_at!r}: that is long before any such app",
            "sessions.started_at: seconds since 1970 with to_timestamp(seconds), milliseconds divided by 1000 first",
        )
        return
    ahead = _AHEAD + samples.settings.policy.max_clock_skew
    if newest is not None and newest > now + ahead:
        said = f"the newest session begins {describe_duration(newest - now)} from now, read in {zone}"
        yield warning(said, _FIX)
        return
    for other in ("UTC", row.zone):
        if newest is not None and _fits_better(samples, newest, other):
            # what has just succeeded would begin in the future there
            if latest is not None and _read_in(samples, latest, other) > now + _AHEAD:
                continue
            yield failure(
                f"the newest session that failed or runs began {describe_duration(now - newest)} ago, read "
                f"in {zone}, and just now, read in {other}: in the wrong zone a session that has just begun is stuck",
                f'sessions.timezone = "{other}"; then: sweeper install',
            )
            return
    yield ok(f"columns without a zone are read in {zone}; no session begins in the future")


def _newest_of_all(samples: Samples) -> datetime | None:
    """When the newest session began, also of those that succeeded; None where ids do not say which it is."""
    mapping = samples.mapping
    key = next((one for one in mapping.sessions.columns.values() if one.quoted == mapping.slots["key"]), None)
    if key is None or not key.is_whole or mapping.is_by_account:
        return None
    rows = samples.try_ask("read_newest_of_all", ROWS_UNANSWERED)
    return rows[0].started_at if rows else None


def _read_in(samples: Samples, moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(samples.mapping.timezone)).replace(tzinfo=ZoneInfo(zone))


def _fits_better(samples: Samples, newest: datetime, other: str) -> bool:
    """Whether the newest session began just now when read in another zone, and long ago in the mapped one."""
    column = samples.sessions.column(samples.own.started_at)
    if (
        column is None
        or column.base_type != "timestamp without time zone"
        or samples.context.as_of - newest < _LONG_AGO
    ):
        return False
    try:
        read = _read_in(samples, newest, other)
    except (ZoneInfoNotFoundError, ValueError):  # a zone that Python does not know
        return False
    return timedelta(0) <= samples.context.as_of - read <= _JUST_NOW


def _check_ledger(samples: Samples) -> Iterator[Check]:
    """Charges in the ledger with a zone in their times, all the same number of hours from their session's start."""
    mapping = samples.mapping
    started_at = mapping.sessions.column(samples.own.started_at)
    if started_at is None or started_at.base_type != "timestamp without time zone" or mapping.is_by_account:
        return
    for column, behind in _behind(samples):
        distance = _zone_apart(list(behind.values()))
        if not distance:
            continue
        far = describe_duration(timedelta(seconds=abs(distance)))
        yield failure(
            f"{column} in the app's ledger, a time with a zone, is {far} {'later' if distance > 0 else 'earlier'} "
            f"than the start of the session, read in {mapping.timezone}, for {len(behind)} sessions, such as "
            f"{named(sorted(behind))}: in the wrong zone, what has just begun may be stuck",
            f"sessions.timezone: the zone whose clock is {far} {'behind' if distance > 0 else 'ahead of'} that of "
            f"{mapping.timezone}; then: sweeper install",
        )
        return


def _behind(samples: Samples) -> Iterator[tuple[str, dict[str, int]]]:
    """For each column with a zone, how many seconds each session's earliest row is after its start."""
    ledger = app_ledger(samples)
    if ledger is None or sessions_fail(samples):
        return
    for moment in samples.columns(ledger.table, lambda one: one.base_type == "timestamp with time zone"):
        rows = samples.ask_table(ledger.table, "compare_clocks", ROWS_UNANSWERED, moment=moment)
        yield moment.name, {row.session_id: row.behind for row in rows}


def _zone_apart(seconds: Sequence[int]) -> int:
    """By how many seconds two clocks differ, if that is a difference between zones; else 0.

    Because of summer time there may be two such differences.
    """
    steps = Counter(round(one / _STEP) for one in seconds if abs(one - round(one / _STEP) * _STEP) <= _AT_ONCE)
    common = [(step, count) for step, count in steps.most_common(2) if abs(step) >= _STEPS_AT_LEAST]
    enough = len(seconds) >= _ENOUGH and sum(count for _, count in common) >= len(seconds) * _MOST
    return common[0][0] * _STEP if enough else 0
