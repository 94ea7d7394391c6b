"""What the file says always holds of an account, and whether it would after a refund."""

import re
from collections.abc import Iterator

from sweeper.app.catalog import EXACT_TYPES, Column, has_subquery
from sweeper.check.rehearsal.accounts.app_accounts import AppAccounts
from sweeper.check.rehearsal.accounts.costs import read_costs_by, read_numbers
from sweeper.check.rehearsal.accounts.other_numbers import UP, moved
from sweeper.check.rehearsal.samples import Samples, named
from sweeper.check.result import Check, failure, warning
from sweeper.postgres.templates import items_of

_ENOUGH, _MOST = 3, 0.9
_PLAIN = "and|or|not|in|any|all|between|then|else|when|coalesce|nullif|greatest|least|abs|round|floor|ceil|numeric"
_CALL = re.compile(rf"(?<!\w)(?!(?:{_PLAIN})\s*\()[a-z_]\w*\s*\(", re.IGNORECASE)


def check_spent(samples: Samples, accounts: AppAccounts) -> Iterator[Check]:
    """A counter of what was spent that no invariant proves."""
    own = accounts.own
    if own.spent is None:
        return
    fix = (
        "accounts.invariant: what always holds between accounts.balance and accounts.spent; or leave accounts.spent out"
    )
    if own.invariant is None:
        if not _has_moved(samples, accounts, accounts.column(own.spent)):
            yield warning(f"accounts.spent = {own.spent!r} goes down by a refund, and no invariant proves it", fix)
        return
    condition = samples.reader.condition("accounts.invariant", own.invariant, accounts, "a")
    rows, count = samples.count_where(accounts, condition, "a")
    if count < rows:
        yield warning(
            f"accounts.invariant = {own.invariant!r} does not hold for {rows - count} of the {rows} newest accounts",
            fix,
        )


def _has_moved(samples: Samples, accounts: AppAccounts, spent: Column | None) -> bool:
    """Whether a counter went up by exactly what sessions took, and down again by what the app gave back."""
    link = samples.sessions.column(samples.own.account)
    costs = read_costs_by(samples, link) if link is not None and not samples.mapping.is_by_account else None
    if costs is None or spent is None or not samples.seen(accounts, [spent], noted=False):
        return False
    _, numbers = read_numbers(samples, accounts, costs.owners, [spent])
    return moved(costs, spent, numbers) == (UP, True)


def check_broken(samples: Samples, accounts: AppAccounts) -> Iterator[Check]:
    """An invariant that holds, and that a refund by the file would break."""
    # a trigger may move what the file does not; a subquery or function may read rows that a refund writes
    text = accounts.own.invariant
    if text is None or accounts.is_moved_by_app or samples.mapping.is_by_account or samples.fires_triggers():
        return
    if has_subquery(text) or _CALL.search(text):
        return
    read = {item["column"] for item in items_of(samples.mapping.choices, "invariant_columns")}
    columns = [one for one in accounts.columns.values() if one.quoted in read]
    inexact = [one for one in columns if one.is_number and one.base_type not in EXACT_TYPES]
    if samples.hook_may_write([accounts.name]) or inexact or any(one.generated for one in columns):
        return
    session_ids = samples.live()
    rows = samples.try_read("compare_invariant", session_ids)
    broken = [row.session_id for row in rows if row.broken]
    if len(broken) >= max(_ENOUGH, len(rows) * _MOST):  # one such as a cap is broken by few
        yield failure(
            f"accounts.invariant = {text!r} holds for the accounts of {len(broken)} sessions that are not "
            f"refunded, such as {named(broken)}, and would not after their refund",
            "[accounts.add], accounts.balance and accounts.spent: all that the app's own refund moves",
        )
