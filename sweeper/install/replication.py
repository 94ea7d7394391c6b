"""Whether the app's rows come from another database by logical replication: they must be swept there.

A refund in the copy reaches no customer, and stops the replication once a sweep of the other database writes its own.
"""

from sweeper.app.mapping import Mapping
from sweeper.core.errors import ConfigurationError
from sweeper.postgres.templates import fill
from sweeper.postgres.transaction import Transaction


def require_origin(transaction: Transaction, mapping: Mapping) -> None:
    """Check that no enabled subscription writes to a mapped table.

    Raises:
        ConfigurationError: one does.
    """
    key, ledger = mapping.key, mapping.ledger
    oids = [oid for oid in (key.table_oid, key.accounts_oid, ledger and ledger.table.oid) if oid]
    for row in transaction.rows(fill("find_subscription", {}), {"table_oids": oids}):
        raise ConfigurationError(
            f"the rows of {row.table_name} come from another database, by the subscription {row.name}: a refund here "
            "would reach nobody, and would stop the replication. Nothing was paid. Sweep that database; once this one "
            f"takes its place: {row.disable}",
            code="subscriber",
        )
