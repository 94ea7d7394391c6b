"""Whether ``[ledger.insert]`` would write what the app itself wrote for sessions that it refunded."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from fractions import Fraction

from sweeper.app.catalog import Column, has_subquery
from sweeper.check.rehearsal.ledger.app_ledger import app_ledger
from sweeper.check.rehearsal.ledger.linked_sessions import rows_of_excluded
from sweeper.check.rehearsal.ledger.unmapped_ledger import check_given_back
from sweeper.check.rehearsal.past_refunds.compared_columns import ComparedColumn, compared_columns
from sweeper.check.rehearsal.past_refunds.hidden_amounts import (
    amounts_before_refund,
    amounts_in_json,
    read_given_back,
    unwritten_amount,
)
from sweeper.check.rehearsal.past_refunds.past_rows import PastRefund, read_past_refunds
from sweeper.check.rehearsal.past_refunds.refund_words import keys_left_out, wrong_words
from sweeper.check.rehearsal.samples import Samples, marks_in, named, number
from sweeper.check.result import Check, failure, joined, ok, warning

# a few, or fewer than three, may be odd old rows; if the account or amount is wrong more often, the file is wrong
_ODD, _MANY, _MOST, _ENOUGH = Decimal("0.05"), Decimal("0.5"), Decimal("0.9"), Decimal(3)
_ALIKE, _COMPLETED = 10, 2
# an amount that is smaller by one of these factors for all sessions is in another unit
_UNITS = (Decimal(10), Decimal(100), Decimal(1000), Decimal(1_000_000))


def check_past_refunds(samples: Samples) -> Iterator[Check]:
    """Compare what the file would have written and paid for past refunds with what the app did."""
    ledger = app_ledger(samples)
    if ledger is None:
        nothing = ok("no [ledger] is mapped: there is nothing that the app wrote to compare with")
        yield _amounts(samples, read_given_back(samples), netted=False) or next(check_given_back(samples), nothing)
        return
    compared, unwritten = compared_columns(samples, ledger)
    sessions = read_past_refunds(samples, ledger, compared, unwritten)
    unique = samples.unique_names(ledger.table)
    links = samples.references(of=ledger.table, to=samples.accounts) if samples.accounts else []
    owners = {row.column_name for row in links}
    netted = ledger.section.past is not None
    sessions = sessions if netted else amounts_in_json(amounts_before_refund(samples, sessions))
    words = wrong_words(samples, sessions, compared)
    unseen = None if sessions or netted else rows_of_excluded(samples, ledger)
    refunded = {one.session_id for one in sessions}
    newest = [one for one in samples.failed if one in refunded]
    if not sessions:
        yield unseen or ok("none of the newest failed sessions has a refund that the app wrote itself")
        return
    account = next((one.column.quoted for one in compared if one.meaning == "account"), "sessions.account")
    found = [
        _amounts(samples, sessions, netted=netted),
        _accounts(samples, sessions, account),
        _never(samples, sessions),
        None if netted else unwritten_amount(sessions),
        words,
        _others(samples, sessions, compared, unwritten, unique, owners, newest),
    ]
    problems = [check for check in found if check is not None]
    agrees = ok(f"for {len(sessions)} sessions that the app refunded, the file gives what it wrote")
    yield joined(problems) if problems else agrees


def _amounts(samples: Samples, sessions: Sequence[PastRefund], *, netted: bool) -> Check | None:
    own = samples.own
    known = [one for one in sessions if one.rows and one.amount is not None]
    if not netted and any(one.amount for one in known):  # beside these a missing amount is zero
        known = [one if one.amount is not None else replace(one, amount=Decimal(0)) for one in sessions if one.rows]
    against = [one for one in known if one.amount is not None and one.amount * one.past_amount < 0]
    if not netted and len(against) >= max(_ENOUGH, len(known) * _ODD):
        sample = against[0]
        return failure(
            f"[ledger.insert] gives the amount the other sign than the app's refunds have, for {len(against)} of "
            f"{len(known)} sessions, such as {sample.session_id}: {number(sample.amount or Decimal(0))} instead of "
            f"{number(sample.past_amount)}",
            "[ledger.insert]: amount, or -amount, as the app's own refunds have it",
        )
    if netted:  # `amount` is what is still owed: together with the past refunds it is the charge
        known = [one for one in known if one.amount or not one.excluded]
        known = [one if one.excluded else replace(one, amount=(one.amount or 0) + one.past_amount) for one in known]
    elif not any(one.amount for one in known) and (has_subquery(own.amount) or marks_in(own, own.amount)):
        return None  # what was given back may be subtracted already: by rows, or by what a refund sets
    more, less = [one for one in known if one.ours > one.theirs], [one for one in known if one.ours < one.theirs]
    text = f"sessions.amount = {own.amount!r}"
    often, of_one = len(more) >= max(_ENOUGH, len(known) * (_MANY if netted else _ODD)), ""
    # rows together have given back some sessions' whole amount: the app had not finished the others
    in_parts = netted and sum(one.rows > 1 and one.ours == one.theirs for one in known) >= _COMPLETED
    # of a few, one that has all its charge back already, and would get it again
    table = app_ledger(samples)
    unread = netted and table is not None and table.table.name not in own.amount
    again = [one for one in more if one.ours == one.theirs * 2] if unread and len(more) == len(known) else []
    often, more = (True, again) if again and not often else (often and not in_parts, more)
    if not often and (status := _status_in_part(more, known)) is not None:
        more, known = ([one for one in some if one.status == status] for some in (more, known))
        often, of_one = True, f" in {status!r}"
    if more and (often or not netted):  # the net recipe is for refunds in parts
        return (failure if often else warning)(
            f"{text} is more than the app gave back for {len(more)} of {len(known)} sessions{of_one}, "
            f"{_such_as(more[0])}",
            "sessions.amount: what was charged, less what the app gave back or delivered; look at ledger.where, too",
        )
    if len(less) > len(known) * _ODD:
        message = f"{text} is less than the app gave back for {len(less)} of {len(known)} sessions, {_such_as(less[0])}"
        often = len(less) >= max(_ENOUGH, len(known) * _MANY)
        alike = any(all(_is_in_unit(one, unit) for one in less) for unit in _UNITS) or _is_one_ratio(less, known)
        in_unit = often and alike
        fix = f"sessions.amount: what was charged, less what was delivered{', in the unit of the balance' * in_unit}"
        flat = _is_flat(known) and len(less) * 2 > len(known)
        message += ", and the same for all of them" if flat else ""
        return (failure if in_unit or flat else warning)(message, fix)
    return None


def _status_in_part(more: Sequence[PastRefund], known: Sequence[PastRefund]) -> str | None:
    """The only status whose sessions the app gives back less for: all of those that it has refunded."""
    statuses = {one.status for one in more}
    sessions = sum(one.status in statuses for one in known)
    return statuses.pop() if len(statuses) == 1 and len(more) >= max(_ENOUGH, sessions * _MOST) else None


def _is_flat(known: Sequence[PastRefund]) -> bool:
    """Whether the file's amount is always the same, while the app's refunds differ."""
    ours, theirs = {one.ours for one in known}, {one.theirs for one in known}
    return len(known) >= _ALIKE and len(ours) == 1 and len(theirs) >= _ENOUGH


def _is_one_ratio(less: Sequence[PastRefund], known: Sequence[PastRefund]) -> bool:
    """Whether the amount is the same part of the refund for all sessions, whatever that was."""
    ratios = {Fraction(one.theirs) / Fraction(one.ours) if one.ours else None for one in less}
    distinct = {one.theirs for one in less}
    return len(less) == len(known) >= _ALIKE and len(ratios) == 1 and None not in ratios and len(distinct) >= _ENOUGH


def _is_in_unit(one: PastRefund, unit: Decimal) -> bool:
    """Whether the amount is the refund in a larger unit, rounded or not."""
    exact = one.theirs / unit
    return one.ours in (exact, exact.to_integral_value(ROUND_FLOOR), exact.to_integral_value(ROUND_HALF_UP))


def _such_as(sample: PastRefund) -> str:
    return f"such as {sample.session_id}: {number(sample.ours)} instead of {number(sample.theirs)}"


def _accounts(samples: Samples, sessions: Sequence[PastRefund], column: str) -> Check | None:
    known = [one for one in sessions if one.past_account is not None and one.account is not None]
    wrong = [one for one in known if one.account != one.past_account]
    if not wrong:
        return None
    sample = wrong[0]
    message = (
        f"sessions.account = {samples.own.account!r} is another account than the app gave back to for "
        f"{len(wrong)} of {len(known)} sessions, such as {sample.session_id}: {sample.account} instead of "
        f"{sample.past_account} in {column}"
    )
    often = len(wrong) >= max(_ENOUGH, len(known) * _ODD)
    return (failure if often else warning)(message, "sessions.account: who was charged")


def _never(samples: Samples, sessions: Sequence[PastRefund]) -> Check | None:
    """Sessions that the file never pays, although the app gave back what the file says, and to the same account."""
    never = [one for one in sessions if one.never and one.rows and one.account == one.past_account is not None]
    same = [one for one in never if one.amount and abs(one.amount) == abs(one.past_amount)]
    if len(same) < _ENOUGH or all(one.never for one in sessions):  # then it is a mark of a refund
        return None
    return warning(
        f"sessions.never = {samples.own.never!r} is true of {len(same)} of "
        f"{len(sessions)} sessions that the app refunded, such as {named([one.session_id for one in same])}, with the "
        "amount and the account of the file: others of that kind are not refunded",
        "sessions.never: true only of what is never to be refunded",
    )


def _others(
    samples: Samples,
    sessions: Sequence[PastRefund],
    compared: Sequence[ComparedColumn],
    unwritten: Sequence[Column],
    unique: Collection[str],
    owners: Collection[str],
    newest: Sequence[str],
) -> Check | None:
    said, lines, moves = [], [], samples.mapping.moves_balances
    grave = False
    for one in compared:
        name = one.column.name
        against = [session.session_id for session in sessions if name in session.opposite]
        if len(against) >= max(_ENOUGH, len(sessions) * _MOST):
            said.append(f"{name} = {one.value} is the other way than in the app's refunds, such as {named(against)}")
            lines.append(f"ledger.insert: {one.column.quoted} = what the app writes there")
            grave = True
        # what else is in a key is the same for all; with a number of its own, or a random one, it is none to find it by
        rests = Counter(session.keyed[name] for session in sessions if name in session.keyed).most_common(1)
        keyed = [session.session_id for session in sessions if rests and session.keyed.get(name) == rests[0][0]]
        if len(keyed) >= max(_ENOUGH, len(sessions) * _MOST):
            is_key = name in unique
            said.append(f"{name} = {one.value!r} does not name the session, as the app's refunds do ({named(keyed)}): "
                        + ("it is unique, so the app's own code would not find our refund by it" if is_key else
                           "if the app's own code looks for refunds by it, it would not find ours"))  # fmt: skip
            lines.append(f"ledger.insert: {one.column.quoted} = what the app writes there")
            grave = grave or is_key
        different = _now(newest, [session.session_id for session in sessions if name in session.differs])
        early = moves and one.not_paid_yet and len(different) >= _ENOUGH
        if early or len(different) > len(sessions) * _MANY:
            at_default = one.meaning == "default"
            default = f"[ledger.insert] leaves {name} at its default, {one.value}, which" if at_default else ""
            said.append(f"{default or f'{name} = {one.value!r}'} is not what the app wrote for {named(different)}")
            if name in owners and len(different) >= _ENOUGH:
                said[-1] += ": the row would be that of another account"
                grave = True
            if early:
                said[-1] += ": something of the app's pays such a row later, so that the balance would move twice"
                grave = True
            lines.append(f"ledger.insert: {one.column.quoted} = what the app writes there")
        left_out = {key: _now(newest, having) for key, having in keys_left_out(samples, sessions, one).items()}
        keys = [f"{key!r} ({named(having)})" for key, having in left_out.items() if having]
        said += [f"{name} = {one.value!r} leaves out what the app wrote: {', '.join(keys)}"] * bool(keys)
        lines += [f"ledger.insert: {one.column.quoted} = what the app writes there"] * bool(keys)
    for column in unwritten:
        filled = _now(newest, [one.session_id for one in sessions if column.name in one.unwritten])
        if len(filled) > len(sessions) * _ODD:
            said.append(
                f"the app fills {column.name} ({len(filled)} of {len(sessions)} refunds, such as {named(filled)}), and "
                "[ledger.insert] leaves it empty"
            )
            if column.name in unique and len(filled) > len(sessions) * _MANY:
                # the app may look there to see whether it has refunded a session
                said[-1] += ": it is unique, so the app's own code would not find our refund by it"
                grave = True
            lines.append(f"ledger.insert: {column.quoted} = what the app writes there")
    return (failure if grave else warning)("; ".join(said), "\n".join(lines)) if said else None


def _now(newest: Sequence[str], found: Sequence[str]) -> Sequence[str]:
    """The sessions found; none where they are the oldest ones alone, so that the app now writes what we do."""
    since = next((place for place, one in enumerate(newest) if one in found), 0)
    return [] if since >= _ENOUGH and len(newest) - since == len(found) else found
