"""Whether the app's books have the charges that `sessions.charged` looks for."""

from collections.abc import Iterator

from sweeper.check.context import CheckContext, ok, warning
from sweeper.check.result import Check
from sweeper.postgres.errors import Refusal
from sweeper.postgres.transaction import Row

# how many of the newest sessions are read, and how many months are named
_NEWEST, _MONTHS = 100_000, 6
# fewer amounts in a month say nothing about the mapping
_FEW = 3


def check_uncharged(context: CheckContext) -> Iterator[Check]:
    """How many amounts have no charge in the app's books, by month: they are not refunded."""
    if not context.mapping.knows_charges:
        yield ok("uncharged", "not looked at: the file does not say what was charged (sessions.charged)")
        return
    try:
        with context.reading() as transaction:
            rows = transaction.rows(
                context.mapping.statement("count_uncharged"), {"newest": _NEWEST, "payable_again": False}
            )
    except Refusal as refusal:
        yield warning(
            "uncharged", f"an expression of the mapping fails for one of the newest sessions (SQLSTATE "
            f"{refusal.sqlstate}): not checked", "sweeper run --dry-run names it; fix its row, or the expression",
        )  # fmt: skip
        return
    without = [row for row in rows if row.uncharged]
    missed = [row for row in without if row.uncharged == row.amounts >= _FEW]
    if missed:
        yield warning(
            "uncharged", f"no amount above zero has a charge in the app's books in {_months(missed)}: nothing is "
            "refunded for these sessions",
            "look at sessions.charged: where do the books have the charges of these months?",
        )  # fmt: skip
    elif without:
        yield ok("uncharged", f"amounts above zero without a charge in the app's books, which owe nothing: "
                 f"{_months(without)}")  # fmt: skip
    else:
        yield ok("uncharged", "every amount above zero has a charge in the app's books")


def _months(rows: list[Row]) -> str:
    named = [f"{row.month} ({row.uncharged} of {row.amounts})" for row in rows[:_MONTHS]]
    return ", ".join(named) + (f" and {len(rows) - _MONTHS} months more" if len(rows) > _MONTHS else "")
