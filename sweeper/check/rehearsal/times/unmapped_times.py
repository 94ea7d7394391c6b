"""Times of the sessions that the file does not map: their end, and when work is planned for."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress

from sweeper.app.catalog import TIME_TYPES, Column
from sweeper.check.context import CheckContext
from sweeper.check.rehearsal.samples import Samples, named, sampling
from sweeper.check.rehearsal.sessions import settled_ids
from sweeper.check.result import Check, failure, warning
from sweeper.postgres.errors import Refusal, StatementError, TooSlow
from sweeper.postgres.templates import Slots
from sweeper.postgres.transaction import Row

_END = re.compile(r"^(complet|finish|end|done|succeed|process)(e?d)?_?(at|on|time|date)?$", re.IGNORECASE)
_SEVERAL, _NEARLY_ALL = 10, 0.9
# no session ended before its time, and this many had one
_ENDED, _ENOUGH, _COLUMNS_AT_MOST = 10, 3, 12


def find_end(context: CheckContext) -> Column | None:
    """A time that is named as an end, that nearly all sessions which succeeded have, and none that run."""
    with sampling(context) as samples:
        sessions = context.mapping.sessions
        found = [one for one in samples.readable(sessions) if one.base_type in TIME_TYPES and _END.search(one.name)]
        with suppress(Refusal, StatementError, TooSlow):
            for column in found:
                done, have = count_set(samples, column, settled_ids(samples))
                _, running = count_set(samples, column, samples.newest(running=True))
                if done >= _SEVERAL and have >= done * _NEARLY_ALL and not running:
                    return column
    return None


def count_set(samples: Samples, column: Column, session_ids: Sequence[str]) -> tuple[int, int]:
    """How many of these sessions there are, and how many have a value in the column."""
    rows = samples.read("count_set", session_ids, {}, {"columns": [{"column": column.quoted}]})
    return sum(row.sessions for row in rows), sum(row.counts[0] for row in rows)


def check_planned(samples: Samples, running: Sequence[Row]) -> Iterator[Check]:
    """A time of running sessions that lies ahead, by more than the file waits, and that no session ended before.

    Other times ahead, such as when a result expires, come after the end of most sessions.
    """
    own, settings = samples.settings.sessions, samples.settings
    sessions = samples.mapping.sessions
    mapped = {sessions.column(text) for text in (own.started_at, own.ended_at, own.failed_at) if text}
    columns = [one for one in samples.readable(sessions) if one.base_type in TIME_TYPES and one not in mapped]
    columns = columns[:_COLUMNS_AT_MOST]
    statuses = {row.session_id: row.status for row in running}
    rows = _read(samples, columns, list(statuses), None)
    for place, column in enumerate(columns):
        early = []
        for row in rows:
            limit = settings.stuck_after(statuses[row.session_id])
            if limit is not None and row.ahead[place] is not None and row.ahead[place] >= limit.total_seconds():
                early.append(row.session_id)
        if early and _is_never_before(samples, column):
            yield (failure if len(early) >= _ENOUGH else warning)(
                "active_at", f"{column.name} lies ahead for {len(early)} of the {len(statuses)} newest running "
                f"sessions, such as {named(early)}, and no session has ended before it: they are planned for later, "
                "and would be closed and paid before they begin",
                f'sessions.active_at = "greatest({own.active_at or own.started_at}, {column.quoted})"; or "never" in '
                "policy.stuck_after for their status",
            )  # fmt: skip
            return


def _is_never_before(samples: Samples, column: Column) -> bool:
    """Whether this time had come for every session that is over."""
    context, own = samples.context, samples.settings.sessions
    failed_at = own.failed_at if context.knows_failure else own.ended_at
    rows = _read(samples, [column], samples.newest(running=False), failed_at) if failed_at else []
    rows += _read(samples, [column], settled_ids(samples), own.ended_at) if own.ended_at else []
    passed = [row.passed[0] for row in rows if row.passed[0] is not None]
    return len(passed) >= _ENDED and all(passed)


def _read(samples: Samples, columns: Sequence[Column], session_ids: Sequence[str], ended_at: str | None) -> list[Row]:
    if not columns or not session_ids:
        return []
    own = samples.settings.sessions
    items: list[Slots] = [{"column": one.quoted, "name": f"time_{place}"} for place, one in enumerate(columns)]
    slots = {
        "beat": samples.expression("active_at", own.active_at),
        "ended_at": samples.expression("ended_at", ended_at),
    }
    return samples.try_read("compare_planned", session_ids, slots, {"columns": items})
