"""Whether the running balance in the app's ledger is the mapped balance, or another number of the account."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import product
from operator import mul
from typing import NamedTuple

from sweeper.app.catalog import Column
from sweeper.check.context import failure, warning
from sweeper.check.rehearsal.ledger.app_ledger import AppLedger
from sweeper.check.rehearsal.samples import ROWS_UNANSWERED, Samples, is_whole, named
from sweeper.check.result import Check
from sweeper.config.model import AccountsSection
from sweeper.postgres.templates import Choices
from sweeper.postgres.transaction import Row

_ASK = "accounts.balance: what the app writes there; or ask the app why they differ"
_ENOUGH, _NUMBERS_AT_MOST, _TERMS_AT_MOST, _MOST = 3, 6, 4, Decimal("0.8")


class _Read(NamedTuple):
    """How many accounts differ, with the columns that were compared, and the one that orders the rows by time."""

    row: Row
    numbers: Sequence[Column]
    moment: Column | None
    own: AccountsSection


def check_newest_balances(samples: Samples, ledger: AppLedger, column: Column) -> Iterator[Check]:
    """Whether the newest value of ``column`` is the balance, for the accounts of the newest rows."""
    read = _read(samples, ledger, column)
    if read is None or not read.row.different:
        return
    row, numbers, moment, own = read
    said = (
        f"{column.name} of the newest row is not accounts.balance = {own.balance!r} for {row.different} of "
        f"{row.accounts} accounts, such as {named(row.samples)}"
    )
    terms = _terms(row.running, row.numbers) if row.different * 2 > row.accounts >= _ENOUGH else ()
    if terms:
        text = _as_sql(numbers, terms)
        yield failure("ledger", f"{said}, and {text} is", f"accounts.balance = {text!r}, and what each takes of it")
        return
    if moment is None:  # among rows with the same time, the newest is not known
        yield warning("ledger", said, _ASK)


def check_not_newest(samples: Samples, ledger: AppLedger, column: Column) -> Iterator[Check]:
    """Whether ``column``, which is written as the balance before a row, has the balance after it in the app's rows."""
    read = _read(samples, ledger, column)
    if read is None or read.row.different or read.row.accounts < _ENOUGH:
        return
    yield failure(
        "ledger", f"{column.name} of the newest row is accounts.balance = {read.own.balance!r} for all "
        f"{read.row.accounts} accounts looked at, and [ledger.insert] fills it with balance_before",
        f'[ledger.insert] {column.quoted} = "balance_after"',
    )  # fmt: skip


def is_newest_balance(samples: Samples, ledger: AppLedger, column: Column) -> bool:
    """Whether ``column`` of the newest row is the balance of every account looked at, and no other number by chance."""
    read = _read(samples, ledger, column)
    return (
        read is not None
        and not read.row.different
        and read.row.accounts >= _ENOUGH
        and len(set(read.row.running)) >= _ENOUGH
    )


def _read(samples: Samples, ledger: AppLedger, column: Column) -> _Read | None:
    """What the newest rows have in ``column``, beside the numbers of their accounts; None if not compared."""
    own, accounts, key, account = samples.settings.accounts, samples.accounts, ledger.key, ledger.account
    if key is None or account is None or own is None or accounts is None:
        return None
    mapped = samples.mapping.has_accounts and "balance" in samples.mapping.slots
    if not mapped or not samples.sees(ledger.table, [key, account, column]):
        return None
    key_of_account = accounts.column(own.id)
    numbers = [one for one in samples.readable(accounts) if one.is_number and one != key_of_account]
    numbers = numbers[:_NUMBERS_AT_MOST]
    moments = [] if is_whole(key) else [one for one, value in ledger.values.items() if value.strip() == "at"]
    moment = next((one for one in moments if samples.sees(ledger.table, [one])), None)
    if moment is None and not is_whole(key):  # no column shows which row is the newest
        return None
    slots = {
        "key": key.quoted,
        "account_column": account.quoted,
        "account_column_eq": samples.reader.equality("ledger.insert", account.quoted, account.full_type).equal,
        "column": column.quoted,
        "moment": moment.quoted if moment else "",
    }
    choices: Choices = {"others": [{"column": one.quoted} for one in numbers], "by_time": moment is not None}
    # empty where it takes too long, as it may without an index on the account
    rows = samples.try_ask("compare_newest_balances", slots, choices, unanswered=ROWS_UNANSWERED)
    return _Read(rows[0], numbers, moment, own) if rows else None


def _terms(running: Sequence[str], numbers: Sequence[str]) -> tuple[int, ...]:
    """The factors with which the numbers of most accounts add up to their running balances, for the fewest numbers."""
    wanted = [Decimal(one) for one in running]
    known = [[Decimal(one) for one in line.split()] for line in numbers]
    most = _TERMS_AT_MOST if len(set(wanted)) > 1 else 1  # if all are the same, it may be by chance
    least = max(Decimal(_ENOUGH), len(wanted) * _MOST)  # a row may be written late, or at the same time as another
    found = [
        terms
        for terms in product((0, 1, -1), repeat=len(known[0]))
        if 0 < sum(map(abs, terms)) <= most
        and sum(sum(map(mul, terms, line)) == one for one, line in zip(wanted, known, strict=True)) >= least
    ]
    return min(found, key=lambda terms: (sum(map(abs, terms)), -sum(terms)), default=())


def _as_sql(columns: Sequence[Column], terms: Sequence[int]) -> str:
    """The sum of these numbers as SQL, positive ones first."""
    used = sorted(((term, one) for one, term in zip(columns, terms, strict=True) if term), key=lambda used: -used[0])
    return " ".join(f"{'-' if term < 0 else '+'} {one.quoted}" for term, one in used).removeprefix("+ ")
