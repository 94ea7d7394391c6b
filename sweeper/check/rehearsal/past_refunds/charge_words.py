"""Whether ``[ledger.insert]`` writes a text by which the app says that something was taken."""

from collections.abc import Sequence

from sweeper.check.rehearsal.ledger.app_ledger import app_ledger
from sweeper.check.rehearsal.ledger.linked_sessions import read_kinds
from sweeper.check.rehearsal.past_refunds.compared_columns import ComparedColumn
from sweeper.check.rehearsal.past_refunds.past_rows import PastRefund
from sweeper.check.rehearsal.samples import Samples
from sweeper.check.rehearsal.sessions import settled_ids
from sweeper.check.result import Check, warning
from sweeper.postgres.templates import quote_text

_ENOUGH = 3


def words_of_charges(
    samples: Samples, sessions: Sequence[PastRefund], compared: Sequence[ComparedColumn]
) -> Check | None:
    """A text that no refund of the app's has, and that rows of most sessions that succeeded have: their charges."""
    ledger = app_ledger(samples)
    if len(sessions) < _ENOUGH or ledger is None or not ledger.amounts:
        return None
    settled = settled_ids(samples)
    for one in compared:
        if not all(one.column.name in session.worded for session in sessions):
            continue
        for row in read_kinds(samples, one.column, ledger.amounts[0], settled):
            often = row.sessions >= _ENOUGH and row.sessions * 2 > len(settled)
            if often and not row.gives and one.value.strip().startswith(quote_text(row.kind)):  # maybe with a cast
                return warning(
                    "past_refunds",
                    f"{one.column.name} = {one.value} is what the app writes for charges, such as those of "
                    f"{row.samples[0]} and {row.sessions - 1} other sessions that succeeded, and for none of its "
                    f"{len(sessions)} refunds",
                    f"[ledger.insert] {one.column.quoted} = what the app's refunds have there",
                )
    return None
