"""Locks what the sessions of a batch share: their accounts, and rows that decide what several of them are owed."""

from sweeper.app.mapping import Mapping
from sweeper.ledger.reconcile import Balances, balances_of, read_balances
from sweeper.postgres.binds import text_array
from sweeper.postgres.transaction import Transaction
from sweeper.sweep.batch_choice import ChosenSessions


class AccountLocks:
    """The second step of each batch; a transaction that takes them keeps them until it ends."""

    def __init__(self, mapping: Mapping) -> None:
        self._serialized = mapping.serialized
        self._lock_accounts = mapping.statement("lock_accounts") if mapping.has_accounts else ""
        self._read_balances = mapping.statement("read_balances") if mapping.has_accounts else ""
        self._lock_charges = mapping.statement("lock_charges") if mapping.lists["locks_charges"] else ""

    def take_accounts(self, transaction: Transaction, chosen: ChosenSessions) -> Balances | None:
        """The balances of the accounts that could be locked; None where none are mapped."""
        if not self._lock_accounts:
            return None
        binds = {"account_ids": text_array(_known(chosen))}
        balances = balances_of(transaction.row(self._lock_accounts, binds))
        if self._serialized:  # in one statement with the lock, other rows could be read as they were before it
            return read_balances(transaction, self._read_balances, list(balances))
        return balances

    def take_charges(self, transaction: Transaction, chosen: ChosenSessions) -> bool:
        """Lock what represents the rows that these share with other sessions; false if somebody else has it."""
        if not self._lock_charges:
            return True
        return bool(transaction.row(self._lock_charges, {"account_ids": text_array(_known(chosen))}).taken)


def _known(chosen: ChosenSessions) -> list[str]:
    return list({account for account in chosen.account_ids if account is not None})
