"""Builds an index of a partitioned table, which Postgres cannot do CONCURRENTLY.

It is made for the table alone, which takes no time, then built CONCURRENTLY on each partition and attached. What
exists already stays, so an installation that was interrupted goes on where it stopped.
"""

from collections.abc import Callable, Collection

from sweeper.install.indexes.index import Index, PartitionIndex, drop_index
from sweeper.postgres.templates import fill, fill_script, quote_name
from sweeper.postgres.transaction import Transaction


def missing_steps(
    transaction: Transaction, index: Index, named: Callable[[str], str], there: Collection[tuple[str, str]]
) -> tuple[PartitionIndex, ...]:
    """The steps that are left until the index of a partitioned table is complete; empty when it is.

    ``named`` gives the name of the part on a table, ``there`` are the parts that exist and are not attached.
    """
    steps: list[PartitionIndex] = []
    indexes: dict[int, str] = {}
    binds = {"table_oid": index.partitioned, "name": index.qualified}
    for row in transaction.rows(fill("list_partition_indexes", {}), binds):
        if row.index_name is not None:
            indexes[row.table_oid] = quote_name(row.index_schema, row.index_name)
            continue
        table = quote_name(row.schema_name, row.table_name)
        name = (index.schema, index.name) if row.parent_oid is None else (row.schema_name, named(table))
        indexes[row.table_oid] = quote_name(*name)
        if name not in there:
            create = index.create_on(table, name[1], only=row.partitioned)
            undo = "" if row.partitioned else drop_index(*name, partitioned=False)
            steps.append(PartitionIndex(create, f"created index {name[1]} on {table}", name, undo))
        if row.parent_oid is not None:
            slots = {"parent_index": indexes[row.parent_oid], "index": indexes[row.table_oid]}
            steps.append(PartitionIndex(fill_script("attach_index", slots), "", name))
    return tuple(steps)


def parts_of(transaction: Transaction, table_oid: int, qualified: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """The names of the parts of an index that are attached, and the partitions that have no part."""
    rows = transaction.rows(fill("list_partition_indexes", {}), {"table_oid": table_oid, "name": qualified})
    found = frozenset(row.index_name for row in rows if row.index_name is not None)
    return found, tuple(row.table_name for row in rows if row.index_name is None)
