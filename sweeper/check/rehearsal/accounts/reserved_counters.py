"""Whether a refund leaves a counter of reserved credits unchanged that it should lower, or lowers it too far."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from sweeper.app.catalog import Column, Table
from sweeper.check.context import failure
from sweeper.check.rehearsal.samples import Samples, number
from sweeper.check.result import Check
from sweeper.config.model import AccountsSection
from sweeper.postgres.transaction import Row

_HELD = re.compile(r"held|hold|reserv|pending|lock|froz|frozen|block|escrow|in_?flight|in_?use|on_?use", re.IGNORECASE)
_AT_MOST, _ENOUGH, _MOST = 6, 3, Decimal("0.8")


def check_held(samples: Samples, accounts: Table, own: AccountsSection) -> Iterator[Check]:
    """Columns that are exactly the cost of open sessions and that a refund does not lower, or that are below that."""
    if own.add == {} or "balance" not in samples.context.mapping.slots or samples.context.mapping.is_by_account:
        return
    named = [one for one in accounts.columns.values() if one.is_number and _HELD.search(one.name)]
    columns = [one for one in samples.seen(accounts, named) if not one.generated][:_AT_MOST]
    if not columns:
        return
    rows = _read(samples, columns)
    for some in [*([column] for column in columns), columns]:
        left = [column for column in some if not _goes_down(column, accounts, own)]
        places = [columns.index(column) for column in some]
        if left and _are_what_is_open(rows, places):
            yield _left(left, accounts, rows[0], places)
            return
    for place, column in enumerate(columns):
        if _falls_by_amount(column, accounts, own) and _would_be_below_zero(rows, place):
            yield _too_much(samples, column, accounts, rows, place)
            return


def _goes_down(column: Column, accounts: Table, own: AccountsSection) -> bool:
    """Whether a refund lowers a column."""
    if own.spent and accounts.column(own.spent) == column:
        return True
    return any(accounts.column(text) == column and "-" in value for text, value in (own.add or {}).items())


def _falls_by_amount(column: Column, accounts: Table, own: AccountsSection) -> bool:
    """Whether a refund lowers a column by the whole amount."""
    return any(
        accounts.column(text) == column and value.replace(" ", "") == "-amount"
        for text, value in (own.add or {}).items()
    )


def _would_be_below_zero(rows: Sequence[Row], place: int) -> bool:
    values = [Decimal(row.counters[place] or 0) for row in rows]
    below = [value for row, value in zip(rows, values, strict=True) if value < Decimal(row.total)]
    return len(below) >= max(Decimal(_ENOUGH), len(rows) * _MOST) and min(values) >= 0


def _too_much(samples: Samples, column: Column, accounts: Table, rows: Sequence[Row], place: int) -> Check:
    sample = next(row for row in rows if Decimal(row.counters[place] or 0) < Decimal(row.total))
    return failure(
        "accounts",
        f"{column.name} of {accounts.name} is less than running and failed sessions took that nobody has given back, "
        f"such as {number(Decimal(sample.counters[place] or 0))} of account {sample.account_id} and "
        f"{number(Decimal(sample.total))} by sessions.amount = {samples.context.settings.sessions.amount!r}: refunds "
        "would take it below zero",
        "sessions.amount: what was reserved; or [accounts.add]: what a refund lowers",
    )


def _read(samples: Samples, columns: Sequence[Column]) -> Sequence[Row]:
    """For each account, the cost of its open sessions and the columns' values; empty where reading takes too long."""
    account_ids: set[str] = set()
    for running in (True, False):
        account_ids |= {row.account_id for row in samples.read("list_accounts_of", samples.newest(running=running))}
    return samples.try_ask(
        "compare_held", {}, {"others": [{"column": column.quoted} for column in columns]},
        account_ids=sorted(account_ids), payable_again=False, as_of=samples.context.as_of,
    )  # fmt: skip


def _are_what_is_open(rows: Sequence[Row], places: Sequence[int]) -> bool:
    totals = [Decimal(row.total) for row in rows]
    same = [row for row, total in zip(rows, totals, strict=True) if total == _sum(row, places)]
    return len(same) >= max(Decimal(_ENOUGH), len(rows) * _MOST) and (len(set(totals)) > 1 or len(rows) > _ENOUGH * 2)


def _sum(row: Row, places: Sequence[int]) -> Decimal:
    return sum((Decimal(row.counters[place] or 0) for place in places), Decimal(0))


def _left(left: Sequence[Column], accounts: Table, sample: Row, places: Sequence[int]) -> Check:
    names = ", ".join(column.name for column in left)
    return failure(
        "accounts",
        f"{names} of {accounts.name} is what running and failed sessions took that nobody has given back, such as "
        f"{number(_sum(sample, places))} of account {sample.account_id}: a refund would leave it there forever",
        "\n".join(f'[accounts.add] {column.quoted} = "-amount", or its share of it' for column in left),
    )
