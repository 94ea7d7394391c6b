"""Comparing, before a batch is committed, what was written to the ledgers with what the balances have come to."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from math import isclose

from sweeper.database import GuardLost, Refusal, Row, Transaction, text_array
from sweeper.statements import fill


def compare_ledgers(row: Row) -> None:
    """Compare what was written to the two ledgers.

    Raises:
        GuardLost: a row of the app's ledger lies outside its guard.
        Refusal: the counts differ; the batch must not be committed.
    """
    if not row.guarded:
        raise GuardLost
    if row.booked != len(row.paid_sessions):
        raise Refusal("", "the two ledgers did not take the same number of refunds")


def read_balances(transaction: Transaction, statement: str, account_ids: Sequence[str]) -> dict[str, str | None]:
    """What the balances have come to, with all that triggers of the app do to them."""
    transaction.rows(fill("fire_deferred", {}))
    row = transaction.row(statement, {"account_ids": text_array(account_ids)})
    return dict(zip(row.account_ids, row.balances, strict=True))


def compare_balances(row: Row, balances: dict[str, str | None], after: dict[str, str | None], *, exact: bool) -> None:
    """Compare what was written to the ledgers with what was added to the balances.

    Raises:
        Refusal: the counts or the sums differ; the batch must not be committed.
    """
    owed: dict[str, Decimal] = defaultdict(Decimal)
    for account_id, amount in zip(row.paid_accounts, row.paid_amounts, strict=True):
        owed[account_id] += Decimal(amount)
    if set(owed) != set(row.moved_accounts) or len(owed) != len(row.moved_accounts):
        raise Refusal("", "the balance of an account did not take its refund")
    for account_id, amount in owed.items():
        earlier, later = balances[account_id], after.get(account_id)
        if earlier is None or later is None:
            raise Refusal("", "the balance is null")
        grown = Decimal(earlier) + amount
        # a balance of a floating type is only as exact as its type
        if not (Decimal(later) == grown if exact else isclose(float(later), grown, rel_tol=1e-9)):
            raise Refusal("", "the balance did not grow by what the ledger says")
