"""Amounts of the app's refunds that no column shows: in JSON, behind a mark, with the session; and words of charges."""

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from sweeper.app.catalog import words_in
from sweeper.check.rehearsal.ledger.app_ledger import app_ledger
from sweeper.check.rehearsal.ledger.linked_sessions import read_kinds
from sweeper.check.rehearsal.marks.session_marks import number_marks, written_columns
from sweeper.check.rehearsal.past_refunds.compared_columns import ComparedColumn
from sweeper.check.rehearsal.past_refunds.past_rows import PastRefund
from sweeper.check.rehearsal.samples import Samples, is_owed, named
from sweeper.check.rehearsal.words import NOTE, WRITER, is_in_unit, is_money
from sweeper.check.result import Check, failure, warning
from sweeper.postgres.templates import fill_expression, quote_text
from sweeper.postgres.transaction import Row

_ENOUGH, _DIFFERENT, _MOST = 3, 2, 0.9
_SEVERAL, _PART, _UNLIKE = 5, 0.25, 3
_COLUMNS_AT_MOST = 8
_TEXT = re.compile(r"\s*'([^']*)'(?:::.*)?\s*")


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
    marks = [mark.column for mark in number_marks(samples)]
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


def words_of_charges(
    samples: Samples, sessions: Sequence[PastRefund], compared: Sequence[ComparedColumn]
) -> Check | None:
    """A text that no refund of the app's has, and that rows of most sessions that succeeded have: their charges.

    Or that rows have which are about no session, such as purchases. Who wrote a row is another, if a text is the app's.
    """
    ledger = app_ledger(samples)
    if len(sessions) < _ENOUGH or ledger is None or not ledger.amounts:
        return None
    settled = samples.settled_ids()
    worded = frozenset[str]().union(*(session.worded for session in sessions))
    has_kind = any(one.meaning == "text" and one.column.name not in worded for one in compared)
    for one in compared:
        if not all(one.column.name in session.worded for session in sessions):
            continue
        if has_kind and WRITER.search(one.column.name):
            continue
        for row in read_kinds(samples, one.column, ledger.amounts[0], settled):
            often = row.sessions >= _ENOUGH and row.sessions * 2 > len(settled)
            # an amount without a sign is that of a charge where it is all that most of them took
            takes = not row.gives or row.whole * 2 > len(settled)
            if often and takes and one.value.strip().startswith(quote_text(row.kind)):  # maybe with a cast
                return warning(
                    f"{one.column.name} = {one.value} is what the app writes for charges, such as those of "
                    f"{row.samples[0]} and {row.sessions - 1} other sessions that succeeded, and for none of its "
                    f"{len(sessions)} refunds",
                    f"[ledger.insert] {one.column.quoted} = what the app's refunds have there",
                )
        of_none = fill_expression("of_no_session", {**samples.mapping.slots, "column": one.column.quoted,
                                                    "text": one.value})  # fmt: skip
        _, count = samples.count_where(ledger.table, of_none)
        if count >= _ENOUGH:
            return warning(
                f"{one.column.name} = {one.value} is what {count} rows have that are about no session, and none of the "
                f"app's {len(sessions)} refunds has it",
                f"[ledger.insert] {one.column.quoted} = what the app's refunds have there",
            )
    return None


def words_of_sessions(
    samples: Samples, sessions: Sequence[PastRefund], compared: Sequence[ComparedColumn]
) -> Check | None:
    """A text that is always the same, where the app's refunds have what a column of their session has.

    One that none of them has may be a note; a label of an enum is none. Or the session's id, where the refunds of some
    have what these name, such as the first of several tries.
    """
    for one in compared:
        name, is_id = one.column.name, one.value.strip() == "session_id"
        theirs = {session.session_id: session.words[name] for session in sessions if session.words.get(name)}
        different = [session.session_id for session in sessions if name in session.worded | session.differs]
        theirs = {key: text for key, text in theirs.items() if not is_id or key in different}
        is_known = len(different) < len(sessions) or one.column.category == "E"
        if not (one.meaning == "text" or is_id) or not (different and is_known):
            continue
        if len(theirs) < (_DIFFERENT if is_id else _ENOUGH) or len(set(theirs.values())) < _DIFFERENT:
            continue
        texts = [column for column in samples.sessions.columns.values()
                 if column.is_word or (is_id and column.full_type == one.column.full_type)]  # fmt: skip
        for column in samples.seen(samples.sessions, texts, noted=False)[:_COLUMNS_AT_MOST]:
            if samples.texts(column, list(theirs)) == theirs:
                return (failure if len(different) >= _ENOUGH else warning)(
                    f"{name} = {one.value} is not what the app wrote for {len(different)} of {len(sessions)} refunds, "
                    f"such as of {named(different)}: there it has {column.name} of the session",
                    f"[ledger.insert] {one.column.quoted} = 's.{column.quoted}'",
                )
    return None


def spelt_otherwise(
    samples: Samples, sessions: Sequence[PastRefund], compared: Sequence[ComparedColumn]
) -> Check | None:
    """A word that the app's refunds spell differently, as `REFUND` for `refund`: the app would not find ours by it."""
    ledger = app_ledger(samples)
    for one in compared:
        ours = _TEXT.fullmatch(one.value) if one.meaning == "text" else None
        if ours is None or ledger is None or " " in ours[1]:  # a note has words of its own
            continue
        theirs = {session.session_id: session.words.get(one.column.name) for session in sessions}
        found = [key for key, text in theirs.items() if text and text != ours[1] and _plain(text) == _plain(ours[1])]
        is_kind = one.column.name in words_in(ledger.section.where)
        # the app may have changed it
        as_ours = [session for session in sessions if one.column.name not in session.worded]
        is_free = NOTE.search(one.column.name) or WRITER.search(one.column.name)
        if as_ours or (is_free and not is_kind):
            continue
        if len(found) >= _ENOUGH and len(found) * 2 > len(sessions):
            return (failure if is_kind else warning)(
                f"{one.column.name} = {one.value} is spelt {theirs[found[0]]!r} in {len(found)} of the app's "
                f"{len(sessions)} refunds, such as of {named(found)}: the app's own code would not find ours by it",
                f"[ledger.insert] {one.column.quoted} = {quote_text(theirs[found[0]] or '')}",
            )
    return None


def another_word(samples: Samples, sessions: Sequence[PastRefund], compared: Sequence[ComparedColumn]) -> Check | None:
    """A word that ``where`` reads, and that is always another one in the app's refunds."""
    own = samples.settings.ledger
    known = words_in(own.where) if own is not None and own.past is None else set()  # else ours are of another kind
    for one in compared if len(sessions) >= _ENOUGH else ():
        name, theirs = one.column.name, {session.words.get(one.column.name) for session in sessions}
        is_kind = one.meaning == "text" and name in known and not (NOTE.search(name) or WRITER.search(name))
        if is_kind and len(theirs) == 1 and all(name in session.worded for session in sessions):
            return warning(
                f"{name} = {one.value} is {theirs.pop()!r} in all of the app's {len(sessions)} refunds, such as of "
                f"{named([one.session_id for one in sessions])}: if its own code looks for that, it does not find ours",
                f"[ledger.insert] {one.column.quoted} = what the app's refunds have there",
            )
    return None


def _plain(text: str) -> str:
    """A word without case, spaces and signs."""
    return re.sub(r"[\W_]+", "", text).casefold()


def balance_for_amount(sessions: Sequence[PastRefund], compared: Sequence[ComparedColumn]) -> Check | None:
    """A balance in the column that has the amount in the app's own refunds."""
    if any(one.meaning == "amount" for one in compared):
        return None
    for one in compared:
        same = [session.session_id for session in sessions if one.column.name in session.own_amount]
        if one.meaning == "running" and len(same) >= max(_ENOUGH, len(sessions) * _MOST):
            return failure(
                f"[ledger.insert] writes a balance into {one.column.name}, where the app's refunds have the amount, "
                f"for {len(same)} of {len(sessions)} sessions, such as {named(same)}",
                f'[ledger.insert] {one.column.quoted} = "amount"',
            )
    return None
