"""Ledgers in which a refund is more than one row, or a row of which something is left to spend."""

import re
from collections.abc import Iterator

from sweeper.app.catalog import Column
from sweeper.app.over_refund import names_in
from sweeper.check.context import failure
from sweeper.check.rehearsal.hooks import hook_may_write
from sweeper.check.rehearsal.ledger.app_ledger import AppLedger
from sweeper.check.rehearsal.samples import Samples, is_whole
from sweeper.check.rehearsal.tables import fires_triggers
from sweeper.check.result import Check

# a name for what is left of a row, which later charges use up
LEFT = re.compile(r"remain|unspent|unused|available|(^|_)left$", re.IGNORECASE)
_TOGETHER = re.compile(
    r"transfer|transaction|txn|entry|group|journal|batch|movement|posting|correlation|operation|pair", re.IGNORECASE
)
_MOST, _ENOUGH = 0.9, 5


def check_lots(samples: Samples, ledger: AppLedger) -> Iterator[Check]:
    """What is left of a row, which the app's other rows of credits have and a refund does not write."""
    amounts = ledger.amounts
    if ledger.key is None or not amounts:
        return
    unwritten = [one for one in ledger.table.columns.values() if one not in ledger.values and not one.generated]
    yield from _against(samples, ledger, ledger.key)
    for column in samples.seen(ledger.table, [one for one in unwritten if one.is_number and LEFT.search(one.name)]):
        if not samples.sees(ledger.table, [ledger.key, amounts[0]]):
            return
        rows = count_lots(samples, ledger.key, amounts[0], column)
        if rows and not fires_triggers(samples):  # which may write it
            yield failure(
                "ledger", f"{column.name} is what is left of a row's credits, above zero in {rows} of the newest, "
                "and [ledger.insert] does not write it: nobody could spend what is refunded",
                f"[ledger.insert] {column.quoted} = \"amount\"",
            )  # fmt: skip


def count_lots(samples: Samples, key: Column, amount: Column, column: Column) -> int:
    """How many rows have something left of what they gave; 0 when ``column`` is another number.

    A running balance is above zero in charges, too, and never below what a row has just given.
    """
    slots = {"column": column.quoted, "amount_column": amount.quoted, "key": key.quoted}
    (row,) = samples.ask("count_lots", slots)
    return int(row.rows) if row.rows >= _ENOUGH and row.given == row.rows and row.used else 0


def _against(samples: Samples, ledger: AppLedger, key: Column) -> Iterator[Check]:
    """A row of credits that are taken away, while what is left of a row is always of credits that were given."""
    left = [one for one in ledger.amounts if LEFT.search(one.name)]
    for column, amount in [(one, other) for one in left for other in ledger.amounts if other not in left]:
        wrong = [one for one in (amount, column) if ledger.values[one].strip().startswith("-")]
        if not wrong or not samples.sees(ledger.table, [key, column, amount]):
            continue
        if rows := count_lots(samples, key, amount, column):
            value = ledger.values[wrong[0]].strip()
            yield failure(
                "ledger",
                f"[ledger.insert] {wrong[0].name} = {value!r} is below zero, and all {rows} of the "
                f"newest rows of which something is left, by {column.name}, have given credits",
                f'[ledger.insert] {wrong[0].quoted} = "amount"',
            )  # fmt: skip
            return


def check_entries(samples: Samples, ledger: AppLedger) -> Iterator[Check]:
    """Rows that belong together and sum to zero: one of them alone would leave the books unbalanced."""
    key, amounts = ledger.key, ledger.amounts
    if key is None or not amounts or hook_may_write(samples, [ledger.table.name]):
        return
    for column in ledger.table.columns.values():
        by_refund = "refund_id" in names_in(ledger.values.get(column, ""))
        if column in (key, ledger.account, amounts[0]) or not (by_refund or _TOGETHER.search(column.name)):
            continue
        if not (is_whole(column) or column.base_type == "uuid" or column.category == "S"):
            continue
        if not samples.sees(ledger.table, [key, column, amounts[0]]):
            continue
        slots = {"key": key.quoted, "column": column.quoted, "amount_column": amounts[0].quoted}
        (row,) = samples.ask("sample_entries", slots)
        if row.balanced >= max(_ENOUGH, row.groups * _MOST):
            yield failure(
                "ledger", f"{ledger.table.name} has double entries: {row.balanced} of the {row.groups} newest groups "
                f"of rows with one {column.name} sum to zero, such as {row.sample}; [ledger.insert] writes one",
                "in place of [ledger] a trigger of the app's own on sweeper.refunds that writes both "
                "(docs/hooks.md); sessions.charged or sessions.exclude then says what was refunded",
            )  # fmt: skip
            return
