"""Whether sessions would be paid that have what only those have that succeeded: the work was delivered."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from sweeper.check.context import failure, warning
from sweeper.check.result import Check
from sweeper.check.samples import Samples, is_owed, named
from sweeper.postgres.transaction import Row

_RESULT = re.compile(
    r"result|output|generation|image|video|audio|file|asset|download|artifact|deliver|document|report|url|path",
    re.IGNORECASE,
)
_COLUMNS_AT_MOST, _SETTLED, _REFUNDED, _ENOUGH = 60, 10, 5, 3
_NEARLY_ALL, _PART = Decimal("0.9"), Decimal("0.5")


def check_delivered(samples: Samples, settled: Sequence[str]) -> Iterator[Check]:
    """A column that is set for what succeeded, for nothing that the app refunded, and for some that would be paid."""
    rows = samples.read("look_at_newest", samples.newest(running=False))
    refunded = [row.session_id for row in rows if not row.unpaid]
    owed = [row.session_id for row in rows if row.unpaid and is_owed(row)]
    if len(settled) < _SETTLED or len(refunded) < _REFUNDED or len(owed) < _ENOUGH:
        return
    sessions, own = samples.context.mapping.sessions, samples.context.settings.sessions
    read = " ".join(filter(None, (own.exclude, own.never, own.amount, own.charged))).lower()
    readable = samples.readable(sessions)
    columns = [one for one in readable if one.nullable and one.name.lower() not in read][:_COLUMNS_AT_MOST]
    if not columns:
        return
    items = {"columns": [{"column": one.quoted} for one in columns]}
    done, given, left = (_added_up(samples.read("count_set", ids, {}, items)) for ids in (settled, refunded, owed))
    for place, column in enumerate(columns):
        enough = done[1][place] >= done[0] * _NEARLY_ALL and not given[1][place]
        if enough and _ENOUGH <= left[1][place] <= left[0] * _PART:
            yield (failure if _RESULT.search(column.name) else warning)(
                "statuses", f"{column.name} is set for {done[1][place]} of {done[0]} sessions that succeeded, for none "
                f"of the {given[0]} that the app has refunded, and for {left[1][place]} of the {left[0]} that would be "
                f"paid, such as {named([left[2][place]])}: were they delivered?",
                f"sessions.exclude: also {column.quoted} IS NOT NULL",
            )  # fmt: skip
            return


def _added_up(rows: Sequence[Row]) -> tuple[int, list[int], list[str]]:
    """The counts of each half, where the database refuses a row; and one session with each."""
    counts = [sum(some) for some in zip(*(row.counts for row in rows), strict=True)]
    samples = [next((one for one in some if one), "") for some in zip(*(row.samples for row in rows), strict=True)]
    return sum(row.sessions for row in rows), counts, samples
