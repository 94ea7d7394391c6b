"""Whether ``[ledger.insert]`` writes a text by which the app says that something was taken."""

from collections.abc import Sequence

from sweeper.check.context import warning
from sweeper.check.rehearsal.charges.delivered import settled_ids
from sweeper.check.rehearsal.ledger.ledger_columns import amount_columns
from sweeper.check.rehearsal.past_refunds.compared_columns import ComparedColumn
from sweeper.check.rehearsal.past_refunds.past_rows import PastRefund
from sweeper.check.rehearsal.samples import Samples
from sweeper.check.result import Check
from sweeper.postgres.errors import Refusal, StatementError, TooSlow
from sweeper.postgres.templates import quote_text
from sweeper.postgres.transaction import Row

_ENOUGH = 3


def words_of_charges(
    samples: Samples, sessions: Sequence[PastRefund], compared: Sequence[ComparedColumn]
) -> Check | None:
    """A text that no refund of the app's has, and that rows of most sessions that succeeded have: their charges."""
    amounts = amount_columns(samples)
    if len(sessions) < _ENOUGH or not amounts:
        return None
    settled = settled_ids(samples)
    for one in compared:
        if not all(one.column.name in session.worded for session in sessions):
            continue
        slots = {"column": one.column.quoted, "amount_column": amounts[0].quoted}
        for row in _kinds(samples, settled, slots):
            often = row.sessions >= _ENOUGH and row.sessions * 2 > len(settled)
            if often and not row.gives and _says(one.value, row.kind):
                return warning(
                    "past_refunds",
                    f"{one.column.name} = {one.value} is what the app writes for charges, such as those of "
                    f"{row.samples[0]} and {row.sessions - 1} other sessions that succeeded, and for none of its "
                    f"{len(sessions)} refunds",
                    f"[ledger.insert] {one.column.quoted} = what the app's refunds have there",
                )
    return None


def _kinds(samples: Samples, session_ids: Sequence[str], slots: dict[str, str]) -> Sequence[Row]:
    try:
        return samples.read("list_row_kinds", session_ids, slots)
    except (Refusal, StatementError, TooSlow):
        return []


def _says(value: str, text: str) -> bool:
    """Whether a literal, maybe with a cast, is that text."""
    return value.strip().startswith(quote_text(text))
