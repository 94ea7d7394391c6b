"""Which tables of the app refer to another by a foreign key, and can be read by it."""

from collections.abc import Collection, Iterator

from sweeper.app.catalog import Column, Table
from sweeper.check.rehearsal.samples import Samples

_TABLES_AT_MOST = 6


def referring_tables(
    samples: Samples, target: Table, skipped: Collection[int]
) -> Iterator[tuple[Table, Column, Column]]:
    """Such tables with an index on the column that refers, that column, and the one of ``target``.

    At most six are looked at, without those whose oids are ``skipped``.
    """
    tables = {row.oid: row.as_sql for row in samples.tables()}
    found = [row for row in samples.ask("list_references", {}) if row.target_oid == target.oid]
    for row in [row for row in found if row.table_oid in tables and row.table_oid not in skipped][:_TABLES_AT_MOST]:
        table = samples.table("table", tables[row.table_oid])
        link, key = table.columns.get(row.column_name), target.columns.get(row.target_column)
        quick = samples.ask("is_quick_by", {}, table_oid=table.oid, column_name=row.column_name)
        if link and key and quick[0].quick:
            yield table, link, key
