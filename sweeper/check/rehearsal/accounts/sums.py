"""Whether the mapped balance is the sum of the app's ledger, or another column of the account is."""

import re
from collections.abc import Iterator

from sweeper.app.catalog import Column
from sweeper.check.rehearsal.accounts.app_accounts import AppAccounts
from sweeper.check.rehearsal.accounts.scaled_shares import factor_of
from sweeper.check.rehearsal.ledger.app_ledger import AppLedger, app_ledger
from sweeper.check.rehearsal.reading import ROWS_UNANSWERED
from sweeper.check.rehearsal.samples import Samples, named
from sweeper.check.result import Check, failure, warning
from sweeper.postgres.transaction import Row

_USED = re.compile(r"(?<!un)(?<!not_)(used|usage|spent|consumed)", re.IGNORECASE)
# usage_credits are credits for usage, not those used
_LEFT = re.compile(r"usage_?(credit|balance|allowance)|left|remain|avail|balance", re.IGNORECASE)
_LIMIT = re.compile(r'"?\w*(limit|quota|allowance|included)\w*"?', re.IGNORECASE)
# of an optimistic lock
_VERSION = re.compile(r"((opt(imistic)?|row|lock)_?)?(lock_?)?version|optlock", re.IGNORECASE)
# what an account was ever given, whatever it has left
_EVER_GIVEN = re.compile(
    r"(?!.*(used|usage|spen[dt]|consum)).*(lifetime|all_?time|earned|purchas|bought)", re.IGNORECASE
)
# accounts with refunds among those looked at: what counts the rest is not equal by chance
_ENOUGH, _REFUNDED = 3, 2


def check_sums(samples: Samples, accounts: AppAccounts) -> Iterator[Check]:
    """A mapped balance that is not the sum of an account's ledger rows, while another column is."""
    compared = _compare(samples, accounts)
    if compared is None:
        return
    row, others, ledger = compared
    own, amount, mapped = accounts.own, ledger.amounts[0], accounts.balance
    if mapped is not None and row.accounts >= _ENOUGH and row.different == row.accounts and row.alike:
        yield failure(
            f"accounts.balance = {own.balance!r} is the same for all {row.accounts} accounts looked at, "
            f"such as {named(row.samples)}, and the rows of {ledger.table.name} differ: no charge moves it",
            "accounts.balance: the column that a charge is taken from; without [accounts], where the balance is the "
            "sum of the ledger",
        )
        return
    # where all have used the same, that may by chance be what is left
    if mapped is not None and row.totals >= _ENOUGH and not row.different and _is_against(mapped, ledger, accounts):
        yield failure(
            f"accounts.balance = {own.balance!r} is what {amount.name} in the rows of {ledger.table.name} "
            f"comes to, for all {row.accounts} accounts looked at, and a refund moves the one up and the other down",
            f'[accounts.add] {mapped.quoted} = "-amount", and accounts.balance with it; or [ledger.insert] '
            f"{amount.quoted} with the other sign",
        )
        return
    equal = [one for one, count in zip(others, row.equal, strict=True) if count == row.accounts]
    opposite = [one for one, count in zip(others, row.opposite, strict=True) if count == row.accounts]
    better = [
        *(one for one in equal if not _goes_with(one, ledger, accounts, same=True)),
        *(one for one in opposite if not _goes_with(one, ledger, accounts, same=False)),
    ]
    if better and row.accounts >= _ENOUGH and row.different * 2 > row.accounts:
        # without a refund among the rows, a counter of all that was ever used may equal them, too
        is_sure = better[0] in equal or row.refunds > 0
        yield (failure if is_sure else warning)(
            f"accounts.balance = {own.balance!r} is not what the rows of {ledger.table.name} come to for "
            f"{row.different} of {row.accounts} accounts, such as {named(row.samples)}, and "
            f"{'' if better[0] in equal else '-'}{better[0].name} is",
            f"accounts.balance = {better[0].quoted!r}"
            if better[0] in equal
            else f'[accounts.add] {better[0].quoted} = "-amount", and accounts.balance with it',
        )


def _is_against(mapped: Column, ledger: AppLedger, accounts: AppAccounts) -> bool:
    """Whether a refund moves the balance and the sum of the rows by the same amount in different directions."""
    moved = (accounts.added or {mapped.quoted: "amount"}).items()
    value = next((value for text, value in moved if text.strip('"') == mapped.name), "")
    return {value.strip(), ledger.values[ledger.amounts[0]].strip()} == {"amount", "-amount"}


def is_sum_of_ledger(samples: Samples, accounts: AppAccounts) -> bool:
    """Whether the mapped balance is the sum of the ledger's rows for all accounts looked at."""
    compared = _compare(samples, accounts)
    return compared is not None and compared[0].accounts >= _ENOUGH and not compared[0].different


def check_versions(samples: Samples, accounts: AppAccounts) -> Iterator[Check]:
    """A version of the account that each change may raise, and a refund does not: a writer could write over it."""
    moved = not accounts.is_moved_by_app and not samples.hook_may_write([accounts.name])
    compared = _compare(samples, accounts) if moved else None
    # as many refunds of the app's as accounts, so that these show in the other numbers
    if compared is None or compared[0].accounts < _ENOUGH or (compared[0].refunds or 0) < compared[0].accounts:
        return
    row, others, _ = compared
    for column, raised in zip(others, row.raised, strict=True):
        known = {accounts.balance, *map(accounts.column, accounts.added)}
        if not (_VERSION.fullmatch(column.name) and column.is_whole) or column in known or raised < row.accounts:
            continue
        if not samples.fires_triggers():  # one of them may raise it
            yield warning(
                f"{column.name} of {accounts.name} is about as high as the ledger has rows of an account, "
                "and a refund leaves it as it is: if the app raises it with each change, a writer that read the "
                "account before the refund does not notice it, and overwrites it with the old balance",
                accounts.to_add(f'{column.quoted} = "1"'),
            )


def gross_counters(samples: Samples, accounts: AppAccounts) -> list[Column]:
    """The columns that have all that was ever given or taken by the ledger: the app's refunds left them as they are.

    So are those that are called after what was given, and are more than was ever taken, less what was refunded.
    """
    compared = _compare(samples, accounts)
    if compared is None or compared[0].accounts < _ENOUGH:
        return []
    row, others, _ = compared
    gross = [one for one, count in zip(others, row.gross, strict=True) if count == row.accounts]
    above = [one for one, count in zip(others, row.above, strict=True) if count == row.accounts]
    return [*(gross if row.refunded >= _REFUNDED else []), *(one for one in above if _EVER_GIVEN.match(one.name))]


def _compare(samples: Samples, accounts: AppAccounts) -> tuple[Row, list[Column], AppLedger] | None:
    """For how many accounts the balance, or another number of theirs, is the sum of the ledger's rows."""
    mapping, ledger = samples.mapping, app_ledger(samples)
    if ledger is None or accounts.own.balance is None or "balance" not in mapping.slots:
        return None
    account, amounts = ledger.account, ledger.amounts
    if account is None or not amounts:
        return None
    of_account = mapping.slots["accounts_key"]
    numbers = samples.columns(accounts, lambda one: one.is_number and one.quoted != of_account)
    others = [one for one in numbers if one != accounts.balance]
    given = {"account_column": account, "amount_column": amounts[0], "others": others}
    # empty where it is not an account's id, or too slow without an index
    rows = samples.ask_table(ledger.table, "compare_sums", ROWS_UNANSWERED, **given)
    return (rows[0], others, ledger) if rows else None


def _goes_with(counter: Column, ledger: AppLedger, accounts: AppAccounts, *, same: bool) -> bool:
    """Whether a refund changes a column by as much as the sum of the rows, such as a counter for rows of usage.

    Not with the ``same`` sign, where the rows say what was spent as negative numbers.
    """
    written = ledger.values[ledger.amounts[0]]
    moved = accounts.added | ({accounts.own.spent: "-amount"} if accounts.own.spent else {})
    return any(
        accounts.column(text) == counter and (("-" in value) == ("-" in written)) == same
        and not _is_multiple(value, written)
        for text, value in moved.items()
    )  # fmt: skip


def _is_multiple(value: str, written: str) -> bool:
    """Whether one of two shares of a refund is several times the other."""
    ours, theirs = factor_of(value), factor_of(written)
    return ours is not None and theirs is not None and abs(ours) != abs(theirs)


def _is_counter(name: str) -> bool:
    return bool(_USED.search(name)) and not _LEFT.search(name)


def check_counters(_: Samples, accounts: AppAccounts) -> Iterator[Check]:
    """A counter of usage that a refund would raise as if more had been used."""
    own = accounts.own
    moved = own.add if own.add is not None else {own.balance: "amount"} if own.balance else {}
    for column, value in moved.items():
        if column and re.fullmatch(r'[\w."]+', column) and _is_counter(column) and "-" not in value:
            yield failure(
                f"{column} counts what was used, by its name, and a refund adds {value!r} to it: the "
                "account would have less than before",
                f'accounts.balance = "-{column}" or what is left, and [accounts.add] {column} = "-amount"',
            )
    named = re.findall(r"\w+", own.balance or "")
    counters = [name for name in named if _is_counter(name) and name not in {one.strip('"') for one in accounts.added}]
    for column in accounts.added:
        if counters and _LIMIT.fullmatch(column):
            yield failure(
                f"{column} is what an account may use, by its name, and {counters[0]} counts what was used "
                f"of it: a refund raises the one, and leaves the other as it is",
                f'[accounts.add] {counters[0]} = "-amount", and nothing for {column}',
            )
