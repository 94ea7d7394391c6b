"""Whether the ledger charged the accounts that the mapping would pay."""

import re
from collections.abc import Iterator
from decimal import Decimal

from sweeper.check.context import CheckContext, failure
from sweeper.check.ledger_columns import account_column, amount_columns
from sweeper.check.result import Check
from sweeper.check.samples import sampling

# what the file writes as the account must be the account itself, or nothing can be compared
_PLAIN = re.compile(r"\s*(refund\.)?account_id\s*(::\s*[\w.\"]+)?\s*", re.IGNORECASE)
_MOST, _ENOUGH = Decimal("0.5"), 3


def check_charged_accounts(context: CheckContext) -> Iterator[Check]:
    """Compare the accounts of the newest failed sessions with those in their charges."""
    ledger, settings = context.mapping.ledger, context.settings.ledger
    if ledger is None or settings is None:
        return
    with sampling(context) as samples:
        account, amounts = account_column(samples), amount_columns(samples)
        values = [value for text, value in settings.insert.items() if ledger.table.column(text) == account]
        if account is None or not amounts or not all(_PLAIN.fullmatch(value) for value in values):
            return
        slots = {"account_column": account.quoted, "amount_column": amounts[0].quoted}
        rows = samples.read("compare_charge_accounts", samples.newest(running=False), slots)
    wrong = [row for row in rows if not row.same]
    if len(wrong) < _ENOUGH or len(wrong) <= len(rows) * _MOST:
        return
    sample = wrong[0]
    yield failure(
        "charges",
        f"sessions.account = {context.settings.sessions.account!r} is another account than the ledger charged for "
        f"{len(wrong)} of {len(rows)} sessions, such as {sample.session_id}: {sample.account} instead of "
        f"{sample.charged} in {account.quoted}",
        "sessions.account: who was charged",
    )
