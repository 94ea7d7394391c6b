"""Accounts with a row for each period, such as a month: a refund goes to that of the charge, not to an earlier one."""

import re
from collections.abc import Iterator

from sweeper.app.catalog import TIME_TYPES, Column, Table, has_subquery
from sweeper.check.rehearsal.accounts.other_numbers import owner_columns
from sweeper.check.rehearsal.samples import Samples
from sweeper.check.rehearsal.sessions import list_owed
from sweeper.check.rehearsal.tables import equal
from sweeper.check.result import Check, warning

_PERIOD = re.compile(r"period|month|cycle|week|(^|_)(day|date)(_|$)|start|begin|(^|_)from(_|$)", re.IGNORECASE)
_MOMENTS = (*TIME_TYPES, "date")
_ENOUGH = 3


def check_periods(samples: Samples, accounts: Table) -> Iterator[Check]:
    """A subquery for the account that finds the row of an earlier period: a later one had begun, too.

    One that goes by the session's id reads what the app has written down, such as the pack that it took from.
    """
    own, mapping = samples.settings.sessions, samples.mapping
    key = re.escape(own.id.strip('"'))
    by_id = re.search(rf"(?<!\w)s\.\"?{key}\"?(?!\w)", own.account)
    if not has_subquery(own.account) or by_id or mapping.is_by_account:
        return
    for owner, _ in owner_columns(samples, accounts):
        for column in samples.seen(accounts, [*_periods(accounts)], noted=False):
            slots = {"link": owner.quoted, "column": column.quoted, "owner_eq": equal(samples, owner)}
            of_text = column.base_type not in _MOMENTS
            rows = samples.try_read("compare_periods", list_owed(samples), slots, {"of_text": of_text})
            early = [row for row in rows if row.later is not None]
            if len(early) >= _ENOUGH and len(early) * 2 > len(rows):
                sample = early[0]
                yield warning(
                    "accounts",
                    f"sessions.account = {own.account!r} is the row of an earlier {column.name} than that in which "
                    f"sessions began, for {len(early)} of {len(rows)}, such as {sample.session_id}: "
                    f"{sample.period} beside {sample.later} of the same {owner.name}",
                    f"sessions.account: the row of {accounts.name} that had begun last when the session did",
                )
                return


def _periods(accounts: Table) -> Iterator[Column]:
    for column in accounts.columns.values():
        if _PERIOD.search(column.name) and (column.base_type in _MOMENTS or column.category == "S"):
            yield column
