"""What the catalog says of the app's tables: which refer to which, by what, and what their columns have."""

from collections.abc import Collection, Iterator, Sequence

from sweeper.app.catalog import Column, Table
from sweeper.check.rehearsal.samples import NO_ITEM, Samples, numbered
from sweeper.check.triggers import fired_by_refund
from sweeper.postgres.templates import Slots
from sweeper.postgres.transaction import Row

_TABLES_AT_MOST = 6


def references(samples: Samples, *, of: Table | None = None, to: Table | None = None) -> list[Row]:
    """The foreign keys of one column: all, those of a table, those to a table, or those of one to another."""
    return [
        row
        for row in samples.ask("list_references", {})
        if (of is None or row.table_oid == of.oid) and (to is None or row.target_oid == to.oid)
    ]


def names_by_oid(samples: Samples) -> dict[int, str]:
    """The app's tables that can be read without a stranger gaining rights, as SQL."""
    return {row.oid: row.as_sql for row in samples.tables()}


def unique_names(samples: Samples, table: Table) -> list[str]:
    """The columns of a table that are unique by themselves."""
    return [row.name for row in samples.ask("list_unique_columns", {}, table_oid=table.oid)]


def defaults(samples: Samples, table: Table) -> dict[str, str]:
    """The columns of a table that the server fills, and with what."""
    return {row.name: row.value for row in samples.ask("list_defaults", {}, table_oid=table.oid)}


def is_quick_by(samples: Samples, table: Table, column: Column | None) -> bool:
    """Whether an index finds the rows of a table by a column."""
    name = column.name if column else ""
    return bool(samples.ask("is_quick_by", {}, table_oid=table.oid, column_name=name)[0].quick)


def equal(samples: Samples, column: Column) -> str:
    """The operator that compares the values of a column, as SQL."""
    return samples.reader.equality("table", column.quoted, column.full_type).equal


def fires_triggers(samples: Samples) -> bool:
    """Whether a refund fires a trigger of the app, which may change what the file does not name."""
    return bool(samples.ask("list_triggers", {}, **fired_by_refund(samples.context)))


def count_rows(
    samples: Samples, table: Table, columns: Sequence[Column], how: str, condition: str | None = None
) -> tuple[int, list[int]]:
    """The number of a table's newest rows, and for each column how many of them have a value."""
    key = samples.key_of(table)
    if key is None or not (columns or condition) or not samples.sees(table, [key]):
        return 0, []
    looked: list[Slots] = [{**NO_ITEM, how: "yes", "column": column.quoted} for column in columns]
    looked += [{**NO_ITEM, "condition": condition, "column": ""}] if condition else []
    slots = {"table": table.qualified, "key": key.quoted, "filter": "true", "down": ""}
    (row,) = samples.ask("sample_columns", slots, {"looked": numbered(looked), "down": ""})
    return row.rows, list(row.counts)


def referring_tables(
    samples: Samples, target: Table, skipped: Collection[int]
) -> Iterator[tuple[Table, Column, Column]]:
    """Tables with a foreign key to another and an index on it, the column that refers, and the one of ``target``.

    At most six are looked at, without those whose oids are ``skipped``.
    """
    tables = names_by_oid(samples)
    found = [row for row in references(samples, to=target) if row.table_oid in tables and row.table_oid not in skipped]
    for row in found[:_TABLES_AT_MOST]:
        table = samples.table("table", tables[row.table_oid])
        link, key = table.columns.get(row.column_name), target.columns.get(row.target_column)
        if link and key and is_quick_by(samples, table, link):
            yield table, link, key
