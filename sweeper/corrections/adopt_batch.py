"""Records one batch of adopted refunds, in a transaction that moves no credits."""

from collections.abc import Mapping as Mapped
from typing import Any

from sweeper.app.mapping import Mapping
from sweeper.app.transactions import app_transaction
from sweeper.core.errors import FailedError
from sweeper.install.lock import lock_installation
from sweeper.ledger.reconcile import Balances, read_balances
from sweeper.postgres.database import Database
from sweeper.postgres.templates import fill
from sweeper.postgres.timeouts import LOCKING_TIMEOUTS
from sweeper.postgres.transaction import Transaction


class _BalancesChanged(Exception):  # noqa: N818 - the answer is to look again
    """A balance changed in the meantime: a hook did it, or the app."""


def record(database: Database, mapping: Mapping, binds: Mapped[str, Any]) -> set[str]:
    """Record refunds; returns the ids of those that are in the ledger now.

    Raises:
        FailedError: a hook pays again what is recorded; nothing was.
    """
    try:
        return _record(database, mapping, binds, one_snapshot=False)
    except _BalancesChanged:
        pass
    try:  # what differs in one snapshot was changed by this transaction
        return _record(database, mapping, binds, one_snapshot=True)
    except _BalancesChanged:
        raise FailedError(
            "a trigger on sweeper's refunds changes balances for adopted refunds, which were paid elsewhere: create it "
            "with WHEN (NEW.layer <> 'adopted'), then adopt again",
            code="hook_pays",
        ) from None


def _record(database: Database, mapping: Mapping, binds: Mapped[str, Any], *, one_snapshot: bool) -> set[str]:
    with app_transaction(database, mapping, LOCKING_TIMEOUTS, one_snapshot=one_snapshot) as transaction:
        lock_installation(transaction, mapping)
        before = _balances(transaction, mapping, binds)
        written = {row.refund_id for row in transaction.rows(mapping.statement("adopt"), binds)}
        transaction.rows(fill("fire_deferred", {}))
        if _balances(transaction, mapping, binds) != before:
            raise _BalancesChanged
    return written


def _balances(transaction: Transaction, mapping: Mapping, binds: Mapped[str, Any]) -> Balances:
    if not mapping.has_balance or mapping.is_by_account:  # Citus has no snapshot of all its nodes
        return {}
    accounts = {account_id: None for account_id in binds["account_ids"] if account_id is not None}
    return read_balances(transaction, mapping.statement("read_balances"), [*accounts])
