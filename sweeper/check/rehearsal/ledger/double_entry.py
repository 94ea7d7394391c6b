"""Whether the app's ledger uses double entry, in which a refund is more than one row."""

import re
from collections.abc import Iterator

from sweeper.app.catalog import Column
from sweeper.app.over_refund import names_in
from sweeper.check.context import failure
from sweeper.check.rehearsal.hooks import hook_may_write
from sweeper.check.rehearsal.ledger.ledger_columns import account_column, amount_columns
from sweeper.check.rehearsal.samples import Samples, is_whole
from sweeper.check.result import Check

_TOGETHER = re.compile(
    r"transfer|transaction|txn|entry|group|journal|batch|movement|posting|correlation|operation|pair", re.IGNORECASE
)
_MOST, _ENOUGH = 0.9, 5


def check_entries(samples: Samples, key: Column | None) -> Iterator[Check]:
    """Rows that belong together and sum to zero: one of them alone would leave the books unbalanced."""
    ledger, settings = samples.context.mapping.ledger, samples.context.settings.ledger
    amounts, account = amount_columns(samples), account_column(samples)
    if ledger is None or settings is None or key is None or not amounts or hook_may_write(samples, [ledger.table.name]):
        return
    written = {column: value for text, value in settings.insert.items() if (column := ledger.table.column(text))}
    for column in ledger.table.columns.values():
        by_refund = "refund_id" in names_in(written.get(column, ""))
        if column in (key, account, amounts[0]) or not (by_refund or _TOGETHER.search(column.name)):
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
