"""The times of a session: its charge, last sign of life, deadline, failure and end."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sweeper.core.durations import describe_duration
from sweeper.init.answers import Candidate, Chooser, Line, asked, none_first, try_all
from sweeper.init.evidence import Column, Evidence, expression
from sweeper.init.sessions.sessions import Session
from sweeper.init.values import is_ever_set

_MOST = 6
_ENOUGH = 3
_STARTED = ("charged", "created", "inserted", "requested", "submitted", "queued", "enqueued", "started", "start",
            "added", "made", "put")  # fmt: skip
_MADE = frozenset({"created", "inserted", "added", "made", "put"})
_BEGUN = ("charged", "started", "begun", "start", "submitted", "enqueued", "queued")
_BEATS = ("heartbeat", "beat", "seen", "alive", "activity", "active", "ping", "progress")
_ALIVE = frozenset({"heartbeat", "beat", "alive", "ping"})  # not what a person has seen
_CHANGES = ("updated", "update", "changed", "modified", "touched")
_ENDED = ("ended", "finished", "completed", "closed", "end", "done")
_PLANNED = frozenset({"plan", "planned", "scheduled", "schedule", "retry", "available", "after", "visible"})
_AT_WORK = frozenset({"started", "sending", "picked", "processing", "running"})
_DEADLINES = frozenset({"deadline", "timeout"})
_LEASES = frozenset({"lease", "leased", "lock", "locked", "claim", "claimed", "reserved"})
_EXPIRIES = frozenset({"expire", "expiry", "expiration", "until", "due"})
# times with another meaning
_KNOWN = frozenset({*_STARTED, *_BEATS, *_CHANGES, *_PLANNED, "ended", "end", "finished", "completed", "closed", "done",
                    "failed", "errored", "succeeded", "deleted", "refunded", "canceled", "cancelled"})  # fmt: skip
_FAILED_AT = (
    (frozenset({"failed"}), "when it failed"),
    (frozenset({"errored"}), "when it failed"),
    (frozenset({"error", "at"}), "when it failed"),
    *((frozenset({word, "changed"}), "when its status last changed") for word in ("status", "state")),
    *((frozenset({word}), "when it was over") for word in _ENDED),
    *((frozenset({word}), "any later change counts as the failure") for word in _CHANGES),
)
# numbers since 1970
_EXPRESSIONS = {"seconds": "of_epoch", "milliseconds": "of_milliseconds"}


@dataclass(frozen=True)
class Times:
    """The lines of the file about times; ``stuck_after`` with the evidence for it."""

    started: Line
    active: list[Line]
    failed: Line
    ended: Column | None
    stuck_after: tuple[str, str]


def find_times(evidence: Evidence, session: Session, chooser: Chooser) -> Times:
    """All lines about times: each certain, a question, or left out."""
    started = find_started(session)
    begun = _begun_later(evidence, session, started)
    line = (
        Line("started_at", started.as_sql, "when the charge was taken")
        if started and not begun
        else _ask_started(evidence, session, chooser, [started, begun] if started and begun else [])
    )
    ended = find_ended(session)
    failed = _failed(evidence, session, started, chooser)
    return Times(
        line,
        _active(evidence, session, started, chooser),
        failed,
        ended,
        _stuck_after(evidence, session, started, ended),
    )


def find_ended(session: Session) -> Column | None:
    """When the work was over."""
    return _time(session, "completed", "finished", "ended", "end", "done", "succeeded")


def find_started(session: Session) -> Column | None:
    """When the charge was taken: among the times with a suitable name, one that every row has comes first."""
    wanted = tuple(frozenset({name}) for name in _STARTED)
    of_every_row = [column for column in session.table.columns if column.is_time and column.not_null]
    named = session.column(lambda column: column in of_every_row, wanted) or _time(session, *_STARTED)
    return named or (of_every_row[0] if len(of_every_row) == 1 else None)


def _begun_later(evidence: Evidence, session: Session, made: Column | None) -> Column | None:
    """When the work began, where that is over an hour after the row was made; or a time that more rows have."""
    if made and not made.words & _MADE and not made.not_null:
        return next((c for c in session.table.columns if c.is_time and c.not_null and not c.words & _KNOWN), None)
    begun = _time(session, *_BEGUN)
    if made is None or not made.words & _MADE or begun is None or begun == made or begun.words & _PLANNED:
        return None
    *_, late = _moves(evidence, session, begun, made, "true")
    return begun if late >= _ENOUGH else None


def _ask_started(evidence: Evidence, session: Session, chooser: Chooser, both: list[Column]) -> Line:
    times = both or [column for column in session.table.columns if column.is_time]
    found = [Candidate(column.as_sql, "a time") for column in times]
    found += [] if both else _epochs(evidence, session, (*_STARTED, "creation"))  # creation_ended_at is no start
    return asked(chooser, "started_at", "When was the charge taken?", found)


def _time(session: Session, *names: str) -> Column | None:
    return session.column(lambda column: column.is_time, tuple(frozenset({name}) for name in names))


def _active(evidence: Evidence, session: Session, started: Column | None, chooser: Chooser) -> list[Line]:
    """The row's deadline, or its last sign of life."""
    times = [column for column in session.table.columns if column.is_time]
    if deadline := _deadline(evidence, session, times, chooser):
        return [deadline]
    beat = session.column(
        lambda column: column.is_time and not column.words & (_EXPIRIES | _PLANNED),
        tuple(frozenset({name}) for name in _BEATS),
    )
    condition = session.condition("running")
    running, moved, known, _ = _moves(evidence, session, beat, started, condition) if beat else (0, 0, 0, 0)
    silent = known < _ENOUGH and beat is not None and not beat.words.isdisjoint(_ALIVE)  # only its name says so
    is_alive = beat is not None and is_ever_set(evidence, session.table, beat)
    if beat and is_alive and (running < _ENOUGH or moved * 2 > known or silent):
        return [Line("active_at", beat.as_sql, "last sign of life; stuck_after counts from it")]
    found = []
    lines = []
    planned = [column for column in times if column.words & _PLANNED and column != started]
    if planned:
        begun = [column for column in times if column.words & _AT_WORK]
        listed = dict.fromkeys((*planned, *begun, *([beat] if beat else [])))
        later = ", ".join(column.as_sql for column in listed)
        later = f"greatest({later})" if len(listed) > 1 else later
        found.append(Candidate(later, "what is planned for later is not stuck before its time"))
    for column, meaning in (
        (beat, "by its name a sign of life"),
        (_time(session, *_CHANGES), "changes with any update of the row"),
    ):
        if column:
            running, moved, *_ = _moves(evidence, session, column, started, condition)
            seen = f"; later than a minute after the start in {moved} of {running} running ones" if running else ""
            found.append(Candidate(column.as_sql, meaning + seen))
    if found:
        if started:
            found.append(Candidate(started.as_sql, "no sign of life: stuck_after counts from the start"))
        question = "What shows that a running session is alive? Only a column that moves while the work goes on does."
        found = try_all(evidence, session.table, session.condition("running") or "true", found)
        lines.append(asked(chooser, "active_at", question, found))
    elif beats := _epochs(evidence, session, (*_BEATS, *_CHANGES)):
        lines.append(asked(chooser, "active_at", "What shows that a running session is alive?", beats))
    expiry = next((column for column in times if column.words & _EXPIRIES), None) or _ahead(evidence, session, started)
    if expiry:
        without = _without_deadline(evidence, session, expiry)
        one = Candidate(expiry.as_sql, f"then active_at and stuck_after do not count; {without}")
        question = "Is this the time at which a running session is stuck? If it is that of something else, remove it."
        lines.append(asked(chooser, "stuck_at", question, [one]))
    return lines


def _deadline(evidence: Evidence, session: Session, times: list[Column], chooser: Chooser) -> Line | None:
    """A time that is called a deadline; a question where a lease may be the one that counts."""
    deadline = next((column for column in times if column.words & _DEADLINES), None)
    if deadline is None:
        return None
    leases = [column for column in times if column.words & _LEASES and column.words & _EXPIRIES]
    found = [Candidate(one.as_sql, _without_deadline(evidence, session, one)) for one in (deadline, *leases)]
    if leases:
        return asked(chooser, "stuck_at", "Which of these is when a running session is stuck?", found)
    return Line("stuck_at", deadline.as_sql, found[0].meaning)


def _ahead(evidence: Evidence, session: Session, started: Column | None) -> Column | None:
    """A time with another name that is always set and after the start: it may be a deadline."""
    if started is None:
        return None
    for column in session.table.columns:
        if not column.is_time or not column.not_null or column == started or column.words & _KNOWN:
            continue
        running, moved, *_ = _moves(evidence, session, column, started, session.condition("running") or "true")
        if moved * 2 > running:
            return column
    return None


NO_LIFE = (
    "active_at: last sign of life, such as a heartbeat. Nothing here looks like one: stuck_after counts from "
    "started_at, so it must be longer than the longest session ever takes."
)


def _without_deadline(evidence: Evidence, session: Session, deadline: Column) -> str:
    running = session.condition("running")
    if not running:
        return "when a running session is stuck; one that has none never is"
    rows, empty = evidence.count_true(session.table, f"{deadline.as_sql} IS NULL", running) or (0, 0)
    return f"when a running session is stuck; {empty} of {rows} running ones have none and never are"


def _moves(
    evidence: Evidence, session: Session, column: Column, started: Column | None, condition: str | None
) -> Sequence[int]:
    """How many sessions the condition is true of, and for how many a time is over a minute after their start.

    Then how many of them have that time, and for how many it is over an hour after.
    """
    if not condition or started is None:
        return 0, 0, 0, 0
    times = {"at": f"s.{column.as_sql}", "started": f"s.{started.as_sql}"}
    return evidence.counts("draft_signs_of_life", session.table, **times, running=condition) or (0, 0, 0, 0)


def _failed(evidence: Evidence, session: Session, started: Column | None, chooser: Chooser) -> Line:
    """When a session failed, the most likely first; when it started, if nothing else is known."""
    found: dict[str, str] = {}
    for wanted, meaning in _FAILED_AT:
        column = session.column(lambda column: column.is_time and column.as_sql not in found, (wanted,))
        if column:
            found[column.as_sql] = meaning
    if started:
        found.setdefault(started.as_sql, "the start: grace then protects only short sessions")
    listed = [Candidate(sql, meaning) for sql, meaning in list(found.items())[:_MOST]]
    tried = none_first(try_all(evidence, session.table, session.failed_condition, listed))
    tried += _epochs(evidence, session, ("failed", "errored", *_ENDED, *_CHANGES)) if not tried else []
    return asked(chooser, "failed_at", "When did a session fail? grace counts from it.", tried)


def _stuck_after(evidence: Evidence, session: Session, started: Column | None, ended: Column | None) -> tuple[str, str]:
    """Well above the longest success; an hour if nothing is known."""
    plain = "time without a sign of life that makes a running session stuck"
    succeeded = session.condition("succeeded")
    if not (succeeded and started and ended):
        return "1h", plain
    times = {"ended": f"s.{ended.as_sql}", "started": f"s.{started.as_sql}"}
    rows, seconds = evidence.counts("draft_durations", session.table, **times, succeeded=succeeded) or (0, 0)
    if not rows:
        return "1h", plain
    hours = max(1, math.ceil(seconds * 1.5 / 3600))
    return f"{hours}h", f"{plain}; of {rows} successes the longest took {describe_duration(timedelta(seconds=seconds))}"


def close_lines(session: Session, ended: Column | None) -> list[Line]:
    """Columns that a closed session may need as well, as comments for the user."""
    lines = [Line(ended.as_sql, "at", proposed=True)] if ended else []
    changed = _time(session, *_CHANGES)
    return lines + ([Line(changed.as_sql, "at", proposed=True)] if changed else [])


def _epochs(evidence: Evidence, session: Session, names: Sequence[str]) -> list[Candidate]:
    """The number columns with these names that hold recent times, with an expression that converts them."""
    found: list[tuple[int, Candidate]] = []
    for column in session.table.columns:
        if not column.is_number or not column.words & set(names):
            continue
        looked = evidence.rows("draft_epochs", session.table, column=column)
        unit = str(looked[0][0]) if looked else ""
        if unit in _EXPRESSIONS:
            place = names.index(next(name for name in names if name in column.words))
            sql = expression(_EXPRESSIONS[unit], column=column)
            found.append((place, Candidate(sql, f"{column.as_sql} has {unit} since 1970")))
    found.sort(key=lambda one: one[0])
    return try_all(evidence, session.table, "true", [candidate for _, candidate in found])
