"""Bare names in a subquery of the file that mean a column outside of it, such as ``id`` in ``e.job_id = id``.

They mean that only as long as no table of the subquery has such a column. When the app adds one, or drops a column that
a bare name meant until then, the same file means something else.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from sweeper.app.catalog import Table, qualifiers_in, subqueries, subqueries_within, words_in
from sweeper.app.named import tables_in
from sweeper.app.reader import Reader
from sweeper.app.values import OVER_REFUND, decisive_values
from sweeper.config.model import Settings
from sweeper.core.errors import SweeperError
from sweeper.postgres.binds import text_array
from sweeper.postgres.errors import Refusal, StatementError
from sweeper.postgres.templates import Slots, fill, fill_part, quote_name, quote_text

_AMBIGUOUS = "42702"
_ALIASES = {"sessions": "s", "accounts": "a"}


class OuterName(NamedTuple):
    """Such a name, with ``said``, how it is reported, and the tables that its subquery reads itself."""

    name: str
    said: str
    tables: frozenset[str]


def outer_names(reader: Reader, settings: Settings, slots: Mapping[str, str]) -> list[OuterName]:
    """Each such name, reported with the key of the file that has it: ``id in sessions.exclude``."""
    tables = {table.qualified: table for table in reader.tables}
    found = dict[str, OuterName]()
    for key, text in decisive_values(settings):
        if key in OVER_REFUND:
            continue
        section = key.partition(".")[0]
        queries = subqueries(text)
        for number, query in enumerate(queries, start=1):
            place = key if len(queries) == 1 else f"subquery {number} of {key}"
            for name in _found_outside(reader, query, tables[slots[section]], _ALIASES[section]):
                said = f"{name.said} of {place}" if " in " in name.said else f"{name.said} in {key}"
                before = found[said].tables if said in found else frozenset()
                found[said] = OuterName(name.name, said, name.tables | before)
    return list(found.values())


def columns_to_miss(reader: Reader, names: Iterable[OuterName]) -> list[Slots]:
    """The columns that the tables of the subqueries must not get, or the names would mean those."""
    wanted = {(table, one.name) for one in names for table in one.tables}
    listed = [text_array(sorted({pair[place] for pair in wanted})) for place in (0, 1)]
    binds = dict(zip(("names", "columns"), listed, strict=True))
    rows = reader.transaction.rows(fill("list_read_tables", {}), binds) if wanted else []
    # one of a subquery that gives its columns other names may be there all the same
    there = {(row.name, name) for row in rows for name in row.numbers}
    return [{"relation": quote_text(table), "name": quote_text(name)} for table, name in sorted(wanted - there)]


def _found_outside(reader: Reader, subquery: str, table: Table, alias: str) -> Iterator[OuterName]:
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
            read = frozenset(tables_in(_without_subqueries(inner)))
            for name in names:
                if is_any_outside([name]):
                    yield OuterName(name, f"{name} in part {number}" if number else name, read)


def _without_subqueries(query: str) -> str:
    """A subquery without those in it."""
    for inner in subqueries(query[1:]):
        query = query.replace(inner, "()")
    return query


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
