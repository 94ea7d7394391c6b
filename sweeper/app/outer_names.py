"""Bare names in a subquery of the file that mean a column outside of it, such as ``id`` in ``e.job_id = id``.

They mean that only as long as no table of the subquery has such a column. When the app adds one, or drops a column that
a bare name meant until then, the same file means something else.
"""

from collections.abc import Iterator, Mapping

from sweeper.app.catalog import Table, qualifiers_in, subqueries, subqueries_within, words_in
from sweeper.app.reader import Reader
from sweeper.app.values import decisive_values
from sweeper.config.model import Settings
from sweeper.core.errors import SweeperError
from sweeper.postgres.errors import Refusal, StatementError
from sweeper.postgres.templates import fill, fill_part, quote_name

_AMBIGUOUS = "42702"
# SQL over a refund: there a bare name in a subquery that is the refund's is an error
_OVER_REFUND = {"sessions.close", "sessions.refunded", "sessions.reversed", "accounts.add"}
_ALIASES = {"sessions": "s", "accounts": "a"}


def outer_names(reader: Reader, settings: Settings, slots: Mapping[str, str]) -> list[str]:
    """Each such name, with the key of the file that has it: ``id in sessions.exclude``."""
    tables = {table.qualified: table for table in reader.tables}
    found = dict[str, None]()
    for key, text in decisive_values(settings):
        if key in _OVER_REFUND:
            continue
        section = key.partition(".")[0]
        queries = subqueries(text)
        for number, query in enumerate(queries, start=1):
            place = key if len(queries) == 1 else f"subquery {number} of {key}"
            for name in _found_outside(reader, query, tables[slots[section]], _ALIASES[section]):
                found[f"{name} of {place}" if " in " in name else f"{name} in {key}"] = None
    return list(found)


def _found_outside(reader: Reader, subquery: str, table: Table, alias: str) -> Iterator[str]:
    """The names that mean a column outside of a subquery, or of one in it: ``id``, ``id in part 1``."""
    for number, (start, end) in enumerate(subqueries_within(subquery)):
        inner = subquery[start:end]
        # a bare name may also be an alias, for the whole row
        others = words_in(inner) - qualifiers_in(subquery) - {alias}
        names = sorted(others if number else words_in(inner).intersection(table.columns))

        def is_any_outside(names: list[str]) -> bool:
            listed = [{"name": quote_name(name)} for name in names]
            beside = fill_part("beside_names", {"subquery": inner}, {"names": listed})  # noqa: B023 - called in the loop
            whole = subquery[:start] + beside + subquery[end:]  # noqa: B023
            return _is_ambiguous(reader, whole, table, alias)

        if names and is_any_outside(names):
            yield from (f"{name} in part {number}" if number else name for name in names if is_any_outside([name]))


def _is_ambiguous(reader: Reader, subquery: str, table: Table, alias: str) -> bool:
    slots = {"expression": fill_part("rows_read", {"subquery": subquery}), "table": table.qualified, "alias": alias}
    try:
        with reader.transaction.savepoint():
            reader.transaction.row(fill("explain_expression", slots), {"no_rows": 0})
    except StatementError as error:
        return error.refusal.sqlstate == _AMBIGUOUS
    except (Refusal, SweeperError):  # Citus does not plan every subquery
        return False
    return False
