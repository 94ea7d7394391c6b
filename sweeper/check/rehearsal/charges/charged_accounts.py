"""Whether the ledger charged the accounts that the mapping would pay."""

import re
from collections.abc import Iterator
from decimal import Decimal

from sweeper.check.rehearsal.ledger.app_ledger import app_ledger
from sweeper.check.rehearsal.samples import Samples
from sweeper.check.result import Check, failure

# the two can only be compared if the file writes the account itself
_PLAIN = re.compile(r"\s*(refund\.)?account_id\s*(::\s*[\w.\"]+)?\s*", re.IGNORECASE)
_MOST, _ENOUGH = Decimal("0.5"), 3


def check_charged_accounts(samples: Samples) -> Iterator[Check]:
    """Compare the accounts of the newest failed sessions with those in their charges."""
    ledger = app_ledger(samples)
    account, amounts = (ledger.account, ledger.amounts) if ledger else (None, [])
    if ledger is None or account is None or not amounts or not _PLAIN.fullmatch(ledger.values[account]):
        return
    session_ids = samples.failed
    rows = samples.read("compare_charge_accounts", session_ids, account_column=account, amount_column=amounts[0])
    wrong = [row for row in rows if not row.same]
    # charges of a few may be those of something else, such as a batch with the number of one of its pages
    if len(wrong) < _ENOUGH or len(wrong) <= len(rows) * _MOST or len(rows) < len(session_ids) * _MOST:
        return
    sample, payer = wrong[0], samples.own.account
    yield failure(
        f"sessions.account = {payer!r} is another account than the ledger charged for {len(wrong)} of {len(rows)} "
        f"sessions, such as {sample.session_id}: {sample.account} instead of {sample.charged} in {account.quoted}",
        "sessions.account: who was charged",
    )
