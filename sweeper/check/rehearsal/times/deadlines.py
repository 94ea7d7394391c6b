"""Deadlines of running sessions: which have none, and whether it is one."""

import re
from collections.abc import Iterator, Sequence

from sweeper.check.rehearsal.samples import Samples, named
from sweeper.check.rehearsal.times.running import read_running
from sweeper.check.result import Check, failure, ok, warning
from sweeper.postgres.transaction import Row

_ENOUGH, _NEARLY_ALL = 3, 0.9
_FIRST = re.compile(r'^\s*coalesce\(\s*(?:s\.)?("?\w+"?)\s*,', re.IGNORECASE)
_DEADLINE = (
    "sessions.stuck_at: the time by which a running session must have ended; or sessions.active_at, when it is a sign "
    "of life"
)


def check_deadlines(samples: Samples) -> Iterator[Check]:
    """How many running sessions have no deadline, and so are never stuck."""
    if samples.own.stuck_at is None:
        yield ok("sessions.stuck_at is not mapped")
        return
    rows = read_running(samples)
    if wrong := list(_outlived(samples)) or list(_made_up(samples, rows)):
        yield from wrong
        return
    over = [row.session_id for row in rows if row.over]
    if len(over) >= _ENOUGH and len(over) * 2 > len(rows):
        yield failure(
            f"sessions.stuck_at = {samples.own.stuck_at!r} is hardly later than the start for {len(over)} of the "
            f"{len(rows)} newest running sessions, such as {named(over)}: they are stuck as soon as they begin",
            _DEADLINE,
        )
        return
    endless = [row.session_id for row in rows if row.endless]
    if rows and len(endless) == len(rows):
        yield warning(
            f"none of the {len(rows)} newest running sessions has one, such as {named(endless)}: none of "
            "them is ever stuck",
            "sessions.stuck_at: when a running session is stuck; null where it may wait forever",
        )
    elif endless:
        said = f"{len(endless)} of the {len(rows)} newest running sessions have none and never end"
        yield ok(f"{said}, such as {named(endless)}")
    else:
        yield ok(f"each of the {len(rows)} newest running sessions has one")


def _made_up(samples: Samples, rows: Sequence[Row]) -> Iterator[Check]:
    """Running sessions that have no deadline of their own, and whose time by the file is over."""
    found = _FIRST.search(samples.own.stuck_at or "")
    column = samples.sessions.column(found[1]) if found else None
    if column is None or column not in samples.readable(samples.sessions):
        return
    has = samples.texts(column, samples.running)
    over = [row.session_id for row in rows if not (row.session_id in has or row.endless or row.lies_ahead)]
    if over and has:
        yield warning(
            f"{len(over)} of the {len(rows)} newest running sessions have no {column.name}, such as {named(over)}, and "
            f"are stuck by sessions.stuck_at = {samples.own.stuck_at!r}: does nobody work on them yet?",
            f"sessions.stuck_at = {column.quoted!r}, where what has none may wait (null: never)",
        )


def _outlived(samples: Samples) -> Iterator[Check]:
    """Sessions that succeeded after their deadline, so that it cannot be one."""
    own = samples.own
    if own.ended_at is None:
        return
    ended_at, deadline = (samples.expression(key, getattr(own, key)) for key in ("ended_at", "stuck_at"))
    rows = samples.read("count_outlived", samples.settled_ids(), ended_at=ended_at, deadline=deadline)
    outlived = [row.session_id for row in rows if row.outlived]
    at_end, running = [row.session_id for row in rows if row.at_end], read_running(samples)
    never_ahead = len(running) >= _ENOUGH and not any(row.lies_ahead or row.endless for row in running)
    if len(at_end) >= max(_ENOUGH, len(rows) * _NEARLY_ALL) and never_ahead and len(outlived) * 2 < len(rows):
        yield warning(  # they may all be stuck
            f"sessions.stuck_at = {own.stuck_at!r} is when {len(at_end)} of {len(rows)} sessions that succeeded ended, "
            f"such as {named(at_end)}, and lies ahead for none of the {len(running)} newest running sessions: is it "
            "the time of their last change?",
            _DEADLINE,
        )
    if len(outlived) < _ENOUGH or len(outlived) * 2 < len(rows):
        return
    yield failure(
        f"{len(outlived)} of {len(rows)} sessions that succeeded ended only after sessions.stuck_at = "
        f"{own.stuck_at!r}, such as {named(outlived)}: work that goes on would be closed and refunded",
        _DEADLINE,
    )
