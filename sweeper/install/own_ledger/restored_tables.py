"""Detects that sweeper's tables were restored from a dump, or a copy, and the app's were not, or the other way round.

Then what was refunded since the dump was made is not in the ledger, and would be paid again; or it is not in the
balances, and would count as paid. After a restore of the whole database all tables are new, and have the same
past.
"""

from sweeper.app.charge_key import ChargeKey
from sweeper.app.mapping import Mapping
from sweeper.core.errors import ConfigurationError


def require_own_ledger(mapping: Mapping, bound: ChargeKey, ledger_oid: int | None) -> None:
    """Check that the ledger is the installed one; ``bound`` is the key that was installed with it.

    A missing ledger, None, was not restored: whatever reads it reports that.

    Raises:
        ConfigurationError: it was put back.
    """
    if bound.table_oid != mapping.key.table_oid or not _is_known(mapping, bound):
        return
    if ledger_oid in (None, bound.ledger_oid):
        return
    raise ConfigurationError(
        f"the tables in schema {mapping.schema} were put back, as from a dump, while {mapping.sessions.qualified} "
        "went on: refunds made since then are missing, and would be paid again. Nothing was paid. Bring them back, "
        "or run `sweeper install`: what was owed until then goes on hold (refund_missing)",
        code="ledger_put_back",
    )


def are_app_tables_restored(mapping: Mapping, bound: ChargeKey, ledger_oid: int | None) -> bool:
    """Whether sessions and accounts are both new tables, and the ledger is the installed one.

    A migration may have replaced each of them at some time: that stops no run.
    """
    if not _is_known(mapping, bound) or bound.ledger_oid != ledger_oid or bound.accounts_oid is None:
        return False
    return bound.table_oid != mapping.key.table_oid and mapping.key.accounts_oid not in (None, bound.accounts_oid)


def _is_known(mapping: Mapping, bound: ChargeKey) -> bool:
    """Whether the oids of the tables are evidence: older installations did not record them, and Citus changes them."""
    return bound.ledger_oid is not None and not mapping.is_sharded
