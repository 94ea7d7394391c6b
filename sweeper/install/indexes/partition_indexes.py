"""Builds an index of a partitioned table, which Postgres cannot do CONCURRENTLY.

It is made for the table alone, which takes no time, then built CONCURRENTLY on each partition and attached. What
exists already stays, so an installation that was interrupted goes on where it stopped.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from sweeper.postgres.templates import fill, fill_script, quote_name
from sweeper.postgres.transaction import Transaction

_CONCURRENTLY = {"concurrently": True}


@dataclass(frozen=True)
class PartitionIndex:
    """One step: the statement, and the line that reports it; "" where it needs no line.

    ``name`` is the schema and the name of the index that it makes or attaches; ``undo`` removes what a build leaves
    behind when it fails, "" where it leaves nothing.
    """

    statement: str
    done: str
    name: tuple[str, str]
    undo: str = ""


@dataclass(frozen=True)
class Definition:
    """The index of the whole table, and what its parts have in common."""

    name: tuple[str, str]
    key: str
    predicate: str
    unique: bool


def missing_steps(
    transaction: Transaction,
    table_oid: int,
    definition: Definition,
    named: Callable[[str], str],
    there: Collection[tuple[str, str]],
) -> tuple[PartitionIndex, ...]:
    """The steps that are left until the index of a table is complete; empty when it is.

    ``named`` gives the name of the part on a table, ``there`` are the parts that exist and are not attached.
    """
    root = quote_name(*definition.name)
    steps: list[PartitionIndex] = []
    indexes: dict[int, str] = {}
    for row in transaction.rows(fill("list_partition_indexes", {}), {"table_oid": table_oid, "name": root}):
        if row.index_name is not None:
            indexes[row.table_oid] = quote_name(row.index_schema, row.index_name)
            continue
        table = quote_name(row.schema_name, row.table_name)
        name = definition.name if row.parent_oid is None else (row.schema_name, named(table))
        indexes[row.table_oid] = quote_name(*name)
        if name not in there:
            create = create_index(name[1], table, definition, only=row.partitioned)
            undo = "" if row.partitioned else fill_script("drop_index", {"index": quote_name(*name)}, _CONCURRENTLY)
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


def create_index(name: str, table: str, definition: Definition, *, only: bool = False) -> str:
    """The statement that builds an index without stopping the app, or makes that of a partitioned table ``only``."""
    slots = {"index_name": quote_name(name), "table": table, "key": definition.key, "predicate": definition.predicate}
    partial = bool(definition.predicate)
    choices = {"unique": definition.unique, "concurrently": not only, "only": only, "partial": partial}
    return fill_script("create_index", slots, choices)
