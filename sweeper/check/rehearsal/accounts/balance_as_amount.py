"""Whether the amount of a session is the whole balance of its account, which is never a charge."""

from collections.abc import Iterator

from sweeper.check.context import failure
from sweeper.check.rehearsal.samples import Samples, named
from sweeper.check.result import Check

_ENOUGH, _MOST, _DIFFERENT = 5, 0.9, 3


def check_balance_as_amount(samples: Samples) -> Iterator[Check]:
    """Compare the amounts of the newest failed sessions with the balances of their accounts."""
    context = samples.context
    if not context.mapping.has_balance or context.mapping.is_by_account:
        return
    rows = samples.read("compare_with_balance", samples.newest(running=False, limit=100))
    same = [row for row in rows if row.same]
    amounts = {row.amount for row in same}
    if len(same) >= _ENOUGH and len(same) >= len(rows) * _MOST and len(amounts) >= _DIFFERENT:
        yield failure(
            "accounts",
            f"sessions.amount = {context.settings.sessions.amount!r} is the balance of the account for {len(same)} of "
            f"{len(rows)} sessions, such as {named([row.session_id for row in same])}: a refund would double it",
            "sessions.amount: what the session was charged",
        )
