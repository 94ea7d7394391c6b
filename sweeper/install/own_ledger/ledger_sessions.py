"""Checks that the refunds in sweeper's ledger are of the mapped sessions."""

from sweeper.app.charge_key import ChargeKey
from sweeper.app.mapping import Mapping
from sweeper.core.errors import ConfigurationError
from sweeper.install.own_ledger.changed_tables import OldLedger, changed_table, strangers
from sweeper.install.own_ledger.other_installations import have_rows_in_common
from sweeper.install.own_ledger.own_tables import OwnTables, old_session_id, same_accounts
from sweeper.postgres.templates import fill
from sweeper.postgres.transaction import Transaction


def require_same_table(transaction: Transaction, mapping: Mapping, found: OwnTables) -> None:
    """Check that the table of sessions that the refunds are of is the mapped one, a part of it, or gone.

    Raises:
        ConfigurationError: it is another table, and still there.
    """
    if found.bound is None or has_sessions_of(transaction, mapping, found.bound):
        return
    if transaction.rows(fill("find_table", {}), {"name": found.bound.table}):
        raise ConfigurationError(
            f"the refunds in {mapping.schema}.refunds are of {found.bound.table}, which is still there: name another "
            f"schema in database.schema for {mapping.sessions.qualified}. Nothing was changed",
            code="key_changed",
        )


def has_sessions_of(transaction: Transaction, mapping: Mapping, bound: ChargeKey) -> bool:
    """Whether the mapped table is the bound one, or one of the two has become a partition of the other."""
    return mapping.key.of_table(bound) or have_rows_in_common(transaction, mapping, bound)


def changed_table_of(transaction: Transaction, mapping: Mapping, found: OwnTables) -> str:
    """Why the ledger must be of another table that had the name, in words; "" if it may be of this one."""
    ledger = _ledger_of(mapping, found)
    return changed_table(transaction, mapping, found.bound, ledger) if found.bound and ledger else ""


def _ledger_of(mapping: Mapping, found: OwnTables) -> OldLedger | None:
    """The ledger, for comparison with the sessions; None if the column of its ids is gone."""
    old = old_session_id(mapping, found)
    return OldLedger(mapping.slots["refunds"], old, same_accounts=same_accounts(mapping, found)) if old else None


def refuse_ledger_of_others(transaction: Transaction, mapping: Mapping, found: OwnTables) -> None:
    """Check a ledger that does not record its table and id: others may have the same values.

    Raises:
        ConfigurationError: the sessions that have the ids of its refunds are others than those that were refunded.
    """
    ledger = _ledger_of(mapping, found)
    if found.bound is not None or ledger is None or not found.has_refunds or not found.of_sessions:
        return
    reason = strangers(transaction, mapping, ledger)
    if reason:
        raise ConfigurationError(
            f"{reason}: {mapping.schema}.refunds was written under another table, sessions.id or sessions.account than "
            f"{mapping.sessions.qualified}, {mapping.key.id} and its account. Nothing was changed. Map those that it "
            "was written under and install them first, or name another schema in database.schema",
            code="key_changed",
        )


def require_same_sessions(transaction: Transaction, mapping: Mapping, found: OwnTables) -> None:
    """Check that a table that was created again has the refunded sessions, before it replaces the bound one.

    Raises:
        ConfigurationError: it does not; what is owed would pass for refunded.
    """
    ledger = _ledger_of(mapping, found)
    if found.bound is None or ledger is None or mapping.key.table_oid == found.bound.table_oid:
        return
    reason = strangers(transaction, mapping, ledger)
    if reason:
        raise ConfigurationError(
            f"the refunds in {mapping.schema}.refunds are of another table of sessions: {reason}. Nothing was changed. "
            f"Name another schema in database.schema for {mapping.sessions.qualified}",
            code="key_changed",
        )
