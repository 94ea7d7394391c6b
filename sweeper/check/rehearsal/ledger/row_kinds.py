"""Whether another kind of row in the app's ledger is the refund: one that only failed sessions have."""

import re
from collections.abc import Iterator, Sequence

from sweeper.app.catalog import Column
from sweeper.check.context import failure
from sweeper.check.rehearsal.charges.delivered import settled_ids
from sweeper.check.rehearsal.ledger.ledger_columns import amount_columns
from sweeper.check.rehearsal.ledger.linked_sessions import amounts_taken
from sweeper.check.rehearsal.samples import Samples, is_whole, named
from sweeper.check.rehearsal.sessions import list_owed, sees_none
from sweeper.check.result import Check
from sweeper.postgres.transaction import Row

_ENOUGH, _MOST, _FEW = 3, 0.8, 0.1


def check_row_kinds(samples: Samples) -> Iterator[Check]:
    """Rows of the whole amount that only failed sessions have, while ``where`` is true of none of their rows.

    Sessions that succeeded have charges, too, but no refunds.
    """
    context = samples.context
    ledger, own = context.mapping.ledger, context.settings.ledger
    amounts = amount_columns(samples)
    if ledger is None or own is None or own.past is not None or not amounts:
        return
    if ledger.table.name.lower() in " ".join(filter(None, (context.settings.sessions.exclude,))).lower():
        return
    session_ids, settled = samples.newest(running=False), settled_ids(samples)
    if len(settled) < _ENOUGH or not sees_none(samples, session_ids):
        return
    reads = ledger.table.name.lower() in context.settings.sessions.amount.lower()  # and may subtract such rows
    owed = [*amounts_taken(samples)] if reads else list_owed(samples)
    telling = [one for one in ledger.table.columns.values() if one not in amounts and _tells(one, own.where)]
    for column in samples.seen(ledger.table, telling):
        failed = read_kinds(samples, column, amounts[0], session_ids)
        others = {row.kind: row.sessions for row in read_kinds(samples, column, amounts[0], settled)}
        # or charges are booked elsewhere
        charged = any(row.sessions >= _ENOUGH and others.get(row.kind, 0) >= _ENOUGH for row in failed)
        often = {kind for kind, sessions in others.items() if sessions > len(settled) * _FEW}
        for row in read_kinds(samples, column, amounts[0], owed) if charged or not often else ():
            whole = row.whole >= max(_ENOUGH, row.sessions * _MOST)
            if whole and row.kind not in often:
                few = others.get(row.kind)  # such as that of canceled work
                yield failure(
                    "ledger",
                    f"ledger.where = {own.where!r} is true of no row of the newest failed sessions, and {row.sessions} "
                    f"of them, such as {named(row.samples)}, have a row of their whole amount with {column.name} "
                    f"{row.kind}, as {f'only {few}' if few else 'no session'} that succeeded has: those look like "
                    "refunds, and would be paid again",
                    f"ledger.where, and [ledger.insert] {column.quoted}: what the app's own refunds have there",
                )
                return


def _tells(column: Column, where: str) -> bool:
    """Whether ``where`` reads a column with the kind of a row."""
    named_there = re.search(rf'(?<!\w)"?{re.escape(column.name)}"?(?!\w)', where, re.IGNORECASE)
    return bool(named_there) and (is_whole(column) or column.category in ("S", "E"))


def read_kinds(samples: Samples, column: Column, amount: Column, session_ids: Sequence[str]) -> Sequence[Row]:
    """The values of a column in the ledger's rows of some sessions; none where it cannot be read quickly."""
    slots = {"column": column.quoted, "amount_column": amount.quoted}
    return samples.try_read("list_row_kinds", session_ids, slots)
