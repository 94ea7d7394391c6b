"""What the catalogue and a bounded sample of rows tell about an app's tables."""

from collections import defaultdict
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sweeper.database import Database, Refusal, Timeouts, TooSlow, Transaction
from sweeper.draft.words import words
from sweeper.errors import SweeperError
from sweeper.statements import fill

_TIMEOUTS = Timeouts(statement_ms=5_000)
_NUMBERS = ("smallint", "integer", "bigint", "numeric", "real", "double precision")
_KEYS = ("text", "character varying", "character", "uuid", "integer", "bigint", "smallint")


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
    labels: tuple[str, ...]
    literals: tuple[str, ...]

    @cached_property
    def words(self) -> frozenset[str]:
        """The words of its name."""
        return frozenset(words(self.name))

    @property
    def is_number(self) -> bool:
        """Whether it counts something."""
        return self.type in _NUMBERS

    @property
    def is_time(self) -> bool:
        """Whether it is a moment."""
        return self.type.startswith("timestamp")

    @property
    def is_text(self) -> bool:
        """Whether it holds text."""
        return self.category == "S"

    @property
    def is_key(self) -> bool:
        """Whether it can be the key of a session or an account."""
        return self.is_unique and self.type in _KEYS


@dataclass(frozen=True)
class Table:
    """A table of the app, with its readable columns."""

    oid: int
    name: str
    as_sql: str
    columns: tuple[Column, ...]

    @cached_property
    def words(self) -> frozenset[str]:
        """The words of its name."""
        return frozenset(words(self.name))

    @property
    def key(self) -> Column | None:
        """The key that is unique by itself, the primary one first."""
        keys = [column for column in self.columns if column.is_key]
        return next((column for column in keys if column.is_primary), keys[0] if keys else None)


@dataclass(frozen=True)
class Reference:
    """A column that says which row of another table is meant; ``declared`` when a foreign key says so."""

    column: Column
    target: Table
    target_column: Column
    declared: bool


class Evidence:
    """The catalogue, read at once, and rows, looked at when asked for."""

    def __init__(self, database: Database) -> None:
        self._database = database
        with self._reading() as transaction:
            self.tables = _read_tables(transaction)
            self._references = _read_references(transaction, self.tables)
        self._add_references_by_name()

    def references(self, table: Table) -> list[Reference]:
        """What the columns of a table refer to."""
        return self._references[table.oid]

    def reference(self, column: Column) -> Reference | None:
        """What one column refers to."""
        return next((found for found in self._references[column.table_oid] if found.column == column), None)

    def _add_references_by_name(self) -> None:
        """Where no foreign key says it: a column called after a table, of the type of that table's key."""
        by_name: dict[tuple[str, ...], list[Table]] = defaultdict(list)
        for table in self.tables:
            by_name[words(table.name)].append(table)
        for table in self.tables:
            declared = {found.column.name for found in self._references[table.oid]}
            for column in table.columns:
                spoken = words(column.name)
                if column.name in declared or spoken[-1:] != ("id",):
                    continue
                for target in by_name[spoken[:-1]]:
                    if target.key and _same_type(target.key, column) and target != table:
                        self._references[table.oid].append(Reference(column, target, target.key, declared=False))

    def _reading(self) -> AbstractContextManager[Transaction]:
        return self._database.transaction(timeouts=_TIMEOUTS, read_only=True)

    def rows(self, statement: str, slots: Mapping[str, str]) -> list[tuple[Any, ...]]:
        """A bounded look at rows; nothing when it fails or takes too long, because a draft can do without."""
        try:
            with self._reading() as transaction:
                return [tuple(row) for row in transaction.rows(fill(statement, slots))]
        except (Refusal, TooSlow, SweeperError):
            return []


def _same_type(one: Column, other: Column) -> bool:
    texts, integers = ("text", "character varying", "character"), ("integer", "bigint", "smallint")
    return one.type == other.type or any(one.type in kind and other.type in kind for kind in (texts, integers))


def _read_tables(transaction: Transaction) -> list[Table]:
    tables = transaction.rows(fill("draft/list_tables", {}))
    columns: dict[int, list[Column]] = defaultdict(list)
    for row in transaction.rows(fill("draft/list_columns", {}), {"table_oids": [table.oid for table in tables]}):
        told = {**row._mapping, "labels": tuple(row.labels), "literals": tuple(row.literals)}
        columns[row.table_oid].append(Column(**told))
    return [Table(row.oid, row.table_name, row.as_sql, tuple(columns[row.oid])) for row in tables if row.oid in columns]


def _read_references(transaction: Transaction, tables: list[Table]) -> defaultdict[int, list[Reference]]:
    known = {table.oid: table for table in tables}
    by_name = {(table.oid, column.name): column for table in tables for column in table.columns}
    references: defaultdict[int, list[Reference]] = defaultdict(list)
    for row in transaction.rows(fill("draft/list_references", {})):
        column = by_name.get((row.table_oid, row.column_name))
        target_column = by_name.get((row.target_oid, row.target_column))
        if column and target_column:
            references[row.table_oid].append(Reference(column, known[row.target_oid], target_column, declared=True))
    return references
