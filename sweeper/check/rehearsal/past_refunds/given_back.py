"""What the sessions' own columns say that the app gave back, where no ledger is mapped."""

from collections.abc import Sequence
from decimal import Decimal

from sweeper.check.context import CheckContext
from sweeper.check.rehearsal.marks.session_marks import number_marks
from sweeper.check.rehearsal.past_refunds.past_rows import PastRefund
from sweeper.check.rehearsal.samples import sampling
from sweeper.check.rehearsal.sessions import is_owed
from sweeper.check.rehearsal.words import is_in_unit, is_money
from sweeper.postgres.templates import Choices
from sweeper.postgres.transaction import Row

_ENOUGH, _PART, _DIFFERENT = 5, 0.25, 3


def read_given_back(context: CheckContext) -> list[PastRefund]:
    """Sessions with an amount, and what a column of theirs says was refunded, in the same unit.

    That is the unit of the amount where it, or another number of the sessions, is the same for some.
    """
    sessions, own = context.mapping.sessions, context.settings.accounts
    moved = own.balance or "" if own else ""
    with sampling(context) as samples:
        marks = [mark.column for mark in number_marks(samples)]
        columns = [one for one in marks if not is_money(one.name) or is_money(moved)]
        columns = [one for one in columns if is_in_unit(one.name, moved)]
        others = [one for one in samples.readable(sessions) if one.is_number and one not in marks]
        for column in columns:
            choices: Choices = {"numbers": [{"column": one.quoted} for one in (column, *others)], "kinds": []}
            rows = samples.read("read_amounts", samples.newest(running=False), {"owner": "NULL"}, choices)
            given = [(row, Decimal(row.numbers[0] or 0)) for row in rows if is_owed(row)]
            given = [(row, back) for row, back in given if back.is_finite() and back > 0]
            if any(Decimal(row.amount) == back for row, back in given) or _is_another(given):
                return [PastRefund(row.session_id, row.status, None, Decimal(row.amount), past_amount=back, rows=1)
                        for row, back in given]  # fmt: skip
    return []


def _is_another(given: Sequence[tuple[Row, Decimal]]) -> bool:
    """Whether another number of the sessions is what was given back, for enough of them with different ones."""
    places = range(1, len(given[0][0].numbers)) if given else ()
    for place in places:
        same = [back for row, back in given if row.numbers[place] is not None and Decimal(row.numbers[place]) == back]
        if len(same) >= max(_ENOUGH, len(given) * _PART) and len(set(same)) >= _DIFFERENT:
            return True
    return False
