"""Hooks: the app's own triggers on sweeper's ledger, which do what else a refund or its reversal means to the app."""

from dataclasses import dataclass

from sweeper.app.mapping import Mapping
from sweeper.postgres.templates import fill
from sweeper.postgres.transaction import Transaction


@dataclass(frozen=True)
class Hook:
    """A trigger on ``table``, which is ``refunds`` or ``reversals``.

    ``name`` is as in SQL. It fires after an insert, unless ``before``: then it could drop or change what is written,
    and is no hook. ``function`` is what it runs, with its schema; ``drop`` the statement that takes it away.
    """

    table: str
    name: str
    function: str
    before: bool
    enabled: bool
    drop: str

    @property
    def works(self) -> bool:
        """Whether it fires, and after the insert."""
        return self.enabled and not self.before


def read_hooks(transaction: Transaction, mapping: Mapping) -> tuple[Hook, ...]:
    """The triggers that fire when a refund or a reversal is written."""
    binds = {"names": [mapping.slots["refunds"], mapping.slots["reversals"]]}
    return tuple(
        Hook(row.table_name, row.name, row.function_name, row.before, row.enabled, row.drop)
        for row in transaction.rows(fill("list_hooks", {}), binds)
    )
