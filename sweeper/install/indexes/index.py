"""An index that sweeper needs on a table of the app's, as statements, and what an index over the status may have."""

from dataclasses import dataclass

from sweeper.app.mapping import Mapping
from sweeper.app.slots.sessions import live_predicate
from sweeper.app.slots.shared_rows import reads_out_of_sight
from sweeper.core.errors import SweeperError
from sweeper.install.indexes.partition_indexes import Definition, PartitionIndex, create_index
from sweeper.postgres.errors import Refusal
from sweeper.postgres.templates import fill, fill_part, fill_script, quote_name
from sweeper.postgres.transaction import Row, Transaction


@dataclass(frozen=True)
class Index:
    """An index that sweeper needs.

    ``owned``: this role owns the table; ``calls_ours``: the predicate is a function that the same
    installation makes, so that it cannot be tried before. ``partitioned`` is the oid of a table whose index is made in
    ``steps``: those that are left.
    """

    schema: str
    name: str
    table: str
    key: str
    unique: bool = False
    predicate: str = ""
    owned: bool = True
    calls_ours: bool = False
    partitioned: int | None = None
    steps: tuple[PartitionIndex, ...] = ()

    @property
    def qualified(self) -> str:
        return quote_name(self.schema, self.name)

    @property
    def definition(self) -> Definition:
        """What it has in common with the indexes of partitions."""
        return Definition((self.schema, self.name), self.key, self.predicate, self.unique)

    @property
    def create(self) -> str:
        return create_index(self.name, self.table, self.definition)

    @property
    def statements(self) -> tuple[str, ...]:
        """The statements that build it, each to be sent by itself."""
        return tuple(step.statement for step in self.steps) or (self.create,)

    @property
    def drop(self) -> str:
        """The statement that removes it without stopping the app."""
        return _drop(self.qualified, concurrently=self.partitioned is None)


def drop_found(row: Row) -> str:
    # CONCURRENTLY is refused for the index of a partitioned table
    return _drop(quote_name(row.schema_name, row.name), concurrently=not row.partitioned)


def _drop(qualified: str, *, concurrently: bool) -> str:
    return fill_script("drop_index", {"index": qualified}, {"concurrently": concurrently})


def probe_index(transaction: Transaction, script: str) -> Row | None:
    """What the server makes of the index that ``script`` builds on a temporary table; None where there can be no such.

    Raises:
        Refusal, SweeperError: it cannot be built.
    """
    try:
        with transaction.undone():
            transaction.script(script)
            transaction.rows(fill("leave_search_path", {}))
            return transaction.row(fill("read_probe", {}))
    except (Refusal, SweeperError) as error:
        if getattr(error, "code", "") == "privilege":  # no temporary tables for this role
            return None
        raise


def indexable_predicate(transaction: Transaction, mapping: Mapping) -> str:
    """Of which rows the index is, in the server's own words; empty where an index cannot have the expression.

    It cannot where the expression reads other tables, or calls a function that is not immutable.
    """
    if not mapping.status.of_row:
        return ""
    # an index would not see a change of what a function reads that is wrongly declared immutable
    if mapping.status.column is None and reads_out_of_sight(transaction, [mapping.slots["live_status"]]):
        return ""
    slots = {"table": mapping.slots["sessions"], "expression": mapping.slots["live_status"]}
    try:
        probe = probe_index(transaction, fill_script("probe_expression", slots))
    except (Refusal, SweeperError):
        return ""
    if probe is None:
        return mapping.live_predicate
    indexed = fill_part("expression", {"expression": probe.keys[0]})
    return live_predicate({**mapping.slots, "live_status": indexed})
