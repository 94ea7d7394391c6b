"""Running sessions: whether their sign of life changes, which have no deadline, and which are planned for later."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from sweeper.app.catalog import Column, has_subquery
from sweeper.check.context import CheckContext
from sweeper.check.rehearsal.samples import Samples, named, sampling
from sweeper.check.rehearsal.words import CANCELED
from sweeper.check.result import Check, failure, ok, warning
from sweeper.core.durations import describe_duration
from sweeper.postgres.errors import Refusal, StatementError, TooSlow
from sweeper.postgres.transaction import Row

# a session that has run for this long must have shown a sign of life this long after its start
_OLD_ENOUGH, _WELL_AFTER = 600.0, 300.0
# with a shorter limit sessions would be stuck before they begin
_AT_ONCE = timedelta(minutes=1)
_END = re.compile(r"^(complet|finish|end|done|succeed|process)(e?d)?_?(at|on|time|date)?$", re.IGNORECASE)
_SEVERAL, _NEARLY_ALL = 10, 0.9
_OF_SESSION = re.compile(r'\bs\s*\.\s*"?(\w+)')
_CANCELED = re.compile(f"cancel|withdrawn|{CANCELED.pattern}", re.IGNORECASE)
# no session ended before its time, and this many had one
_ENDED, _ENOUGH, _COLUMNS_AT_MOST = 10, 3, 12


@dataclass(frozen=True)
class Heartbeat:
    """Whether ``active_at`` changes while sessions run; ``looked_at`` counts those that could show it."""

    mapped: bool
    looked_at: int = 0
    moved: int = 0

    @property
    def seen(self) -> bool:
        return self.mapped and self.looked_at > 0 and self.moved * 2 >= self.looked_at

    @property
    def doubted(self) -> bool:
        return self.mapped and self.looked_at > 0 and not self.seen


def read_heartbeat(context: CheckContext) -> Heartbeat:
    if not context.has_heartbeat:
        return Heartbeat(mapped=False)
    with sampling(context) as samples:
        old = [row for row in read_running(samples) if row.age >= _OLD_ENOUGH]
    # a session that is stuck by the file proves nothing while others are alive
    old = [row for row in old if not is_stuck(context, row)] or old
    return Heartbeat(True, len(old), sum(row.moved is not None and row.moved >= _WELL_AFTER for row in old))


def is_stuck(context: CheckContext, row: Row) -> bool:
    """Whether a run would close a session, which `look_at_running` gives, for want of a sign of life."""
    limit = context.settings.stuck_after(row.status)
    return limit is not None and row.age - (row.moved or 0) >= limit.total_seconds()


def not_moving(heartbeat: Heartbeat) -> str:
    """The evidence that it does not change, in words."""
    still = heartbeat.looked_at - heartbeat.moved
    return f"it is near the start for {still} of {heartbeat.looked_at} sessions that have run for 10 minutes"


def check_active_at(samples: Samples) -> Iterator[Check]:
    """Running sessions without a sign of life, whose time counts from their start."""
    own, settings = samples.own, samples.settings
    if own.stuck_at is not None:
        yield ok("does not count: sessions.stuck_at says when a session is stuck")
        return
    rows = read_running(samples)
    planned = list(check_planned(samples, rows))
    if planned or not samples.context.has_heartbeat:
        yield from planned or [ok("no heartbeat: stuck_after counts from the start of a session")]
        return
    silent = [row for row in rows if row.silent]
    if same := _is_same_for_all(samples, rows):
        yield warning(
            f"active_at = {own.active_at!r} is the same for {same} of the {len(rows)} newest running sessions, such as "
            f"{named([row.session_id for row in rows])}, and for those that succeeded: is it a sign of life of each?",
            "sessions.active_at: of the session itself, as by s.id in a subquery",
        )
    elif not silent:
        yield ok(f"each of the {len(rows)} newest running sessions has one")
    if not silent:
        return
    limits = [limit for row in silent if (limit := settings.stuck_after(row.status)) is not None]
    shortest = min(limits)
    message = (
        f"{len(silent)} of the {len(rows)} newest running sessions have none (active_at = {own.active_at!r}), such as "
        f"{named([row.session_id for row in silent])}: they are stuck {describe_duration(shortest)} after their start"
    )
    fix = (
        "policy.stuck_after by status, where some wait longer than that before the work begins; or "
        f"sessions.stuck_at = {own.active_at!r}, if it is a deadline (null: never)"
    )
    yield (failure if shortest <= _AT_ONCE else warning)(message, fix)


def _is_same_for_all(samples: Samples, rows: Sequence[Row]) -> int:
    """How many running sessions have one sign of life, if those that succeeded have it too.

    One UPDATE may set that of all that run, and a worker, which the session names, may have several of them.
    """
    text, known = samples.own.active_at or "", {one.strip('"') for one in (samples.own.id, samples.own.account)}
    if len(rows) < _SEVERAL or not has_subquery(text) or {*_OF_SESSION.findall(text)} - known:
        return 0
    deadline = samples.expression("stuck_at", None)
    settled = samples.try_read("look_at_running", samples.settled_ids(), beat=samples.expression("active_at", text),
                               deadline=deadline)  # fmt: skip
    running, done = (Counter(round(row.age - row.moved) for row in some if not row.silent) for some in (rows, settled))
    last = running.most_common(1)
    is_same = last and last[0][1] >= len(rows) * _NEARLY_ALL and done[last[0][0]] > len(settled) / 2
    return last[0][1] if is_same else 0


def read_running(samples: Samples) -> Sequence[Row]:
    """The newest running sessions, without those whose status is never stuck."""
    own = samples.own
    if not own.running:
        return []
    beat, deadline = (samples.expression(key, getattr(own, key)) for key in ("active_at", "stuck_at"))
    rows = samples.read("look_at_running", samples.running, beat=beat, deadline=deadline)
    return [row for row in rows if own.stuck_at is not None or samples.settings.stuck_after(row.status) is not None]


def find_end(context: CheckContext) -> Column | None:
    """A time that is named as an end, that nearly all sessions which succeeded have, and none that run."""
    with sampling(context) as samples:
        sessions = context.mapping.sessions
        found = [one for one in samples.readable(sessions) if one.is_time and _END.search(one.name)]
        with suppress(Refusal, StatementError, TooSlow):
            for column in found:
                done = samples.settled_ids()
                have, running = samples.texts(column, done), samples.texts(column, samples.running)
                if len(done) >= _SEVERAL and len(have) >= len(done) * _NEARLY_ALL and not running:
                    return column
    return None


def check_planned(samples: Samples, running: Sequence[Row]) -> Iterator[Check]:
    """A time of running sessions that lies ahead, by more than the file waits, and that no session ended before.

    Other times ahead, such as when a result expires, come after the end of most sessions.
    """
    own, settings = samples.own, samples.settings
    sessions = samples.sessions
    mapped = {sessions.column(text) for text in (own.started_at, own.ended_at, own.failed_at) if text}
    columns = [one for one in samples.readable(sessions) if one.is_time and one not in mapped]
    columns = columns[:_COLUMNS_AT_MOST]
    statuses = {row.session_id: row.status for row in running}
    rows = _read_planned(samples, columns, list(statuses), None)
    for place, column in enumerate(columns):
        early = []
        for row in rows:
            limit = settings.stuck_after(statuses[row.session_id])
            if limit is not None and row.ahead[place] is not None and row.ahead[place] >= limit.total_seconds():
                early.append(row.session_id)
        if early and _is_never_before(samples, column):
            yield (failure if len(early) >= _ENOUGH else warning)(
                f"{column.name} lies ahead for {len(early)} of the {len(statuses)} newest running "
                f"sessions, such as {named(early)}, and no session has ended before it: they are planned for later, "
                "and would be closed and paid before they begin",
                f'sessions.active_at = "greatest({own.active_at or own.started_at}, {column.quoted})"; or "never" in '
                "policy.stuck_after for their status",
            )
            return


def _is_never_before(samples: Samples, column: Column) -> bool:
    """Whether this time had come for every session that is over, other than what was canceled before it began."""
    context, own = samples.context, samples.own
    failed_at = own.failed_at if context.knows_failure else own.ended_at
    rows = _read_planned(samples, [column], samples.failed, failed_at) if failed_at else []
    if own.ended_at:
        settled = samples.read("list_ends", samples.settled_ids(), ended_at="NULL")
        done = [row.session_id for row in settled if not _CANCELED.search(row.status)]
        rows += _read_planned(samples, [column], done, own.ended_at)
    passed = [row.passed[0] for row in rows if row.passed[0] is not None]
    return len(passed) >= _ENDED and all(passed)


def _read_planned(
    samples: Samples, columns: Sequence[Column], session_ids: Sequence[str], ended_at: str | None
) -> list[Row]:
    if not columns or not session_ids:
        return []
    own = samples.own
    beat, end = samples.expression("active_at", own.active_at), samples.expression("ended_at", ended_at)
    return samples.try_read("compare_planned", session_ids, beat=beat, ended_at=end, columns=columns)
