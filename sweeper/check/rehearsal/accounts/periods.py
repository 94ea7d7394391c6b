"""Accounts with a row for each period, such as a month: a refund goes to that of the charge, not to an earlier one."""

import re
from collections.abc import Iterator

from sweeper.app.catalog import TIME_TYPES, Column, Table, has_subquery, words_in
from sweeper.check.rehearsal.accounts.app_accounts import AppAccounts
from sweeper.check.rehearsal.accounts.other_numbers import owner_columns
from sweeper.check.rehearsal.samples import Samples
from sweeper.check.result import Check, warning

_PERIOD = re.compile(r"period|month|cycle|week|(^|_)(day|date)(_|$)|start|begin|(^|_)from(_|$)", re.IGNORECASE)
_MOMENTS = (*TIME_TYPES, "date")
_ENOUGH = 3


def check_periods(samples: Samples, accounts: AppAccounts) -> Iterator[Check]:
    """A subquery for the account that finds the row of an earlier period: a later one had begun, too.

    One that goes by more than the owner, a time and the period, such as a currency or the session's id, chooses among
    rows of other kinds, or reads what the app has written down.
    """
    own, mapping = samples.own, samples.mapping
    if not has_subquery(own.account) or mapping.is_by_account:
        return
    for owner, of_sessions in owner_columns(samples, accounts):
        if _goes_by_more(samples, accounts, {owner.name, of_sessions.name}):
            continue
        for column in samples.seen(accounts, [*_periods(accounts)], noted=False):
            of_text = column.base_type not in _MOMENTS
            rows = samples.try_read("compare_periods", samples.list_owed(), link=owner, column=column, of_text=of_text)
            early = [row for row in rows if row.later is not None]
            if len(early) >= _ENOUGH and len(early) * 2 > len(rows):
                sample = early[0]
                yield warning(
                    f"sessions.account = {own.account!r} is the row of an earlier {column.name} than that in which "
                    f"sessions began, for {len(early)} of {len(rows)}, such as {sample.session_id}: "
                    f"{sample.period} beside {sample.later} of the same {owner.name}",
                    f"sessions.account: the row of {accounts.name} that had begun last when the session did",
                )
                return


def _goes_by_more(samples: Samples, accounts: Table, owner: set[str]) -> bool:
    text, sessions = samples.own.account, samples.sessions
    key, known = accounts.column(samples.mapping.slots["accounts_key"]), [*_periods(accounts)]
    read = [accounts.columns[name] for name in words_in(text) & accounts.columns.keys()]
    read = [one for one in read if one != key and one not in known and one.name not in owner]
    named = [sessions.columns.get(name) for name in re.findall(r"(?<!\w)s\.\"?(\w+)", text)]
    read += [one for one in named if one is not None and one.name not in owner]
    return any(one.base_type not in _MOMENTS for one in read)


def _periods(accounts: Table) -> Iterator[Column]:
    for column in accounts.columns.values():
        if _PERIOD.search(column.name) and (column.base_type in _MOMENTS or column.category == "S"):
            yield column
