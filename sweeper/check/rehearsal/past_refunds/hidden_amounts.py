"""Amounts of the app's refunds that no column shows: in JSON, behind a mark, with the session."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from sweeper.check.rehearsal.marks.session_marks import number_marks, written_columns
from sweeper.check.rehearsal.past_refunds.past_rows import PastRefund
from sweeper.check.rehearsal.samples import Samples, is_owed, named
from sweeper.check.rehearsal.words import REFERENCE, is_in_unit, is_money
from sweeper.check.result import Check, warning
from sweeper.postgres.transaction import Row

_ENOUGH, _DIFFERENT, _MOST = 3, 2, 0.9
_SEVERAL, _PART, _UNLIKE = 5, 0.25, 3


def amounts_before_refund(samples: Samples, sessions: list[PastRefund]) -> list[PastRefund]:
    """The same sessions with the amounts that they have once [sessions.reversed] has removed the mark of a refund."""
    own, mapping = samples.own, samples.mapping
    if not own.reversed or any(one.amount for one in sessions) or mapping.is_by_account:
        return sessions
    readable = samples.readable(mapping.sessions)
    written = written_columns(samples, "sessions.reversed", own.reversed)
    columns = [slots for column, slots in written.items() if column in readable]
    amount = samples.expression("amount", own.amount)
    rows = samples.read("try_amounts", [one.session_id for one in sessions], amount=amount, columns=columns)
    owed = {row.session_id: abs(Decimal(row.amount)) for row in rows if row.amount is not None}
    return [
        replace(one, amount=owed[one.session_id].copy_sign(one.past_amount)) if one.session_id in owed else one
        for one in sessions
    ]


def amounts_in_json(sessions: list[PastRefund]) -> list[PastRefund]:
    """The same sessions with the amounts of a key of JSON, where no column of the ledger has them."""
    known = [one for one in sessions if one.amount]
    if any(one.rows for one in sessions):
        return sessions
    for name in sorted({name for one in known for name in one.numbers}):
        found = [(one, *one.numbers.get(name, (None, None))) for one in known]
        compared = [
            replace(one, amount=ours, past_amount=theirs, rows=1)
            for one, ours, theirs in found
            if theirs is not None and ours is not None and abs(ours) == one.ours
        ]
        if len(compared) >= max(_ENOUGH, len(known) * _MOST):
            others = {one.session_id: one for one in compared}
            return [others.get(one.session_id, one) for one in sessions]
    return sessions


def unwritten_amount(sessions: Sequence[PastRefund]) -> Check | None:
    """A key of JSON in which the app's refunds have their amount, and that ours would not have."""
    known = [one for one in sessions if one.amount]
    for name in sorted({name for one in known for name in one.numbers}):
        pairs = [(one, *one.numbers.get(name, (None, None))) for one in known]
        without = [one for one, ours, theirs in pairs if ours is None and theirs and abs(theirs) == one.ours]
        amounts = {one.ours for one in without}
        if len(without) >= max(_ENOUGH, len(known) * _MOST) and len(amounts) >= _DIFFERENT:
            column = name.partition(" ")[0]
            return warning(
                f"the app's refunds have their amount in {name}, such as "
                f"{named([one.session_id for one in without])}, and [ledger.insert] writes no number there",
                f"[ledger.insert] {column}: with the amount under that key, as the app writes it",
            )
    return None


def read_given_back(samples: Samples) -> list[PastRefund]:
    """Sessions with an amount, and what a column of theirs says was refunded, in the same unit.

    That is the unit of the amount where it, or another number of the sessions, is the same for some. A column that
    [sessions.refunded] sets to the amount says so of sessions that are refunded by the file: others may have something
    else there.
    """
    sessions, own = samples.sessions, samples.settings.accounts
    moved = own.balance or "" if own else ""
    marks = [mark.column for mark in number_marks(samples) if not REFERENCE.search(mark.column.name)]
    columns = [one for one in marks if is_in_unit(one.name, moved) and (not is_money(one.name) or is_money(moved))]
    others = [one for one in samples.readable(sessions) if one.is_number and one not in marks]
    refunded = {sessions.column(text): value.strip() for text, value in samples.own.refunded.items()}
    written = [one for one, value in refunded.items() if value == "amount"]
    columns = [one for one in columns if not refunded.get(one, "").isdecimal()]  # it counts the refunds
    for column in dict.fromkeys((*columns, *(one for one in samples.readable(sessions) if one in written))):
        numbers = [column, *others]
        rows = samples.read("read_amounts", samples.failed, owner="NULL", numbers=numbers, kinds=[])
        given = [(row, Decimal(row.numbers[0] or 0)) for row in rows if is_owed(Decimal(row.amount or 0))]
        given = [(row, back) for row, back in given if back.is_finite() and back > 0]
        given = [(row, back) for row, back in given if row.settled or column in columns]
        same_unit = bool(given) and column in written
        if same_unit or any(Decimal(row.amount) == back for row, back in given) or _is_another(given):
            return [PastRefund(row.session_id, row.status, None, Decimal(row.amount), past_amount=back, rows=1)
                    for row, back in given]  # fmt: skip
    return []


def _is_another(given: Sequence[tuple[Row, Decimal]]) -> bool:
    """Whether another number of the sessions is what was given back, for enough of them with different ones."""
    places = range(1, len(given[0][0].numbers)) if given else ()
    for place in places:
        same = [back for row, back in given if row.numbers[place] is not None and Decimal(row.numbers[place]) == back]
        if len(same) >= max(_SEVERAL, len(given) * _PART) and len(set(same)) >= _UNLIKE:
            return True
    return False
