"""Bare names in a subquery of the file that mean a column outside of it, such as ``id`` in ``e.job_id = id``.

They mean that only as long as no table of the subquery has such a column. When the app adds one, or drops a column that
a bare name meant until then, the same file means something else.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from sweeper.app.catalog import NAME, qualifiers_in, subqueries, subqueries_within, without_literals, words_in
from sweeper.app.named import tables_in
from sweeper.app.over_refund import CHAIN, REFUND_NAMES
from sweeper.app.reader import Reader
from sweeper.app.values import OVER_REFUND, decisive_values
from sweeper.config.model import Settings
from sweeper.core.errors import SweeperError
from sweeper.postgres.binds import text_array
from sweeper.postgres.errors import Refusal, StatementError
from sweeper.postgres.templates import Slots, fill, fill_part, quote_name, quote_text

_AMBIGUOUS = "42702"
_ALIASES = {"sessions": "s", "accounts": "a"}
# what is no bare name of a column: the parts of a longer name, a function, the name of what is read, and a type
_NOT_BARE = re.compile(rf"(?:{NAME})(?:\s*\.\s*(?:{NAME}))+|(?:{NAME})\s*\(|(?:\bas\b|::)\s*(?:{NAME})", re.IGNORECASE)
# neither a product nor count(*)
_STAR = re.compile(r"[^\s(]\s*\*\s*(?:,|\)|\bfrom\b)", re.IGNORECASE)


class OuterName(NamedTuple):
    """Such a name, with ``said``, how it is reported, and the tables that its subquery reads itself."""

    name: str
    said: str
    tables: frozenset[str]


class _Value(NamedTuple):
    """SQL of the file that has subqueries, and what it is over: ``source`` as ``alias``, with these columns.

    ``tables`` are those whose columns a bare name outside of the subqueries may mean.
    """

    key: str
    text: str
    source: str
    alias: str
    columns: frozenset[str]
    tables: tuple[str, ...]


class _BareNames(NamedTuple):
    """The words of one subquery that may be bare names, its tables, and all tables of the one that it is in."""

    value: _Value
    tables: set[str]
    names: set[str]
    others: set[str]


def outer_names(reader: Reader, settings: Settings, slots: Mapping[str, str]) -> list[OuterName]:
    """Each such name, reported with the key of the file that has it: ``id in sessions.exclude``."""
    found = dict[str, OuterName]()
    for value in _values(reader, settings, slots):
        queries = subqueries(value.text)
        for number, query in enumerate(queries, start=1):
            place = value.key if len(queries) == 1 else f"subquery {number} of {value.key}"
            for name in _found_outside(reader, query, value):
                said = f"{name.said} of {place}" if " in " in name.said else f"{name.said} in {value.key}"
                before = found[said].tables if said in found else frozenset()
                found[said] = OuterName(name.name, said, name.tables | before)
    return list(found.values())


def _values(reader: Reader, settings: Settings, slots: Mapping[str, str]) -> Iterator[_Value]:
    """The SQL of the file that decides who is paid, how much and where."""
    tables = {table.qualified: table for table in reader.tables.values()}
    beside = [
        {"table": slots[section], "alias": alias} for section, alias in _ALIASES.items() if slots.get(section) in tables
    ]
    sample = fill_part("sample_refund", slots, {"chained": "balance_type" in slots})
    refund = fill_part("around_refund", {"refund_sample": sample}, {"beside": beside})
    of_refund = frozenset({*REFUND_NAMES, *CHAIN})
    of_ledger = settings.ledger.insert.values() if settings.ledger else ()
    for key, text in (*decisive_values(settings), *(("ledger.insert", text) for text in of_ledger)):
        section = key.partition(".")[0]
        if not subqueries(text):
            continue
        if key in OVER_REFUND or section == "ledger":
            yield _Value(key, text, refund, "refund", of_refund, tuple(one["table"] for one in beside))
        else:
            table = tables[slots[section]]
            yield _Value(key, text, table.qualified, _ALIASES[section], frozenset(table.columns), (table.qualified,))


def bare_names(reader: Reader, settings: Settings, slots: Mapping[str, str], outer: Iterable[OuterName]) -> list[Slots]:
    """Under what conditions bare names in subqueries go on to mean what they mean now.

    The tables of the subqueries must not get the columns that the ``outer`` ones mean. They must keep those that the
    others mean: else such a name means that of a table ``around``, which is empty where the refund has one.
    """
    wanted = {(table, one.name) for one in outer for table in one.tables}
    read = list(_bare_in_subqueries(reader, settings, slots))
    tables = {table for table, _ in wanted}.union(*(one.tables for one in read))
    names = {name for _, name in wanted}.union(*(one.names for one in read))
    binds = {"names": text_array(sorted(tables)), "columns": text_array(sorted(names))}
    rows = reader.transaction.rows(fill("list_read_tables", {}), binds) if tables else []
    columns = {row.name: frozenset[str](row.numbers) for row in rows}
    # one of a subquery that gives its columns other names may be there all the same
    missed = {(table, name) for table, name in wanted if name not in columns.get(table, ())}
    kept = {
        (table, name, around)
        for one in read
        for table in one.tables & columns.keys()
        for name in one.names & columns[table]
        for around in ("", *one.value.tables, *(one.others - one.tables))
        if around or (one.value.alias == "refund" and name in one.value.columns)
    }
    return [
        *(_bare_name(table, name, inside=False) for table, name in sorted(missed)),
        *(_bare_name(table, name, around, inside=True) for table, name, around in sorted(kept)),
    ]


def _bare_in_subqueries(reader: Reader, settings: Settings, slots: Mapping[str, str]) -> Iterator[_BareNames]:
    for value in _values(reader, settings, slots):
        for query in subqueries(value.text):
            for start, end in subqueries_within(query):
                inner = query[start:end]
                own = _without_subqueries(inner)
                bare = words_in(_NOT_BARE.sub(" ", without_literals(own)))
                # by a star, a subquery in FROM has the columns of its tables
                tables = tables_in(inner if _STAR.search(without_literals(inner)) else own)
                yield _BareNames(value, tables, bare, tables_in(query))


def _bare_name(table: str, name: str, around: str = "", *, inside: bool) -> Slots:
    """A name in a subquery, and whether the table in there has to have that column, or must not."""
    texts = {"relation": table, "name": name, "around": around}
    return {**{key: quote_text(text) for key, text in texts.items()}, "inside": str(inside).lower()}


def _found_outside(reader: Reader, subquery: str, value: _Value) -> Iterator[OuterName]:
    """The names that mean a column outside of a subquery, or of one in it: ``id``, ``id in part 1``."""
    for number, (start, end) in enumerate(subqueries_within(subquery)):
        inner = subquery[start:end]
        # a bare name may also be an alias, for the whole row
        others = words_in(inner) - qualifiers_in(subquery) - {value.alias}
        names = sorted(others if number else words_in(inner) & value.columns)

        def is_any_outside(names: list[str]) -> bool:
            listed = [{"name": quote_name(name)} for name in names]
            beside = fill_part("beside_names", {"subquery": inner}, {"names": listed})  # noqa: B023 - called in the loop
            whole = subquery[:start] + beside + subquery[end:]  # noqa: B023
            return _is_ambiguous(reader, whole, value)

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


def _is_ambiguous(reader: Reader, subquery: str, value: _Value) -> bool:
    slots = {"expression": fill_part("rows_read", {"subquery": subquery}), "table": value.source, "alias": value.alias}
    try:
        with reader.transaction.savepoint():
            reader.transaction.row(fill("explain_expression", slots), {"no_rows": 0})
    except StatementError as error:
        return error.refusal.sqlstate == _AMBIGUOUS
    except (Refusal, SweeperError):  # Citus does not plan every subquery
        return False
    return False
