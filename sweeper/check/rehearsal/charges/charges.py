"""Whether any amount is above what the books say was charged."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from sweeper.app.catalog import has_subquery
from sweeper.app.over_refund import reads
from sweeper.check.rehearsal.charges.charged_accounts import check_charged_accounts
from sweeper.check.rehearsal.charges.delivered import check_never_charged, check_retried
from sweeper.check.rehearsal.charges.found_rows import check_found_rows
from sweeper.check.rehearsal.charges.real_charges import check_never_taken, check_taken, check_without_charge
from sweeper.check.rehearsal.charges.rows_of_charges import check_rows_of_charges
from sweeper.check.rehearsal.charges.subqueries import check_parts_of_keys, check_subjects
from sweeper.check.rehearsal.ledger.app_ledger import app_ledger, of_these_sessions, read_charges
from sweeper.check.rehearsal.ledger.linked_sessions import sessions_fail
from sweeper.check.rehearsal.samples import Samples, named, number
from sweeper.check.result import Check, failure, ok, warning
from sweeper.postgres.transaction import Row

_PRICE = re.compile(r"credit|cost|price|charge|coin", re.IGNORECASE)
_NO_AMOUNT = re.compile(
    r"attempt|retry|retries|tries|progress|priority|version|width|height|seed|position|percent|rank|score",
    re.IGNORECASE,
)
_BOOKED_BY_THEN, _BOOKED_LATER = timedelta(minutes=10), timedelta(days=1)
_ODD, _ENOUGH = Decimal("0.05"), 3
# the books count as complete when they have charges for at least this share of the sessions
_KNOWN, _NEARLY_ALL = Decimal("0.2"), Decimal("0.8")


@dataclass(frozen=True)
class _Charge:
    session_id: str
    started_at: datetime
    amount: Decimal
    charged: Decimal


def check_charges(samples: Samples) -> Iterator[Check]:
    """Compare the amounts of sessions that are not refunded with their charges."""
    own, books = samples.own, samples.mapping.ledger
    if sessions_fail(samples):
        yield ok("not compared: ledger.session fails for rows that are no refunds")
        return
    for rule in (check_charged_accounts, check_subjects, check_parts_of_keys, check_found_rows):
        if wrong := [*rule(samples)]:
            yield from wrong
            return
    if own.charged:
        found = _read(samples, charged=samples.expression("charged", own.charged))
    elif books is not None and has_subquery(own.amount) and books.table.name.lower() in own.amount.lower():
        more = next(check_retried(samples), None) or _multiple(samples)
        yield more or ok("sessions.amount is read from the books")
        return
    else:
        found = _by_ledger(samples)
    if not any(one.charged for one in found):
        yield from _without_books(samples)
        return
    if own.charged:
        yield _compared_with_charged(samples, found)
        return
    yield _compared(samples, found) or ok(
        f"no amount is above the charge in the ledger ({sum(bool(one.charged) for one in found)} sessions that are not "
        "refunded)"
    )


def _compared(samples: Samples, found: list[_Charge], known: Decimal = _KNOWN) -> Check | None:
    """Amounts above the charge in the ledger, which has one of at least the share ``known`` of the sessions."""
    # they may be older than the books
    first = min(one.started_at for one in found if one.charged)
    found = [one for one in found if one.started_at >= first]
    charged = [one for one in found if one.charged]
    above = [one for one in found if one.amount > one.charged]
    if not above or len(charged) < len(found) * known:
        return None
    # the newest may not be booked yet, as where that is done at night
    last = max(samples.context.as_of - _BOOKED_LATER, *(one.started_at for one in charged))
    booked = [one for one in above if one.started_at <= last]
    sample = max(above, key=lambda one: one.amount - one.charged)
    assert samples.settings.ledger is not None  # noqa: S101 - _by_ledger found charges in it
    return (failure if len(booked) >= len(found) * _ODD else warning)(
        f"sessions.amount = {samples.own.amount!r} is more than the ledger says was charged for {len(above)} of "
        f"{len(found)} sessions that are not refunded, such as {named([one.session_id for one in above])}; for "
        f"{sample.session_id} it is {number(sample.amount)}, and the charge {number(sample.charged)}",
        f"sessions.amount: the charge less what was given back; or sessions.charged: what "
        f"{samples.settings.ledger.table} says of the charge, whatever that is about",
    )


def _multiple(samples: Samples) -> Check | None:
    """More than the ledger took, by the same factor for most: the app may keep a part, and never gives more."""
    found = [one for one in _by_ledger(samples) or _by_ledger(samples, unsigned=True) if one.charged > 0]
    ratios = Counter(Fraction(one.amount) / Fraction(one.charged) for one in found)
    ratio, count = next(iter(ratios.most_common(1)), (Fraction(1), 0))
    distinct = {one.amount for one in found if Fraction(one.amount) == ratio * Fraction(one.charged)}
    if count * 2 <= len(found) or len(distinct) < _ENOUGH or any(one.amount <= one.charged for one in found):
        return None
    return failure(
        f"sessions.amount = {samples.own.amount!r} is more than the ledger took for {len(found)} sessions, such as "
        f"{named([one.session_id for one in found])}, by the same factor for {count}: "
        f"{number(found[0].amount)} instead of {number(found[0].charged)}",
        "sessions.amount: what was taken, in the unit of the ledger",
    )


def _without_books(samples: Samples) -> Iterator[Check]:
    """What the sessions' own columns say about their charges."""
    own, sessions = samples.own, samples.sessions
    rules = [check_never_charged, check_without_charge, check_retried]
    if not own.charged:
        rules = [check_taken, check_never_taken, check_rows_of_charges, *rules, _check_unsigned]
    for rule in rules:
        if wrong := [*rule(samples)]:
            yield from wrong
            return
    named_so = _NO_AMOUNT.search(own.amount) and not _PRICE.search(own.amount)  # conversion_credits is an amount
    if sessions.column(own.amount) is not None and named_so:
        columns = [one for one in sessions.columns.values() if one.is_number]
        price = next((one for one in columns if _PRICE.search(one.name) and not _NO_AMOUNT.search(one.name)), None)
        yield (failure if price else warning)(
            f"sessions.amount = {own.amount!r} is, by its name, something other than credits, and there are no books "
            f"to compare it with{f', while a session has {price.name}' if price else ''}",
            f"sessions.amount = {price.quoted!r}, if that is what was charged"
            if price
            else "sessions.amount: what was charged, less what was delivered",
        )
        return
    yield ok("the books have no charges of the newest failed sessions to compare with")


def _check_unsigned(samples: Samples) -> Iterator[Check]:
    """Amounts above what the ledger's rows come to that are no refunds, where no amount has a sign."""
    found = _by_ledger(samples, unsigned=True) if samples.mapping.ledger else []
    if any(one.charged for one in found) and (wrong := _compared(samples, found, _NEARLY_ALL)):
        yield wrong


def _known(amount: Decimal) -> Decimal:
    """An amount that can be compared: a session whose amount is not a number is put on hold in any case."""
    return Decimal(0) if amount.is_nan() else amount


def _compared_with_charged(samples: Samples, found: Sequence[_Charge]) -> Check:
    above = [one for one in found if 0 < _known(one.charged) < _known(one.amount)]
    below = [one.session_id for one in found if _known(one.charged) < 0 < _known(one.amount)]
    if len(below) >= _ENOUGH and not any(_known(one.charged) > 0 for one in [*found, *_of_successes(samples)]):
        return failure(
            f"sessions.charged is below zero for {len(below)} of {len(found)} sessions that are not refunded, such as "
            f"{named(below)}, and above zero for none: to a run none of them was charged, and it pays nobody",
            "sessions.charged: with the other sign",
        )
    if not above:
        return ok(f"no amount is above sessions.charged ({len(found)} sessions that are not refunded)")
    return warning(
        f"sessions.amount = {samples.own.amount!r} is above sessions.charged for {len(above)} of {len(found)} "
        f"sessions, such as {named([one.session_id for one in above])}: a run puts them on hold",
        "sessions.amount: what was charged, less what was given back or delivered",
    )


def _may_be_paid(samples: Samples, row: Row) -> bool:
    """Whether a running session can get stuck, and began long enough ago to be in the books."""
    endless = samples.own.stuck_at is not None or samples.settings.stuck_after(row.status) is None
    return not endless and samples.context.as_of - row.started_at > _BOOKED_BY_THEN


def _by_ledger(samples: Samples, *, unsigned: bool = False) -> list[_Charge]:
    """Charges: the ledger rows that take credits and have the same kind of subject as refunds."""
    ledger = app_ledger(samples)
    # a column that the session tells the share of has only a part of the charge
    for amount in [one for one in ledger.amounts if not reads(ledger.values[one], "s")] if ledger else ():
        qualifiers = of_these_sessions(samples, amount, unsigned=unsigned)
        charges = _read(samples, amount_column=amount, qualifiers=qualifiers, unsigned=unsigned)
        if any(one.charged for one in charges):
            return charges
    return []


def _of_successes(samples: Samples) -> list[_Charge]:
    """A charge of theirs shows the sign: of those that failed, an apology may be all that the books have."""
    return _read(samples, samples.settled_ids(), charged=samples.expression("charged", samples.own.charged))


def _read(samples: Samples, session_ids: Sequence[str] | None = None, **given: object) -> list[_Charge]:
    if session_ids is None:
        # a running session is charged when it starts, and refunded when it is stuck
        session_ids = [*samples.failed, *(() if "charged" in given else samples.running)]
    rows = read_charges(samples.read, session_ids, **given)
    rows = [row for row in rows if row.status not in samples.mapping.running or _may_be_paid(samples, row)]
    found = [_Charge(row.session_id, row.started_at, Decimal(row.amount), Decimal(row.charged or 0)) for row in rows]
    return [one for one in found if one.amount.is_finite()]
