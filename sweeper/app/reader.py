"""Reads the values of the file, checks them against the server's catalog, and reports what does not fit.

Only the catalog is read, and no row except to explain a mistake, so a mistake is found before anything is written.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from sweeper.app.catalog import EXACT_TYPES, Column, Table, hint, is_name, nearest_column, problem, text_hint
from sweeper.app.distribution import read_distribution
from sweeper.app.expression import Equality, Expression
from sweeper.app.partitions import or_with_partitions, read_partitions
from sweeper.app.status_labels import StatusLabels
from sweeper.config.errors import nearest, nearest_of
from sweeper.core.errors import SweeperError
from sweeper.postgres.errors import Refusal, TooSlow
from sweeper.postgres.sqlstate import translated
from sweeper.postgres.templates import fill, fill_part, quote_name
from sweeper.postgres.transaction import Row, Transaction

_CONSTANTS = ("true", "false", "null")
# compared by the server's own operators: a type has one default sort order, and theirs comes with the server
_SERVER_COMPARES = (*EXACT_TYPES, "text", "character varying", "uuid", "boolean")
_READ_BY_FENCE = ("sessions.attempt", "sessions.started_at")  # a virtual column is null in a trigger


class Reader:
    """Reads values of the file against the catalog, inside one transaction.

    With ``goes_on`` the transaction stays usable after a mistake: each expression is tried behind a savepoint.
    """

    def __init__(self, transaction: Transaction, own_schema: str, *, goes_on: bool = True) -> None:
        self.transaction = transaction
        self._trying = transaction.savepoint if goes_on else translated
        self._own_schema = own_schema
        self.tables = dict[str, Table]()
        # several keys have values of one type
        self._equalities = dict[str, Equality]()
        self._labels = dict[str, Sequence[Row]]()

    def table(self, key: str, text: str) -> Table:
        """The table that ``text`` names.

        Raises:
            ConfigurationError: there is no such table, or it is a view.
        """
        if text not in self.tables:
            self.tables[text] = self._read_table(key, text)
        return self.tables[text]

    def _read_table(self, key: str, text: str) -> Table:
        row = self._find_table(text) or self._find_table(f"{quote_name(self._own_schema)}.{text}")
        if row is None:
            raise problem(key, text, f"there is no such table{self._nearest_table(text)}")
        if row.kind not in ("r", "p"):
            raise problem(key, text, "is not a table: rows of a view or a foreign table cannot be locked")
        on_nodes = read_distribution(self.transaction, key, text, row, self._own_schema)
        if row.inherited:
            raise problem(key, text, "has child tables (INHERITS), and no unique index holds over them all")
        if row.schema_name == self._own_schema and not on_nodes.of_schema:
            raise problem(
                key, text, f"lies in {self._own_schema}, the schema for sweeper's own tables: name another in "
                "database.schema",
            )  # fmt: skip
        columns = {
            column.name: Column(**{**column._mapping, "labels": tuple(column.labels)})
            for column in self.transaction.rows(fill("list_columns", {}), {"table_oid": row.oid})
        }
        self._labels |= {column.base_type: () for column in columns.values() if not column.labels}
        of = read_partitions(self.transaction, key, text, row)
        return Table(
            row.oid, row.schema_name, row.table_name, row.partition_key, tuple(row.partition_columns), of.owned,
            row.owner, columns, of.columns, of.shared_keys or on_nodes.shared_keys, on_nodes.group, on_nodes.column,
            of.without_key,
        )  # fmt: skip

    def _find_table(self, text: str) -> Row | None:
        try:
            with self.transaction.savepoint():
                found = self.transaction.rows(fill("find_table", {}), {"name": text})
        except (Refusal, SweeperError):  # it is not a name at all
            return None
        return found[0] if found else None

    def _nearest_table(self, text: str) -> str:
        binds = {"own_schema": self._own_schema}
        known = {row.table_name: row for row in self.transaction.rows(fill("list_tables", {}), binds)}
        word = text.rsplit(".", 1)[-1].strip('"')
        if word in known and not known[word].reachable:
            return f" that this role may see: it lacks USAGE on the schema of {known[word].as_sql}"
        near = nearest_of(word, list(known))
        names = sorted(row.as_sql for row in known.values())
        return f"; did you mean {known[near].as_sql}?" if near else nearest("", names)

    def column(self, key: str, text: str, table: Table) -> Column:
        """The plain column that ``text`` names.

        Raises:
            ConfigurationError: there is no such column, or ``text`` is an expression.
        """
        column = table.column(text)
        if column is None:
            raise problem(key, text, f"is not a column of {table.name}{nearest_column(text, table)}")
        return column

    def written_column(self, key: str, text: str, table: Table) -> Column:
        """The column that ``text`` names, to be written.

        Raises:
            ConfigurationError: there is no such column, or the database computes it.
        """
        column = self.column(key, text, table)
        if column.generated:
            raise problem(key, text, "is generated by the database and cannot be written")
        return column

    def unique_column(self, key: str, text: str, table: Table) -> Column:
        """The column that ``text`` names, which must be unique by itself.

        Raises:
            ConfigurationError: it is not a column, or two rows may have the same value.
        """
        column = self.column(key, text, table)
        rows = self.transaction.rows(fill("list_unique_columns", {}), {"table_oid": table.oid})
        if column.name not in [row.name for row in rows]:
            unique = [row.name for row in rows]
            raise problem(
                key,
                text,
                f"is not unique in {table.name}: two rows could have the same value, and one refund would be paid "
                "for both. It needs a primary key or a unique index of its own, valid, not deferrable, not partial"
                + or_with_partitions(key, column, table)
                + (f"; unique is: {', '.join(unique)}" if unique else ""),
            )
        return column

    def expression(self, key: str, text: str, table: Table, alias: str = "s") -> Expression:
        """A column or an SQL expression over a row of ``table``.

        Raises:
            ConfigurationError: it is not one.
        """
        column = table.column(text)
        if column and column.expression is None:
            return Expression(f"{alias}.{column.quoted}", column.base_type, column, column.collation)
        if is_name(text) and text.lower() not in _CONSTANTS:
            self.column(key, text, table)  # this error names the nearest column
        by_name = key.startswith("sessions.") and key not in _READ_BY_FENCE  # its expression may change
        virtual = column and (f"{alias}.{column.quoted}" if by_name else column.expression)
        kind, collatable = self._type(key, text, table.qualified, alias, table=table, sql=virtual or text)
        sql = fill_part("expression", {"expression": virtual or text})
        return Expression(sql, kind, collation=self._collation(sql, table, alias) if collatable else "")

    def _collation(self, sql: str, table: Table, alias: str) -> str:
        slots = {"expression": sql, "table": table.qualified, "alias": alias}
        row = self.transaction.row(fill("collation_of_expression", slots), {"no_rows": 0})
        return str(row.collation)

    def equality(self, key: str, text: str, type_name: str) -> Equality:
        """How values of a type are compared.

        Raises:
            ConfigurationError: they cannot be.
        """
        if type_name.endswith("[]") and key.endswith((".id", ".account")):
            raise problem(key, text, f"is of type {type_name}: an array cannot be an id")
        if type_name not in self._equalities:
            self._equalities[type_name] = self._find_equality(key, text, type_name)
        return self._equalities[type_name]

    def _find_equality(self, key: str, text: str, type_name: str) -> Equality:
        of_server = Equality.of()
        if type_name in _SERVER_COMPARES:
            return of_server
        for row in self.transaction.rows(fill("find_equality", {}), {"type": type_name}):
            if row.schema_name == "pg_catalog":
                return of_server
            return Equality.of(quote_name(row.schema_name), row.equal, row.greater)
        # the sort order may be that of another type, or missing
        compared = fill_part("compared_nulls", {"type": type_name, "equal": of_server.equal})
        self._type(key, text, fill_part("no_columns", {}), "nothing", sql=compared)
        return of_server

    def _type(
        self, key: str, text: str, source: str, alias: str, *, table: Table | None = None, sql: str | None = None
    ) -> tuple[str, bool]:
        """The name of the type of an SQL expression, and whether it has a collation."""
        slots = {"expression": sql or text, "table": source, "alias": alias}
        return self._tried(key, text, fill("type_of_expression", slots), table)

    def _tried(self, key: str, text: str, statement: str, table: Table | None = None) -> tuple[str, bool]:
        try:
            with self._trying():
                found = self.transaction.row(statement, {"no_rows": 0})
        except (Refusal, SweeperError) as error:
            if getattr(error, "code", "") == "privilege":
                raise
            raise problem(key, text, f"cannot be used: {error.message}{hint(text, error.message, table)}") from None
        if found.domain:  # it counts as its base type
            found = self.transaction.row(fill("find_base_type", {}), {"type_oid": found.oid})
        if found.type == "record":
            raise problem(key, text, f"gives several columns{text_hint(text)}")
        return str(found.type), bool(found.collatable)

    def condition(self, key: str, text: str, table: Table, alias: str) -> str:
        """An SQL condition over a row of ``table``.

        Raises:
            ConfigurationError: it is not one.
        """
        expression = self.expression(key, text, table, alias)
        if expression.type != "boolean":
            raise problem(key, text, f"must be true or false, and is {expression.type}")
        return expression.sql

    def castable(self, key: str, text: str, cast: str, source: str, alias: str) -> str:
        """The type of ``cast``, the value of ``text`` as the type it must have.

        Raises:
            ConfigurationError: the one type cannot become the other.
        """
        return self._type(key, text, source, alias, sql=cast)[0]

    def type_over(self, key: str, text: str, refund: str, beside: Mapping[str, Table]) -> str:
        """The type of an expression over a made-up refund, an SQL subquery, with rows of tables by their aliases."""
        slots = {"expression": text, "refund_sample": refund}
        tables = [table.beside_refund(alias) for alias, table in beside.items()]
        return self._tried(key, text, fill("type_over_refund", slots, {"beside": tables}))[0]

    def sample_number(self, expression: Expression, table: Table) -> Decimal | None:
        """One value of an expression over a row of ``table``; None where this role can read no such row."""
        slots = {"expression": expression.sql, "table": table.qualified}
        try:
            with self.transaction.savepoint():
                rows = self.transaction.rows(fill("sample_number", slots))
        except (Refusal, SweeperError, TooSlow):
            return None
        return rows[0].value if rows else None

    def draws_from_sequence(self, table: Table, written: list[str]) -> bool:
        """Whether a column of ``table`` that an insert leaves out, all but ``written``, is numbered by a sequence."""
        binds = {"table_oid": table.oid, "written": written}
        return bool(self.transaction.row(fill("find_numbering", {}), binds).found)

    def labels(self, type_name: str) -> tuple[str, ...]:
        """The values of an enum, in their order; empty for other types."""
        return tuple(row.label for row in self._list_labels(type_name))

    def status_labels(self, type_name: str) -> StatusLabels | None:
        """The same values with the oids by which the server knows them; None for a type that is not an enum."""
        rows = self._list_labels(type_name)
        return StatusLabels(rows[0].type_oid, {row.label: row.label_oid for row in rows}) if rows else None

    def _list_labels(self, type_name: str) -> Sequence[Row]:
        if type_name not in self._labels:
            self._labels[type_name] = self.transaction.rows(fill("list_labels", {}), {"type": type_name})
        return self._labels[type_name]
