"""Bare names in a subquery of the file that mean a column of the session, such as ``id`` in ``e.job_id = id``.

They mean that only as long as no table of the subquery has such a column. When the app adds one, or drops a column that
a bare name meant until then, the same file means something else.
"""

from collections.abc import Iterator

from sweeper.app.catalog import Table, names_in, subqueries
from sweeper.app.reader import Reader
from sweeper.config.model import SessionsSection
from sweeper.core.errors import SweeperError
from sweeper.postgres.errors import Refusal, StatementError
from sweeper.postgres.templates import fill, fill_part

_AMBIGUOUS = "42702"
_DECIDES_NOTHING = "ended_at"


def outer_names(reader: Reader, own: SessionsSection, sessions: Table) -> list[str]:
    """Each such name, with the key of the file that has it: ``id in sessions.exclude``."""
    return [
        f"{name} in sessions.{key}"
        for key, text in own.model_dump().items()
        if isinstance(text, str) and key != _DECIDES_NOTHING
        for name in dict.fromkeys(one for query in subqueries(text) for one in _found_outside(reader, query, sessions))
    ]


def _found_outside(reader: Reader, subquery: str, sessions: Table) -> Iterator[str]:
    names = [name for name in sessions.columns if name in names_in(subquery)]
    if names and _is_any_outside(reader, subquery, sessions, names):
        yield from (name for name in names if _is_any_outside(reader, subquery, sessions, [name]))


def _is_any_outside(reader: Reader, subquery: str, sessions: Table, names: list[str]) -> bool:
    listed = [{"name": sessions.columns[name].quoted} for name in names]
    slots = {
        "expression": fill_part("rows_read", {"subquery": subquery}),
        "table": fill_part("beside_names", {"table": sessions.qualified}, {"names": listed}),
        "alias": "s",
    }
    try:
        with reader.transaction.savepoint():
            reader.transaction.row(fill("explain_expression", slots), {"no_rows": 0})
    except StatementError as error:
        return error.refusal.sqlstate == _AMBIGUOUS
    except (Refusal, SweeperError):  # Citus does not plan every subquery
        return False
    return False
