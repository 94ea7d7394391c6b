"""Ledgers whose rows have more than an amount: a running balance, what is left of it, or a second row beside them."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import product
from operator import mul
from typing import NamedTuple

from sweeper.app.catalog import Column
from sweeper.app.over_refund import names_in
from sweeper.check.rehearsal.ledger.app_ledger import AppLedger
from sweeper.check.rehearsal.reading import ROWS_UNANSWERED
from sweeper.check.rehearsal.samples import Samples, named
from sweeper.check.result import Check, failure, warning
from sweeper.config.model import AccountsSection
from sweeper.postgres.transaction import Row

# a name for what is left of a row, which later charges use up
LEFT = re.compile(r"remain|unspent|unused|available|(^|_)left$|(^|_)rest(_|$)|restant|verbl[ie]+b", re.IGNORECASE)
_TOGETHER = re.compile(
    r"transfer|transaction|txn|entry|group|journal|batch|movement|posting|correlation|operation|pair", re.IGNORECASE
)
_MOST, _ENOUGH = 0.9, 5
_ASK = "accounts.balance: what the app writes there; or ask the app why they differ"
_ACCOUNTS_AT_LEAST, _NUMBERS_AT_MOST, _TERMS_AT_MOST, _NEARLY = 3, 6, 4, Decimal("0.8")


def check_lots(samples: Samples, ledger: AppLedger) -> Iterator[Check]:
    """What is left of a row, which the app's other rows of credits have and a refund does not write."""
    amounts = ledger.amounts
    if not amounts:
        return
    unwritten = [one for one in ledger.table.columns.values() if one not in ledger.values and not one.generated]
    yield from _against(samples, ledger)
    for column in samples.seen(ledger.table, [one for one in unwritten if one.is_number and LEFT.search(one.name)]):
        rows = count_lots(samples, ledger, amounts[0], column)
        if rows and not samples.fires_triggers():  # which may write it
            yield failure(
                f"{column.name} is what is left of a row's credits, above zero in {rows} of the newest, "
                "and [ledger.insert] does not write it: nobody could spend what is refunded",
                f'[ledger.insert] {column.quoted} = "amount"',
            )


def count_lots(samples: Samples, ledger: AppLedger, amount: Column, column: Column) -> int:
    """How many rows have something left of what they gave; 0 when ``column`` is another number.

    A running balance is above zero in charges, too, and never below what a row has just given.
    """
    rows = samples.ask_table(ledger.table, "count_lots", column=column, amount_column=amount)
    return sum(row.rows for row in rows if row.rows >= _ENOUGH and row.given == row.rows and row.used)


def _against(samples: Samples, ledger: AppLedger) -> Iterator[Check]:
    """A row of credits that are taken away, while what is left of a row is always of credits that were given."""
    left = [one for one in ledger.amounts if LEFT.search(one.name)]
    for column, amount in [(one, other) for one in left for other in ledger.amounts if other not in left]:
        wrong = [one for one in (amount, column) if ledger.values[one].strip().startswith("-")]
        if wrong and (rows := count_lots(samples, ledger, amount, column)):
            value = ledger.values[wrong[0]].strip()
            yield failure(
                f"[ledger.insert] {wrong[0].name} = {value!r} is below zero, and all {rows} of the "
                f"newest rows of which something is left, by {column.name}, have given credits",
                f'[ledger.insert] {wrong[0].quoted} = "amount"',
            )
            return


def check_entries(samples: Samples, ledger: AppLedger) -> Iterator[Check]:
    """Rows that belong together and sum to zero: one of them alone would leave the books unbalanced."""
    key, amounts = ledger.key, ledger.amounts
    if key is None or not amounts or samples.hook_may_write([ledger.table.name]):
        return
    for column in ledger.table.columns.values():
        by_refund = "refund_id" in names_in(ledger.values.get(column, ""))
        if column in (key, ledger.account, amounts[0]) or not (by_refund or _TOGETHER.search(column.name)):
            continue
        if not (column.is_whole or column.base_type == "uuid" or column.category == "S"):
            continue
        rows = samples.ask_table(ledger.table, "sample_entries", column=column, amount_column=amounts[0])
        if (row := next(iter(rows), None)) and row.balanced >= max(_ENOUGH, row.groups * _MOST):
            yield failure(
                f"{ledger.table.name} has double entries: {row.balanced} of the {row.groups} newest groups "
                f"of rows with one {column.name} sum to zero, such as {row.sample}; [ledger.insert] writes one",
                "in place of [ledger] a trigger of the app's own on sweeper.refunds that writes both "
                "(docs/hooks.md); sessions.charged or sessions.exclude then says what was refunded",
            )
            return


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
    terms = _terms(row.running, row.numbers) if row.different * 2 > row.accounts >= _ACCOUNTS_AT_LEAST else ()
    if terms:
        text = _as_sql(numbers, terms)
        yield failure(f"{said}, and {text} is", f"accounts.balance = {text!r}, and what each takes of it")
        return
    if moment is None:  # among rows with the same time, the newest is not known
        yield warning(said, _ASK)


def check_not_newest(samples: Samples, ledger: AppLedger, column: Column) -> Iterator[Check]:
    """Whether ``column``, which is written as the balance before a row, has the balance after it in the app's rows."""
    read = _read(samples, ledger, column)
    # of rows with the same time, the newest is not known; one that moves nothing has the balance before and after it
    if read is None or read.row.moved < _ACCOUNTS_AT_LEAST or read.row.moved_different * 2 >= read.row.moved:
        return
    after = [one for one, value in ledger.values.items() if value.strip().lower() == "balance_after"]
    if any(is_newest_balance(samples, ledger, one) for one in after):  # the newest rows move nothing
        return
    yield failure(
        f"{column.name} of the newest row is accounts.balance = {read.own.balance!r} for "
        f"{read.row.moved - read.row.moved_different} of {read.row.moved} accounts looked at, and [ledger.insert] "
        "fills it with balance_before",
        f'[ledger.insert] {column.quoted} = "balance_after"',
    )


def is_newest_balance(samples: Samples, ledger: AppLedger, column: Column) -> bool:
    """Whether ``column`` of the newest row is the balance of every account looked at, and no other number by chance."""
    read = _read(samples, ledger, column)
    return (
        read is not None
        and not read.row.different
        and read.row.accounts >= _ACCOUNTS_AT_LEAST
        and len(set(read.row.running)) >= _ACCOUNTS_AT_LEAST
    )


def _read(samples: Samples, ledger: AppLedger, column: Column) -> _Read | None:
    """What the newest rows have in ``column``, beside the numbers of their accounts; None if not compared."""
    own, accounts, key, account = samples.settings.accounts, samples.accounts, ledger.key, ledger.account
    if key is None or account is None or own is None or accounts is None:
        return None
    if not samples.mapping.has_accounts or "balance" not in samples.mapping.slots:
        return None
    key_of_account = accounts.column(own.id)
    numbers = [one for one in samples.readable(accounts) if one.is_number and one != key_of_account]
    numbers = numbers[:_NUMBERS_AT_MOST]
    moment = None if key.is_whole else ledger.moment
    # otherwise nothing shows which row is the newest
    if not key.is_whole and (moment is None or not samples.sees(ledger.table, [moment])):
        return None
    amount = next((one for one in ledger.amounts if samples.sees(ledger.table, [one])), None)
    # empty where it takes too long, as it may without an index on the account
    rows = samples.ask_table(
        ledger.table, "compare_newest_balances", ROWS_UNANSWERED, account_column=account, column=column,
        moment=moment, amount_column=amount, others=numbers,
    )  # fmt: skip
    return _Read(rows[0], numbers, moment, own) if rows else None


def _terms(running: Sequence[str], numbers: Sequence[str]) -> tuple[int, ...]:
    """The factors with which the numbers of most accounts add up to their running balances, for the fewest numbers."""
    wanted = [Decimal(one) for one in running]
    known = [[Decimal(one) for one in line.split()] for line in numbers]
    most = _TERMS_AT_MOST if len(set(wanted)) > 1 else 1  # if all are the same, it may be by chance
    # a row may be written late, or at the same time as another
    least = max(Decimal(_ACCOUNTS_AT_LEAST), len(wanted) * _NEARLY)
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
