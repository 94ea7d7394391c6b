"""Compares, before a batch is committed, what was written to the ledgers with the changes of the balances."""

from collections.abc import Sequence
from decimal import Decimal
from functools import partial

from sweeper.core.decimals import FLOATING_TOLERANCE
from sweeper.postgres.binds import text_array
from sweeper.postgres.errors import UNIQUE_VIOLATION, Refusal
from sweeper.postgres.transaction import Row, Transaction

# for each account its balance and what it has spent, as the server's text; None if it is null or not mapped
Balances = dict[str, tuple[str | None, str | None]]
_UNKNOWN = (None, None)


def compare_ledgers(row: Row) -> None:
    """Compare what was written to the two ledgers.

    Raises:
        Refusal: the counts differ, a row of the app's ledger lies outside its guard, or a refund is not the one that
            was to be written; the batch must not be committed.
    """
    if row.altered:
        raise Refusal("", "a trigger alters the refund, or its reversal, as it is written")
    if not row.guarded:
        raise Refusal("", "the guard (the unique index that stops a second refund) does not cover this refund")
    if row.booked != len(row.paid_sessions):
        raise Refusal("", "the two ledgers did not take the same number of refunds")


def require_chain(row: Row) -> None:
    """Compare the running balances with the refunds that were written: each must follow from the one before.

    Raises:
        Refusal: a refund in the middle was not written, or a column rounds; the batch must not be committed.
    """
    if row.chain_rounds:
        raise Refusal("", "the app's ledger would round a running balance", hold_reason="amount_rounded")
    if row.unpaid_sessions and row.paid_sessions:
        raise Refusal(UNIQUE_VIOLATION, "another layer has refunded a session in the middle of a chain of balances")


def require_as_meant(rows: Sequence[Row]) -> None:
    """Refuse a batch that, read back, is not as intended.

    Raises:
        Refusal: naming what; the batch must not be committed.
    """
    if rows:
        raise Refusal("", rows[0].problem, hold_reason=rows[0]._mapping.get("hold_reason"))


def balances_of(row: Row) -> Balances:
    """The balances in the result of a statement that reads accounts."""
    return dict(zip(row.account_ids, zip(row.balances, row.spents, strict=True), strict=True))


def read_balances(transaction: Transaction, statement: str, account_ids: Sequence[str]) -> Balances:
    """The balances now, after everything that triggers of the app did to them."""
    return balances_of(transaction.row(statement, {"account_ids": text_array(account_ids)}))


def compare_balances(
    row: Row, balances: Balances, after: Balances, *, exact: bool, exact_spent: bool, tries: int = 1
) -> None:
    """Compare what was written to the ledgers with what was added to the balances, and subtracted from what was spent.

    A session whose account differs by itself is tried ``tries`` times before it is put on hold.

    Raises:
        Refusal: the counts or the sums differ; the batch must not be committed.
    """
    mismatch = partial(Refusal, "", hold_reason="balance_mismatch", tries=tries)
    amounts = [Decimal(amount) for amount in row.moved_amounts]
    if row.moved_refunds != len(row.paid_amounts) or sum(amounts) != sum(map(Decimal, row.paid_amounts)):
        raise mismatch("an account's balance did not change by its refund")
    for account_id, amount in zip(row.moved_accounts, amounts, strict=True):
        (earlier, spent), (later, spent_later) = balances.get(account_id, _UNKNOWN), after.get(account_id, _UNKNOWN)
        if earlier is None or later is None:
            raise mismatch("the balance is null")
        if problem := _wrong_move(Decimal(earlier), Decimal(later), amount, exact, "the balance", "grow"):
            raise mismatch(problem)
        if (spent, spent_later) == _UNKNOWN:  # it is not mapped, or was null and still is
            continue
        if spent is None or spent_later is None:
            raise mismatch("accounts.spent is null before or after the refund, and not both")
        less = Decimal(spent_later), Decimal(spent)
        if problem := _wrong_move(*less, amount, exact_spent, "accounts.spent", "go down"):
            raise mismatch(problem)


def _wrong_move(earlier: Decimal, later: Decimal, amount: Decimal, exact: bool, column: str, verb: str) -> str | None:
    if not (earlier.is_finite() and later.is_finite()):
        return f"{column} is not a finite number"
    tolerance = 0 if exact else abs(amount) * FLOATING_TOLERANCE
    if later != earlier + amount and abs(later - earlier - amount) > tolerance:
        return f"{column} did not {verb} by what the ledger says"
    return None
