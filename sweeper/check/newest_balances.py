"""Whether the running balance in the app's ledger is the mapped balance, or another column of the account."""

from collections.abc import Iterator

from sweeper.app.catalog import Column
from sweeper.check.context import failure, warning
from sweeper.check.result import Check
from sweeper.check.samples import Samples, is_number, named, numbered

_ENOUGH, _OTHERS_AT_MOST = 3, 12


def check_newest_balances(samples: Samples, key: Column, account: Column, column: Column) -> Iterator[Check]:
    """Whether the newest value of ``column`` is the balance, for the accounts of the newest rows."""
    mapping, own = samples.context.mapping, samples.context.settings.accounts
    ledger = mapping.ledger
    if ledger is None or own is None or not mapping.has_accounts or "balance" not in mapping.slots:
        return
    if not samples.sees(ledger.table, [key, account, column]):
        return
    accounts = samples.reader.table("accounts.table", own.table)
    known = (accounts.column(own.balance or ""), accounts.column(own.id))
    numbers = [one for one in samples.readable(accounts) if is_number(one) and one not in known][:_OTHERS_AT_MOST]
    slots = {"key": key.quoted, "account_column": account.quoted, "column": column.quoted}
    items = numbered([{"column": one.quoted} for one in numbers])
    (row,) = samples.ask("compare_newest_balances", slots, {"others": items})
    if not row.different:
        return
    said = (
        f"{column.name} of the newest row is not accounts.balance = {own.balance!r} for {row.different} of "
        f"{row.accounts} accounts, such as {named(row.samples)}"
    )
    same = [one for one, count in zip(numbers, row.equal, strict=True) if count * 2 > row.accounts]
    if same and row.accounts >= _ENOUGH and row.different * 2 > row.accounts:
        yield failure("ledger", f"{said}, and {same[0].name} is", f"accounts.balance = {same[0].quoted!r}")
        return
    yield warning("ledger", said, "accounts.balance: what the app writes there; or ask the app why they differ")
