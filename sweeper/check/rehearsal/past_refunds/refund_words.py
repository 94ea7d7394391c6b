"""Words and keys of the app's refunds, which ours would not have: then its own code may not find them."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from sweeper.app.catalog import Column, words_in
from sweeper.check.rehearsal.ledger.app_ledger import app_ledger
from sweeper.check.rehearsal.ledger.linked_sessions import read_kinds
from sweeper.check.rehearsal.past_refunds.compared_columns import ComparedColumn
from sweeper.check.rehearsal.past_refunds.past_rows import PastRefund
from sweeper.check.rehearsal.samples import Samples, named
from sweeper.check.rehearsal.words import LITERALS, NOTE, WRITER
from sweeper.check.result import Check, failure, warning
from sweeper.postgres.templates import fill_expression, quote_text

_ENOUGH, _DIFFERENT, _MOST = 3, 2, 0.9
_COLUMNS_AT_MOST = 8
_TEXT = re.compile(r"\s*'([^']*)'(?:::.*)?\s*")


def wrong_words(samples: Samples, sessions: Sequence[PastRefund], compared: Sequence[ComparedColumn]) -> Check | None:
    """The first of these that is found: one word may be wrong in several ways."""
    for find in (_spelt_otherwise, _words_of_charges, _words_of_sessions, _another_word):
        if found := find(samples, sessions, compared):
            return found
    return _unwritten_key(samples, sessions)


def _words_of_charges(
    samples: Samples, sessions: Sequence[PastRefund], compared: Sequence[ComparedColumn]
) -> Check | None:
    """A text that no refund of the app's has, and that rows of most sessions that succeeded have, such as charges.

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
            what = "charges" if takes else "other rows"  # the word of which may be free, where it says no kind
            if (
                often
                and (takes or one.column.name in words_in(ledger.section.where))
                and one.value.strip().startswith(quote_text(row.kind))
            ):  # maybe with a cast
                return warning(
                    f"{one.column.name} = {one.value} is what the app writes for {what}, such as those of "
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


def _words_of_sessions(
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
        if column := _has_all(samples, theirs, texts):
            return (failure if len(different) >= _ENOUGH else warning)(
                f"{name} = {one.value} is not what the app wrote for {len(different)} of {len(sessions)} refunds, "
                f"such as of {named(different)}: there it has {column.name} of the session",
                f"[ledger.insert] {one.column.quoted} = 's.{column.quoted}'",
            )
    return None


def _has_all(samples: Samples, theirs: Mapping[str, str | None], columns: Sequence[Column]) -> Column | None:
    """The column of the sessions that has the text of each of these."""
    seen = samples.seen(samples.sessions, columns, noted=False)[:_COLUMNS_AT_MOST]
    return next((one for one in seen if samples.texts(one, list(theirs)) == theirs), None)


def _spelt_otherwise(
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


def _unwritten_key(samples: Samples, sessions: Sequence[PastRefund]) -> Check | None:
    """A key of JSON by which [ledger.past] knows the app's refunds, and that ours would not have."""
    own = samples.settings.ledger
    if own is None or own.past is None or len(sessions) < _ENOUGH:
        return None
    known = {*LITERALS.findall(f"{own.past.where} {own.past.session}")}
    known -= {*LITERALS.findall(f"{own.where} {own.session}")}
    for column, key in sorted({pair for one in sessions for pair in one.lacking if pair[1] in known}):
        without = [one.session_id for one in sessions if (column, key) in one.lacking]
        if len(without) >= len(sessions) * _MOST:
            return warning(
                f"the app's own refunds have {key!r} in {column}, by which [ledger.past] finds them, such as those of "
                f"{named(without)}, and ours would not: if its own code looks for that, it does not find ours",
                f"[ledger.insert] {column}: with {key!r}, as the app writes it",
            )
    return None


def keys_left_out(samples: Samples, sessions: Sequence[PastRefund], compared: ComparedColumn) -> dict[str, list[str]]:
    """Keys of JSON that nearly all of the app's refunds have and ours would not, with the sessions.

    Only those that are alike in these, or name the session, its account or the amount, or a word of the session: no
    file can write the others, such as the address of who asked.
    """
    column, found = compared.column.name, {}
    keys = {key for one in sessions for name, key in one.lacking if name == column and not compared.meaning}
    words = [one for one in samples.sessions.columns.values() if one.is_word]
    for key in sorted(keys):
        having = [(one, one.lacking[column, key]) for one in sessions if (column, key) in one.lacking]
        ((_, alike),) = Counter(str(value) for _, value in having).most_common(1)
        naming = [one for one, value in having
                  if value == one.theirs or str(value) in (one.session_id, one.past_account)]  # fmt: skip
        theirs: dict[str, str | None] = {one.session_id: text for one, text in having if isinstance(text, str)}
        same = max(alike, len(naming)) >= len(sessions) * _MOST
        if same or (len(theirs) >= max(_ENOUGH, len(sessions) * _MOST) and _has_all(samples, theirs, words)):
            found[key] = [one.session_id for one, _ in having]
    return found


def _another_word(samples: Samples, sessions: Sequence[PastRefund], compared: Sequence[ComparedColumn]) -> Check | None:
    """A word by which the file finds refunds, or the label of an enum, that is another one in all of the app's refunds.

    Where these are found by ``[ledger.past]``, what ``where`` reads says that a refund is ours.
    """
    own = samples.settings.ledger
    known, past = words_in(own.where) if own else set(), own.past if own else None
    if past is not None:
        known = words_in(past.where or "") - known
    for one in compared if len(sessions) >= _ENOUGH else ():
        name = one.column.name
        theirs = {session.words.get(name) for session in sessions if session.words or session.rows < _DIFFERENT}
        is_note = NOTE.search(name) or WRITER.search(name)  # why and by whom is said of ours in another way
        is_label = one.column.category == "E" and not is_note and name not in words_in(own.where if own else "")
        if one.meaning != "text" or not (name in known or is_label) or len(theirs) != 1:
            continue
        word = theirs.pop()
        written = quote_text(word or ""), f"'{word}'"  # a backslash may stand alone
        is_looked_for = any(text in (past.where or "") for text in written) if past is not None else not is_note
        if (is_looked_for or is_label) and all(name in session.worded for session in sessions):
            return warning(
                f"{name} = {one.value} is {word!r} in all of the app's {len(sessions)} refunds, such as of "
                f"{named([one.session_id for one in sessions])}: if its own code looks for that, it does not find ours",
                f"[ledger.insert] {one.column.quoted} = what the app's refunds have there",
            )
    return None


def _plain(text: str) -> str:
    """A word without case, spaces and signs."""
    return re.sub(r"[\W_]+", "", text).casefold()
