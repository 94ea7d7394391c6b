"""Whether ``sessions.amount`` is what the app itself gave back."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from fractions import Fraction

from sweeper.app.catalog import has_subquery
from sweeper.check.rehearsal.ledger.app_ledger import app_ledger
from sweeper.check.rehearsal.past_refunds.past_rows import PastRefund
from sweeper.check.rehearsal.samples import Samples, marks_in, number
from sweeper.check.result import Check, failure, warning

# a few, or fewer than three, may be odd old rows; if the account or amount is wrong more often, the file is wrong
ODD, MANY, MOST, ENOUGH = Decimal("0.05"), Decimal("0.5"), Decimal("0.9"), Decimal(3)
_ALIKE, _COMPLETED = 10, 2
# an amount that is smaller by one of these factors for all sessions is in another unit
_UNITS = (Decimal(10), Decimal(100), Decimal(1000), Decimal(1_000_000))


def wrong_amounts(samples: Samples, sessions: Sequence[PastRefund], *, netted: bool) -> Check | None:
    own = samples.own
    known = [one for one in sessions if one.rows and one.amount is not None]
    if netted:  # `amount` is what is still owed: together with the past refunds it is the charge
        known = [one for one in known if one.amount or not one.excluded]
        known = [one if one.excluded else replace(one, amount=(one.amount or 0) + one.past_amount) for one in known]
    elif any(one.amount for one in known):  # beside these a missing amount is zero
        known = [one if one.amount is not None else replace(one, amount=Decimal(0)) for one in sessions if one.rows]
    elif has_subquery(own.amount) or marks_in(own, own.amount):
        return None  # what was given back may be subtracted already: by rows, or by what a refund sets
    other_sign = None if netted else _other_sign(known)
    return other_sign or _more(samples, known, netted=netted) or _less(samples, known)


def _other_sign(known: Sequence[PastRefund]) -> Check | None:
    against = [one for one in known if one.amount is not None and one.amount * one.past_amount < 0]
    if len(against) < max(ENOUGH, len(known) * ODD):
        return None
    sample = against[0]
    return failure(
        f"[ledger.insert] gives the amount the other sign than the app's refunds have, for {len(against)} of "
        f"{len(known)} sessions, such as {sample.session_id}: {number(sample.amount or Decimal(0))} instead of "
        f"{number(sample.past_amount)}",
        "[ledger.insert]: amount, or -amount, as the app's own refunds have it",
    )


def _more(samples: Samples, known: Sequence[PastRefund], *, netted: bool) -> Check | None:
    """Sessions that the file would give back more than the app did."""
    more = [one for one in known if one.ours > one.theirs]
    often, of_one = len(more) >= max(ENOUGH, len(known) * (MANY if netted else ODD)), ""
    if netted:
        # rows together have given back some sessions' whole amount: the app had not finished the others
        in_parts = sum(one.rows > 1 and one.ours == one.theirs for one in known) >= _COMPLETED
        ledger = app_ledger(samples)
        unread = ledger is not None and ledger.table.name not in samples.own.amount
        # of a few, one that has all its charge back already, and would get it again
        again = [one for one in more if one.ours == one.theirs * 2] if unread and len(more) == len(known) else []
        often, more = (True, again) if again and not often else (often and not in_parts, more)
    if not often and (status := _status_in_part(more, known)) is not None:
        more, known = ([one for one in some if one.status == status] for some in (more, known))
        often, of_one = True, f" in {status!r}"
    if not more or (netted and not often):  # the net recipe is for refunds in parts
        return None
    return (failure if often else warning)(
        f"sessions.amount = {samples.own.amount!r} is more than the app gave back for {len(more)} of {len(known)} "
        f"sessions{of_one}, {_such_as(more[0])}",
        "sessions.amount: what was charged, less what the app gave back or delivered; look at ledger.where, too",
    )


def _less(samples: Samples, known: Sequence[PastRefund]) -> Check | None:
    """Sessions that the file would give back less than the app did: more than a few."""
    less = [one for one in known if one.ours < one.theirs]
    if len(less) <= len(known) * ODD:
        return None
    often = len(less) >= max(ENOUGH, len(known) * MANY)
    alike = any(all(_is_in_unit(one, unit) for one in less) for unit in _UNITS) or _is_one_ratio(less, known)
    in_unit = often and alike
    flat = _is_flat(known) and len(less) * 2 > len(known)
    return (failure if in_unit or flat else warning)(
        f"sessions.amount = {samples.own.amount!r} is less than the app gave back for {len(less)} of {len(known)} "
        f"sessions, {_such_as(less[0])}{', and the same for all of them' * flat}",
        f"sessions.amount: what was charged, less what was delivered{', in the unit of the balance' * in_unit}",
    )


def _status_in_part(more: Sequence[PastRefund], known: Sequence[PastRefund]) -> str | None:
    """The only status whose sessions the app gives back less for: all of those that it has refunded."""
    statuses = {one.status for one in more}
    sessions = sum(one.status in statuses for one in known)
    return statuses.pop() if len(statuses) == 1 and len(more) >= max(ENOUGH, sessions * MOST) else None


def _is_flat(known: Sequence[PastRefund]) -> bool:
    """Whether the file's amount is always the same, while the app's refunds differ."""
    ours, theirs = {one.ours for one in known}, {one.theirs for one in known}
    return len(known) >= _ALIKE and len(ours) == 1 and len(theirs) >= ENOUGH


def _is_one_ratio(less: Sequence[PastRefund], known: Sequence[PastRefund]) -> bool:
    """Whether the amount is the same part of the refund for all sessions, whatever that was."""
    ratios = {Fraction(one.theirs) / Fraction(one.ours) if one.ours else None for one in less}
    distinct = {one.theirs for one in less}
    return len(less) == len(known) >= _ALIKE and len(ratios) == 1 and None not in ratios and len(distinct) >= ENOUGH


def _is_in_unit(one: PastRefund, unit: Decimal) -> bool:
    """Whether the amount is the refund in a larger unit, rounded or not."""
    exact = one.theirs / unit
    return one.ours in (exact, exact.to_integral_value(ROUND_FLOOR), exact.to_integral_value(ROUND_HALF_UP))


def _such_as(sample: PastRefund) -> str:
    return f"such as {sample.session_id}: {number(sample.ours)} instead of {number(sample.theirs)}"
