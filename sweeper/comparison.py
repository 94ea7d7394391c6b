"""Comparing, before a batch is committed, what was written to the ledgers with what the balances have come to."""

from collections.abc import Sequence
from decimal import Decimal

from sweeper.database import GuardLost, Refusal, Row, Transaction, text_array

# a balance of a floating type may round, but not so much of a refund that anybody would see it: this part of it
FLOATING_TOLERANCE = Decimal("0.01")


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


def require_as_meant(rows: Sequence[Row]) -> None:
    """Refuse a batch of which something is not as it was meant when it is read back.

    Raises:
        Refusal: naming what; the batch must not be committed.
    """
    if rows:
        raise Refusal("", rows[0].problem)


def read_balances(transaction: Transaction, statement: str, account_ids: Sequence[str]) -> dict[str, str | None]:
    """What the balances have come to, with all that triggers of the app do to them."""
    row = transaction.row(statement, {"account_ids": text_array(account_ids)})
    return dict(zip(row.account_ids, row.balances, strict=True))


def compare_balances(row: Row, balances: dict[str, str | None], after: dict[str, str | None], *, exact: bool) -> None:
    """Compare what was written to the ledgers with what was added to the balances.

    Raises:
        Refusal: the counts or the sums differ; the batch must not be committed.
    """
    amounts = [Decimal(amount) for amount in row.moved_amounts]
    if row.moved_refunds != len(row.paid_amounts) or sum(amounts) != sum(map(Decimal, row.paid_amounts)):
        raise Refusal("", "the balance of an account did not take its refund")
    for account_id, amount in zip(row.moved_accounts, amounts, strict=True):
        earlier, later = balances.get(account_id), after.get(account_id)
        if earlier is None or later is None:
            raise Refusal("", "the balance is null")
        _require_grown(Decimal(earlier), Decimal(later), amount, exact=exact)


def _require_grown(earlier: Decimal, later: Decimal, amount: Decimal, *, exact: bool) -> None:
    if not (earlier.is_finite() and later.is_finite()):
        raise Refusal("", "the balance is not a finite number")
    tolerance = 0 if exact else abs(amount) * FLOATING_TOLERANCE
    if abs(later - earlier - amount) > tolerance:
        raise Refusal("", "the balance did not grow by what the ledger says")
