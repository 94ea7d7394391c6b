"""An index that sweeper needs on a table of the app's, as statements, and what an index over the status may have."""

from dataclasses import dataclass

from sweeper.app.mapping import Mapping
from sweeper.app.slots.sessions import live_predicate
from sweeper.app.slots.shared_rows import reads_out_of_sight
from sweeper.core.errors import SweeperError
from sweeper.postgres.errors import Refusal
from sweeper.postgres.templates import fill, fill_part, fill_script, quote_name
from sweeper.postgres.transaction import Row, Transaction


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
    def create(self) -> str:
        return self.create_on(self.table, self.name)

    def create_on(self, table: str, name: str, *, only: bool = False) -> str:
        """The statement that builds it on a table beside the app at work; ``only``: makes that of a partitioned one."""
        slots = {"index_name": quote_name(name), "table": table, "key": self.key, "predicate": self.predicate}
        partial = bool(self.predicate)
        choices = {"unique": self.unique, "concurrently": not only, "only": only, "partial": partial}
        return fill_script("create_index", slots, choices)

    @property
    def statements(self) -> tuple[str, ...]:
        """The statements that build it, each to be sent by itself."""
        return tuple(step.statement for step in self.steps) or (self.create,)

    @property
    def drop(self) -> str:
        """The statement that removes it without stopping the app."""
        return drop_index(self.schema, self.name, partitioned=self.partitioned is not None)


def drop_index(schema: str, name: str, *, partitioned: bool) -> str:
    # CONCURRENTLY is refused for the index of a partitioned table
    return fill_script("drop_index", {"index": quote_name(schema, name)}, {"concurrently": not partitioned})


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
