"""What the sessions' own columns say that the app gave back, where no ledger is mapped."""

import re
from decimal import Decimal

from sweeper.check.context import CheckContext
from sweeper.check.rehearsal.past_rows import PastRefund
from sweeper.check.rehearsal.samples import is_owed, sampling
from sweeper.check.rehearsal.session_marks import number_marks

_MONEY = re.compile(r"cent|usd|eur|gbp|dollar|money|micro", re.IGNORECASE)


def read_given_back(context: CheckContext) -> list[PastRefund]:
    """Sessions with an amount, and what a column of theirs says was refunded, in the same unit."""
    with sampling(context) as samples:
        columns = [mark.column for mark in number_marks(samples) if not _MONEY.search(mark.column.name)]
        for column in columns:
            choices = {"numbers": [{"column": column.quoted}], "kinds": []}
            rows = samples.read("read_amounts", samples.newest(running=False), {"owner": "NULL"}, choices)
            given = [(row, Decimal(row.numbers[0] or 0)) for row in rows if is_owed(row)]
            given = [(row, back) for row, back in given if back.is_finite() and back > 0]
            if any(Decimal(row.amount) == back for row, back in given):
                return [PastRefund(row.session_id, row.status, None, Decimal(row.amount), past_amount=back, rows=1)
                        for row, back in given]  # fmt: skip
    return []
