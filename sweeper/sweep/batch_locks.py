"""The rows that a batch locks besides its sessions, and which of the locked sessions it pays.

It locks what they share: their accounts, and rows that decide what several of them are owed. It pays as many as the
caps, and the size of its result, allow.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from sweeper.app.mapping import Mapping
from sweeper.ledger.reconcile import Balances, balances_of, read_balances
from sweeper.postgres.binds import ANSWER_BYTES, text_array, text_bytes
from sweeper.postgres.errors import TooSlow
from sweeper.postgres.transaction import Row, Transaction
from sweeper.sweep.account_room import OF_ACCOUNT


class ChosenSessions(NamedTuple):
    session_ids: Sequence[str]
    account_ids: Sequence[str | None]

    @property
    def accounts(self) -> str:
        """Their accounts, each once, as a bind."""
        return text_array({account for account in self.account_ids if account is not None})

    def held_for_account(self, held: Iterable[tuple[str, str]]) -> dict[str, str | None]:
        """Those of the ``held`` sessions, each with its reason, that are on hold because of their account, with it."""
        found = [session_id for session_id, why in held if why in OF_ACCOUNT]
        accounts = dict(zip(self.session_ids, self.account_ids, strict=True)) if found else {}
        return {session_id: accounts.get(session_id) for session_id in found}


def require_short_answer(in_hand: Sequence[str], locked: Row) -> None:
    """Refuse a batch whose result would be too large: the ids of accounts may be much longer than those of sessions."""
    if len(in_hand) > 1 and text_bytes(locked.session_ids) + 2 * text_bytes(locked.account_ids) > ANSWER_BYTES:
        raise TooSlow


def choose(in_hand: Sequence[str], locked: Row, credits: Decimal | None) -> ChosenSessions:
    """The locked sessions that fit under the credits cap, in order; one that does not fit is skipped."""
    if credits is None:
        return ChosenSessions(locked.session_ids, locked.account_ids)
    columns = (locked.account_ids, locked.amounts, locked.hold_reasons)
    known = dict(zip(locked.session_ids, zip(*columns, strict=True), strict=True))
    chosen = []
    for session_id in in_hand:
        if credits == 0:
            break
        account_id, amount, hold_reason = known.get(session_id, (None, None, None))
        if amount is None:
            continue
        if hold_reason is None:  # a session that will be held needs no room
            if Decimal(amount) > credits:
                continue
            credits -= Decimal(amount)
        chosen.append((session_id, account_id))
    return ChosenSessions([session_id for session_id, _ in chosen], [account_id for _, account_id in chosen])


def lock_accounts(transaction: Transaction, mapping: Mapping, chosen: ChosenSessions) -> Balances | None:
    """Lock the accounts until the transaction ends; the balances of those it got, None where none are mapped."""
    if not mapping.has_accounts:
        return None
    balances = balances_of(transaction.row(mapping.statement("lock_accounts"), {"account_ids": chosen.accounts}))
    if mapping.serialized:  # in one statement with the lock, other rows could be read as they were before it
        return read_balances(transaction, mapping.statement("read_balances"), list(balances))
    return balances


def lock_charges(transaction: Transaction, mapping: Mapping, chosen: ChosenSessions) -> bool:
    """Lock what represents the rows that these share with other sessions; false if somebody else has it."""
    if not mapping.lists["locks_charges"]:
        return True
    return bool(transaction.row(mapping.statement("lock_charges"), {"account_ids": chosen.accounts}).taken)
