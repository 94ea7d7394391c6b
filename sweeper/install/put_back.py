"""Whether sweeper's own tables were put back from a dump, or a copy, while the app's sessions went on in their table.

What was refunded since is not in there, and would be paid again. After a restore of the whole database
the app's table is another, too, and has the same past.
"""

from sweeper.app.charge_key import ChargeKey
from sweeper.app.mapping import Mapping
from sweeper.core.errors import ConfigurationError


def was_put_back(mapping: Mapping, bound: ChargeKey, ledger_oid: int | None) -> bool:
    """Whether the ledger is another table than the installed one, and the sessions are in the same."""
    if bound.ledger_oid is None or mapping.is_sharded:  # Citus makes a table anew to distribute it
        return False
    return bound.table_oid == mapping.key.table_oid and bound.ledger_oid != ledger_oid


def require_installed_ledger(mapping: Mapping, bound: ChargeKey, ledger_oid: int | None) -> None:
    """Check that the ledger is the installed one; ``bound`` is the key that was installed with it.

    Raises:
        ConfigurationError: it was put back.
    """
    if was_put_back(mapping, bound, ledger_oid):
        raise ConfigurationError(
            f"the tables in schema {mapping.schema} were put back, as from a dump, while {mapping.sessions.qualified} "
            "went on: refunds made since then are missing, and would be paid again. Nothing was paid. Bring them back, "
            "or run `sweeper install`: what was owed until then goes on hold (refund_missing), for a person to decide",
            code="ledger_put_back",
        )
