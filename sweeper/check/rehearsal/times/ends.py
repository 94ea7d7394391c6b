"""A column of the sessions that may have their end, where the file maps none."""

import re
from collections.abc import Sequence
from contextlib import suppress

from sweeper.app.catalog import TIME_TYPES, Column
from sweeper.check.context import CheckContext
from sweeper.check.rehearsal.charges.delivered import settled_ids
from sweeper.check.rehearsal.samples import Samples, sampling
from sweeper.postgres.errors import Refusal, StatementError, TooSlow

_END = re.compile(r"^(complet|finish|end|done|succeed|process)(e?d)?_?(at|on|time|date)?$", re.IGNORECASE)
_ENOUGH, _NEARLY_ALL = 10, 0.9


def find_end(context: CheckContext) -> Column | None:
    """A time that is named as an end, that nearly all sessions which succeeded have, and none that run."""
    with sampling(context) as samples:
        sessions = context.mapping.sessions
        found = [one for one in samples.readable(sessions) if one.base_type in TIME_TYPES and _END.search(one.name)]
        with suppress(Refusal, StatementError, TooSlow):
            for column in found:
                done, have = count_set(samples, column, settled_ids(samples))
                _, running = count_set(samples, column, samples.newest(running=True))
                if done >= _ENOUGH and have >= done * _NEARLY_ALL and not running:
                    return column
    return None


def count_set(samples: Samples, column: Column, session_ids: Sequence[str]) -> tuple[int, int]:
    """How many of these sessions there are, and how many have a value in the column."""
    rows = samples.read("count_set", session_ids, {}, {"columns": [{"column": column.quoted}]})
    return sum(row.sessions for row in rows), sum(row.counts[0] for row in rows)
