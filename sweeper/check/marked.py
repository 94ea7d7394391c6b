"""Columns of the sessions that say that one was refunded, and sessions that they say it of and that would be paid."""

import re
from collections.abc import Sequence

from sweeper.app.catalog import Column
from sweeper.check.samples import GIVEN_BACK, Samples

# a refund that is spoken of has not been made, or not in full
_NOT_MADE = re.compile(
    r"able|eligib|request|polic|allow|pending|due|want|fail|den(y|ied)|reject|until|deadline|partial|window|try|tries"
    r"|attempt|lock|error|need|should|to_|auto|enabled|expire|non|never|no_|not_|scheduled|ask|review",
    re.IGNORECASE,
)
_FLAGS, _ENOUGH = ("boolean",), 3
_MOMENTS = ("timestamp without time zone", "timestamp with time zone", "date")


def mark_columns(samples: Samples, *, noted: bool = True) -> list[Column]:
    """The columns of the sessions whose names say that the app has refunded one, and that this role may read."""
    sessions = samples.context.mapping.sessions
    found = [
        column
        for name, column in sessions.columns.items()
        if column.base_type in (*_FLAGS, *_MOMENTS)
        and re.search(GIVEN_BACK, name, re.IGNORECASE)
        and not _NOT_MADE.search(name)
    ]
    if noted:
        return samples.seen(sessions, found)
    readable = samples.readable(sessions)
    return [column for column in found if column in readable]


def unwritten_marks(samples: Samples, session_ids: Sequence[str]) -> dict[str, list[str]]:
    """The columns that say it of sessions that the app refunded, and that a refund of ours leaves as they are."""
    mapping, own = samples.context.mapping, samples.context.settings.sessions
    written = {mapping.sessions.column(text) for text in own.refunded}
    found = {}
    for column in mark_columns(samples):
        if column in written or column.generated:
            continue
        choices = {"flag": column.base_type in _FLAGS, "number": False}
        rows = samples.read("find_marked", session_ids, {"column": column.quoted}, choices)
        if len(rows) >= _ENOUGH:
            found[column.name] = [row.session_id for row in rows]
    return found


def marked_and_unpaid(samples: Samples, session_ids: Sequence[str]) -> dict[str, list[str]]:
    """By column, which of these sessions it says are refunded, though they would be paid."""
    found = {}
    for column in mark_columns(samples):
        choices = {"flag": column.base_type in _FLAGS}
        rows = samples.read("find_marked_unpaid", session_ids, {"column": column.quoted}, choices)
        if rows:
            found[column.name] = [row.session_id for row in rows]
    return found
