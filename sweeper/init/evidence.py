"""What the catalog and a bounded sample of rows show about an app's tables."""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sweeper.core.errors import SweeperError
from sweeper.init.owners import read_tables
from sweeper.init.words import words
from sweeper.postgres.database import Database
from sweeper.postgres.errors import Refusal, TooSlow
from sweeper.postgres.templates import fill, fill_expression
from sweeper.postgres.timeouts import Timeouts
from sweeper.postgres.transaction import Row, Transaction

_CATALOG = Timeouts(statement_ms=60_000)
_LOOK_MS = 5_000
_SECONDS = 45  # for all queries of rows together
# these only show what a candidate gives, and prove nothing
_SHOWING = frozenset({"try_expression", "draft_durations", "draft_signs_of_life", "draft_texts"})
_NUMBERS = ("smallint", "integer", "bigint", "numeric", "real", "double precision")
KEY_TYPES = ("text", "character varying", "character", "bpchar", "uuid", "integer", "bigint", "smallint")


@dataclass(frozen=True)
class Column:
    """A column that the role may read."""

    table_oid: int
    name: str
    as_sql: str
    type: str
    category: str
    required: bool
    not_null: bool
    generated: bool
    is_unique: bool
    is_primary: bool
    unique_in_partitions: bool
    labels: tuple[str, ...]
    literals: tuple[str, ...]

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(words(self.name))

    @property
    def is_number(self) -> bool:
        return self.type in _NUMBERS

    @property
    def is_time(self) -> bool:
        return self.type.startswith("timestamp")

    @property
    def is_integer(self) -> bool:
        return self.type in ("smallint", "integer", "bigint")

    @property
    def is_flag(self) -> bool:
        return self.type == "boolean"

    @property
    def is_json(self) -> bool:
        return self.type in ("json", "jsonb")

    @property
    def is_text(self) -> bool:
        return self.category == "S"

    @property
    def is_key(self) -> bool:
        """Whether it can be the key of a session or an account."""
        return self.is_unique and self.type in KEY_TYPES


@dataclass(frozen=True)
class Table:
    """A table of the app, with its readable columns; ``hides_rows`` from this role, by row-level security."""

    oid: int
    schema: str
    name: str
    as_sql: str
    hides_rows: bool
    columns: tuple[Column, ...]

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(words(self.name))

    @cached_property
    def keys(self) -> tuple[Column, ...]:
        """The columns that are unique by themselves."""
        return tuple(column for column in self.columns if column.is_key)

    @cached_property
    def key(self) -> Column | None:
        """The key that is unique by itself, a primary one first; else one that is unique with the partition key."""
        keys = list(self.keys) or [c for c in self.columns if c.unique_in_partitions and c.type in KEY_TYPES]
        return min(keys, key=lambda column: (not column.is_primary, not column.not_null), default=None)


@dataclass(frozen=True)
class Reference:
    """A column that refers to a row of another table; ``declared`` if a foreign key says so."""

    column: Column
    target: Table
    target_column: Column
    declared: bool


class Evidence:
    """The catalog, read at once, and rows, read when needed.

    ``strange`` are tables that are not read; ``unseen`` when a query for evidence was not answered in time:
    then nothing that depends on rows is a fact.
    """

    def __init__(self, database: Database, named: str | None = None) -> None:
        self._database = database
        self.unseen = False
        self._end = time.monotonic() + _SECONDS
        self._seen: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
        with database.transaction(timeouts=_CATALOG, read_only=True) as transaction:
            listed, self.strange = read_tables(transaction, named)
            self.tables = _with_columns(transaction, listed)
            self._references = _read_references(transaction, self.tables)
        self._add_references_by_name()

    def references(self, table: Table) -> list[Reference]:
        return self._references[table.oid]

    def reference(self, column: Column) -> Reference | None:
        return next((found for found in self._references[column.table_oid] if found.column == column), None)

    def _add_references_by_name(self) -> None:
        """Columns without a foreign key that are named after a table and have the type of its key."""
        named = [(words(table.name), table) for table in self.tables]
        for table in self.tables:
            declared = {found.column.name for found in self._references[table.oid]}
            for column in table.columns:
                spoken = words(column.name)
                if column.name in declared or spoken[-1:] != ("id",):
                    continue
                for target in _called(spoken[:-1], named):
                    if target.key and same_type(target.key, column) and target != table:
                        self._references[table.oid].append(Reference(column, target, target.key, declared=False))

    def agrees(
        self, table: Table, column: Column, target: Table, target_column: Column, *, least: float = 0.5
    ) -> bool | None:
        """Whether this column of more than ``least`` of the newest rows is a key of the other table.

        None when there are no rows to compare.
        """
        looked = self.counts("sample_matches", table, column=column, target=target, target_column=target_column)
        rows, matching = looked or (0, 0)
        # a few keys may be gone, because apps delete accounts
        return matching > least * rows if rows else None

    def has_several(self, table: Table, column: Column) -> bool:
        """Whether a column has several different values, so that a match means something."""
        return len(self.rows("sample_values", table, column=column)) > 1

    def count_true(self, table: Table, condition: str, among: str = "true") -> tuple[int, ...]:
        """How many new rows ``among`` selects, and for how many of them the condition is true; empty as for `rows`."""
        return self.counts("sample_condition", table, condition=condition, among=among)

    def counts(self, statement: str, table: Table | None, **given: Column | Table | str) -> tuple[int, ...]:
        """The numbers of the one row that a statement gives; empty as for `rows`."""
        return tuple(int(number) for row in self.rows(statement, table, **given) for number in row)

    def rows(self, statement: str, table: Table | None, **given: Column | Table | str) -> list[tuple[Any, ...]]:
        """A bounded query of the rows of a table by its key; columns and tables are given by their names.

        Empty if it fails, takes too long or the table has no key, because a draft can do without.
        """
        slots = _names_of(given)
        if table is not None:
            slots = {"table": table.as_sql, "key": table.key.as_sql if table.key else "", **slots}
            if not slots["key"]:
                return []
        asked = (statement, *slots.values())
        if asked not in self._seen:
            self._seen[asked] = self._look(statement, slots)
        return self._seen[asked]

    def _look(self, statement: str, slots: Mapping[str, str]) -> list[tuple[Any, ...]]:
        left_ms = int((self._end - time.monotonic()) * 1000)
        try:
            if left_ms <= 0:
                raise TooSlow
            timeouts = Timeouts(statement_ms=min(_LOOK_MS, left_ms))
            with self._database.transaction(timeouts=timeouts, read_only=True) as transaction:
                return [tuple(row) for row in transaction.rows(fill(statement, slots))]
        except TooSlow:
            self.unseen |= statement not in _SHOWING
            return []
        except (Refusal, SweeperError):
            return []


def expression(name: str, /, **given: Column | Table | str) -> str:
    """The expression ``name`` of the SQL files for the user's file; columns and tables are given by their names."""
    return fill_expression(name, _names_of(given))


def _names_of(given: Mapping[str, Column | Table | str]) -> dict[str, str]:
    return {name: one if isinstance(one, str) else one.as_sql for name, one in given.items()}


def _called(spoken: tuple[str, ...], named: list[tuple[tuple[str, ...], Table]]) -> list[Table]:
    """The tables of that name; else the one whose name ends like that, such as ``auth_user`` for ``user_id``."""
    exactly = [table for name, table in named if name == spoken]
    ending = [table for name, table in named if spoken and name[-len(spoken) :] == spoken]
    return exactly or (ending if len(ending) == 1 else [])


def same_type(one: Column, other: Column) -> bool:
    """Whether values of one column can be those of the other."""
    texts, integers = ("text", "character varying", "character", "bpchar"), ("integer", "bigint", "smallint")
    return one.type == other.type or any(one.type in kind and other.type in kind for kind in (texts, integers))


def typed_link(row: str, key: Column) -> str:
    """The text ``row.link`` in the type of a key, so that an index is used; null if it is not of that type."""
    if key.type == "uuid":
        return f"(CASE WHEN {row}.link ~ '^[0-9a-fA-F-]{{36}}$' THEN {row}.link::uuid END)"
    if key.is_integer:
        return f"(CASE WHEN {row}.link ~ '^-?[0-9]{{1,18}}$' THEN {row}.link::bigint END)"
    return f"{row}.link::{key.type}"


def _with_columns(transaction: Transaction, tables: Sequence[Row]) -> list[Table]:
    columns: dict[int, list[Column]] = defaultdict(list)
    for row in transaction.rows(fill("list_all_columns", {}), {"table_oids": [table.oid for table in tables]}):
        values = {**row._mapping, "labels": tuple(row.labels), "literals": tuple(row.literals)}
        columns[row.table_oid].append(Column(**values))
    return [
        Table(row.oid, row.schema_name, row.table_name, row.as_sql, row.hides_rows, tuple(columns[row.oid]))
        for row in tables
        if row.oid in columns
    ]


def _read_references(transaction: Transaction, tables: list[Table]) -> defaultdict[int, list[Reference]]:
    known = {table.oid: table for table in tables}
    by_name = {(table.oid, column.name): column for table in tables for column in table.columns}
    references: defaultdict[int, list[Reference]] = defaultdict(list)
    for row in transaction.rows(fill("list_references", {})):
        column = by_name.get((row.table_oid, row.column_name))
        target_column = by_name.get((row.target_oid, row.target_column))
        if column and target_column:
            references[row.table_oid].append(Reference(column, known[row.target_oid], target_column, declared=True))
    return references
