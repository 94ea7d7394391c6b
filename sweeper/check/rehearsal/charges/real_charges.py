"""Whether the sessions' own columns say that other amounts were taken, or nothing, where no books have the charges."""

import re
from collections.abc import Iterator
from decimal import Decimal

from sweeper.check.rehearsal.accounts.pools import paired_shares
from sweeper.check.rehearsal.ledger.app_ledger import read_charges
from sweeper.check.rehearsal.marks.session_marks import number_above_zero
from sweeper.check.rehearsal.samples import Samples, named, number
from sweeper.check.result import Check, failure

_OF_CHARGE = re.compile(r"(bill|payment|charge|settle).*(status|state)|^(billing|payment|charge)$", re.IGNORECASE)
_NOTHING = re.compile(
    r"(none|unpaid|un(charged|billed)|not[ _-]?(charged|billed|paid)|free|waived|trial|no[ _-]?charge)", re.IGNORECASE
)
_WAS_TAKEN = re.compile(r"(paid|charged|billed|captured|debited|reserved|held|settled|succeeded)", re.IGNORECASE)
_FLAG = re.compile(r"(?<!un)(?<!over)(charged|billed|debited|deducted|paid|captured|consumed)$", re.IGNORECASE)
_ENOUGH, _SOME, _REFUNDED = 3, 2, 5
_TAKEN = re.compile(r"billed|charged|deducted|debited|taken|spent|paid|consumed|captured", re.IGNORECASE)
_OTHER = re.compile(r"cents|usd|eur|count|free|bonus|limit|max|tax|fee|_at$|_by$|tries|attempt", re.IGNORECASE)
# names for an estimate before the work
_GUESSED = re.compile(r"estimat|quoted?(?!a)|expected|projected|list_?price|forecast", re.IGNORECASE)
_AT_MOST, _AT_LEAST = 5, Decimal(3)
_SAME, _ODD, _HALF = Decimal("0.3"), Decimal("0.05"), Decimal("0.5")


def check_never_taken(samples: Samples) -> Iterator[Check]:
    """A column whose words say that some sessions that would be paid were not charged, while others were."""
    status = samples.sessions.column(samples.own.status)
    words = [one for one in samples.sessions.columns.values() if one.is_word and _OF_CHARGE.search(one.name)]
    for column, said in samples.texts_of_owed([one for one in words if one != status]):
        nothing = [one for one, text in said.items() if _NOTHING.fullmatch(text.strip())]
        taken = [one for one, text in said.items() if _WAS_TAKEN.fullmatch(text.strip())]
        if len(nothing) >= _SOME and len(taken) >= _ENOUGH:
            yield failure(
                f"{column.name} says of {len(nothing)} of {len(said)} sessions that would be paid that nothing was "
                f"taken for them, such as {named(nothing)} ({said[nothing[0]]})",
                f"sessions.amount: null where {column.name} says so; or sessions.never",
            )
            return


def check_taken(samples: Samples) -> Iterator[Check]:
    """A column that equals the amount of many sessions, and is zero or less than it for some."""
    amount, sessions = samples.own.amount, samples.sessions
    shares = paired_shares(sessions)  # each is a part of what was taken
    columns = samples.columns(sessions, lambda one: one.is_number and _TAKEN.search(one.name) and one not in shares)
    others = [one for one in columns if not _OTHER.search(one.name) and one.name.lower() not in amount.lower()]
    for column in others[:_AT_MOST]:
        rows = read_charges(samples.read, samples.failed, charged=f"s.{column.quoted}")
        pairs = [(str(row.session_id), Decimal(row.amount), Decimal(row.charged or 0)) for row in rows]
        pairs = [one for one in pairs if one[1].is_finite() and one[2].is_finite()]
        same = [one for one in pairs if one[1] == one[2]]
        above = [one for one in pairs if one[1] > one[2]]
        taken = [one for one in pairs if one[2] > 0]
        guessed = _GUESSED.search(amount) and len(taken) >= max(_AT_LEAST, len(pairs) * _HALF)
        if len(above) <= len(pairs) * _ODD:
            continue
        if guessed or len(same) >= max(_AT_LEAST, len(pairs) * _SAME):
            sample = above[0]
            yield failure(
                f"sessions.amount = {amount!r} is more than {column.name} of the session for {len(above)} of "
                f"{len(pairs)} sessions that are not refunded, such as {named([one[0] for one in above])}; for "
                f"{sample[0]} it is {number(sample[1])}, and {column.name} {number(sample[2])}",
                f"sessions.amount = {column.quoted!r}, if that is what was taken",
            )
            return


def check_without_charge(samples: Samples) -> Iterator[Check]:
    """A flag for a charge, or what pools gave, that all refunded sessions have, and some that would be paid do not."""
    read = samples.file_says("amount", "charged", "exclude", "never", "status")
    flags = samples.columns(samples.sessions, lambda one: one.is_flag and _FLAG.search(one.name))
    shares = paired_shares(samples.sessions)
    shares = shares if len(shares) > 1 and set(shares) <= set(samples.readable(samples.sessions)) else []
    refunded, owed = samples.refunded_ids(), samples.list_owed()
    for columns in [*([one] for one in flags if one.name.lower() not in read), shares]:
        took = {row.session_id for one in columns for row in number_above_zero(samples, one, samples.failed)}
        without = [one for one in owed if one not in took]
        if len(refunded) >= _REFUNDED and took.issuperset(refunded) and _ENOUGH <= len(without) < len(owed):
            names = ", ".join(one.name for one in columns)
            yield failure(
                f"{names} {'are above zero for' if shares is columns else 'is true of'} all {len(refunded)} sessions "
                f"that the app has refunded, and not {'for' if shares is columns else 'of'} {len(without)} of the "
                f"{len(owed)} that would be paid, such as {named(without)}: were they ever charged?",
                f"sessions.amount: null, or zero, where {names} say so; or sessions.never",
            )
            return
