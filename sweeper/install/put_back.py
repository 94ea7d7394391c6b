"""Whether sweeper's own tables were put back from a dump, or a copy, while the app's went on; or the other way round.

What was refunded since the dump was made is not in the ledger then, and would be paid again; or it is not in the
balances, and would be taken for paid. After a restore of the whole database all tables are others, and have the same
past.
"""

from sweeper.app.charge_key import ChargeKey
from sweeper.app.mapping import Mapping
from sweeper.core.errors import ConfigurationError


def require_own_ledger(mapping: Mapping, bound: ChargeKey, ledger_oid: int | None) -> None:
    """Check that the ledger is the installed one; ``bound`` is the key that was installed with it.

    A ledger that is missing, None, was not put back: whatever reads it reports that.

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


def are_balances_put_back(mapping: Mapping, bound: ChargeKey, ledger_oid: int | None) -> bool:
    """Whether sessions and accounts are both other tables than the installed ones, and the ledger is the same.

    A migration may have replaced each of them in its time: that stops nobody.
    """
    if not _is_known(mapping, bound) or bound.ledger_oid != ledger_oid or bound.accounts_oid is None:
        return False
    return bound.table_oid != mapping.key.table_oid and mapping.key.accounts_oid not in (None, bound.accounts_oid)


def _is_known(mapping: Mapping, bound: ChargeKey) -> bool:
    """Whether the tables tell something: an installation of before did not keep them, and Citus makes them anew."""
    return bound.ledger_oid is not None and not mapping.is_sharded
