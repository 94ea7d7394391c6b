"""Whether another column of the sessions has the real charge, where no books have the charges."""

import re
from collections.abc import Iterator
from decimal import Decimal

from sweeper.check.context import CheckContext, failure
from sweeper.check.rehearsal.accounts.pools import paired_shares
from sweeper.check.rehearsal.marks.session_marks import number_above_zero
from sweeper.check.rehearsal.samples import Samples, named, number, sampling
from sweeper.check.rehearsal.sessions import is_owed
from sweeper.check.result import Check

_TAKEN = re.compile(r"billed|charged|deducted|debited|taken|spent|paid|consumed|captured", re.IGNORECASE)
_OTHER = re.compile(r"cents|usd|eur|count|free|bonus|limit|max|tax|fee|_at$|_by$|tries|attempt", re.IGNORECASE)
# names for an estimate before the work
_GUESSED = re.compile(r"estimat|quoted?(?!a)|expected|projected|list_?price|forecast", re.IGNORECASE)
_AT_MOST, _ENOUGH, _REFUNDED = 5, Decimal(3), 5
_SAME, _ODD, _HALF = Decimal("0.3"), Decimal("0.05"), Decimal("0.5")


def check_taken(context: CheckContext) -> Iterator[Check]:
    """A column that equals the amount of many sessions, and is zero or less than it for some."""
    own, sessions = context.settings.sessions, context.mapping.sessions
    with sampling(context) as samples:
        columns = [
            one
            for one in sessions.columns.values()
            if one.is_number
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
            taken = [one for one in pairs if one[2] > 0]
            guessed = _GUESSED.search(own.amount) and len(taken) >= max(_ENOUGH, len(pairs) * _HALF)
            if len(above) <= len(pairs) * _ODD:
                continue
            if guessed or len(same) >= max(_ENOUGH, len(pairs) * _SAME):
                sample = above[0]
                yield failure(
                    "charges",
                    f"sessions.amount = {own.amount!r} is more than {column.name} of the session for {len(above)} of "
                    f"{len(pairs)} sessions that are not refunded, such as {named([one[0] for one in above])}; for "
                    f"{sample[0]} it is {number(sample[1])}, and {column.name} {number(sample[2])}",
                    f"sessions.amount = {column.quoted!r}, if that is what was taken",
                )
                return


def check_without_share(samples: Samples) -> Iterator[Check]:
    """Sessions that would be paid and took nothing from a pool, while all that the app has refunded did."""
    columns = paired_shares(samples.context.mapping.sessions)
    if len(columns) < 2 or not set(columns) <= set(samples.readable(samples.context.mapping.sessions)):
        return
    session_ids = samples.newest(running=False)
    took = {row.session_id for column in columns for row in number_above_zero(samples, column, session_ids)}
    rows = samples.read("look_at_newest", session_ids)
    refunded = [row.session_id for row in rows if not row.unpaid and is_owed(row)]
    owed = [row.session_id for row in rows if row.unpaid and is_owed(row)]
    without = [one for one in owed if one not in took]
    if len(refunded) >= _REFUNDED and took.issuperset(refunded) and _ENOUGH <= len(without) <= len(owed) / 2:
        names = ", ".join(one.name for one in columns)
        yield failure(
            "charges", f"{names} are zero for {len(without)} of {len(owed)} sessions that would be paid, such as "
            f"{named(without)}, and for none of {len(refunded)} that the app has refunded: were they ever charged?",
            f"sessions.amount: the sum of {names}, if they are what was taken",
        )  # fmt: skip
