"""What the mapping needs to know about a partitioned table."""

from typing import NamedTuple

from sweeper.app.catalog import Column, Table, problem
from sweeper.postgres.templates import fill, quote_name
from sweeper.postgres.transaction import Row, Transaction


class Partitions(NamedTuple):
    """Whether this role owns all partitions; the ``columns`` by which they are partitioned.

    ``shared_keys`` are the columns that are unique together with these: by no index over all partitions alone.
    ``without_key`` is a partition that keeps nothing unique where others do.
    """

    owned: bool
    columns: tuple[str, ...] = ()
    shared_keys: tuple[str, ...] = ()
    without_key: str = ""


def read_partitions(transaction: Transaction, key: str, text: str, found: Row) -> Partitions:
    """Read the partitions of a table that ``find_table`` has found; no columns if it is not partitioned.

    Raises:
        ConfigurationError: one of them is a foreign table.
    """
    if found.partition_key is None:
        return Partitions(found.owned)
    row = transaction.row(fill("find_partitions", {}), {"table_oid": found.oid})
    if row.foreign_table:
        raise problem(
            key, text, f"has a foreign table among its partitions, {row.foreign_table}, whose rows cannot be locked"
        )
    return Partitions(row.owned, tuple(row.columns), tuple(row.shared_keys), row.without_key or "")


def or_with_partitions(key: str, column: Column, table: Table) -> str:
    """Which other key could be the id of a session, or why none could, in words; "" without partitions."""
    if table.partition_key is None:
        return ""
    if key != "sessions.id":
        return (
            f"; as {table.name} is partitioned by {table.partition_key}, Postgres can keep {column.quoted} unique over "
            "all partitions only when that is all it is partitioned by"
        )
    together = ", ".join(dict.fromkeys([column.quoted, *map(quote_name, table.tree_columns)]))
    lacking = f", which its partition {table.without_key} does not have" if table.without_key else ""
    where = "" if None not in table.partition_columns else " of each partition"
    return f"; as {table.name} is partitioned, one on ({together}){where} does for sessions.id{lacking}"
