"""Whether another column of the sessions has what was really charged, where no books have the charges."""

import re
from collections.abc import Iterator
from decimal import Decimal

from sweeper.check.context import CheckContext, failure
from sweeper.check.rehearsal.samples import is_number, named, number, sampling
from sweeper.check.result import Check

_TAKEN = re.compile(r"billed|charged|deducted|debited|taken|spent|paid|consumed|captured", re.IGNORECASE)
_OTHER = re.compile(r"cents|usd|eur|count|free|bonus|limit|max|tax|fee|_at$|_by$|tries|attempt", re.IGNORECASE)
_AT_MOST, _ENOUGH = 5, Decimal(3)
_SAME, _ODD = Decimal("0.3"), Decimal("0.05")


def check_taken(context: CheckContext) -> Iterator[Check]:
    """A column that equals the amount of many sessions, and is zero or less than it for some."""
    own, sessions = context.settings.sessions, context.mapping.sessions
    with sampling(context) as samples:
        columns = [
            one
            for one in sessions.columns.values()
            if is_number(one)
            and _TAKEN.search(one.name)
            and not _OTHER.search(one.name)
            and one.name.lower() not in own.amount.lower()
        ]
        for column in samples.seen(sessions, columns)[:_AT_MOST]:
            slots = {"charged": f"s.{column.quoted}", "amount_column": ""}
            rows = samples.read(
                "compare_charges", samples.newest(running=False), slots, {"charged": True, "qualifiers": []}
            )
            pairs = [(str(row.session_id), Decimal(row.amount), Decimal(row.charged or 0)) for row in rows]
            pairs = [one for one in pairs if one[1].is_finite() and one[2].is_finite()]
            same = [one for one in pairs if one[1] == one[2]]
            above = [one for one in pairs if one[1] > one[2]]
            if len(same) >= max(_ENOUGH, len(pairs) * _SAME) and len(above) > len(pairs) * _ODD:
                sample = above[0]
                yield failure(
                    "charges",
                    f"sessions.amount = {own.amount!r} is more than {column.name} of the session for {len(above)} of "
                    f"{len(pairs)} sessions that are not refunded, such as {named([one[0] for one in above])}; for "
                    f"{sample[0]} it is {number(sample[1])}, and {column.name} {number(sample[2])}",
                    f"sessions.amount = {column.quoted!r}, if that is what was taken",
                )
                return
