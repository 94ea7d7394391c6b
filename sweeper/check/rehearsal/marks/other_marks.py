"""Marks that a refund writes to a session, where the app's own refunds have written another word or number."""

import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from sweeper.app.catalog import Column, words_in
from sweeper.app.over_refund import names_in
from sweeper.check.rehearsal.marks.session_marks import written_columns
from sweeper.check.rehearsal.samples import Samples, marks_in, named
from sweeper.check.rehearsal.words import NOTE, WRITER
from sweeper.check.result import Check, warning
from sweeper.postgres.templates import fill_expression

# values that differ from refund to refund, or that the app words in its own way
_OWN = {"at", "refund_id", "run_id", "reason", "detail", "layer", "attempt"}
_CALL = re.compile(r"\b(now|random|nextval|current_timestamp|clock_timestamp|\w*uuid\w*)\b", re.IGNORECASE)
# what the app calls its own writer, or a note, the file may call otherwise
_FREE = re.compile(f"{WRITER.pattern}|{NOTE.pattern}")
_CONSTANT = re.compile(r"('[^'\s]*'|-?[\d.]+)(::[\w.\" ]+)?")
_ENOUGH, _MOST = 3, 0.9


def check_other_marks(samples: Samples) -> Iterator[Check]:
    """Compare what [sessions.refunded] writes with what sessions have that the app has refunded."""
    # a mark of work that is still to be done is another one once something of the app's has done it
    if samples.mapping.is_by_account or not (samples.mapping.has_balance or samples.mapping.ledger):
        return
    amounts = {row.session_id: row.amount for row in samples.read_failed() if row.is_refunded and row.is_owed}
    refunded = list(amounts)
    owed = samples.list_owed()
    for column, value in _compared(samples) if len(refunded) >= _ENOUGH and owed else ():
        has, others = samples.texts(column, refunded), samples.texts(column, owed)
        if len(has) < len(refunded) * _MOST or set(others.values()) & set(has.values()):
            continue  # the app does not write there when it refunds
        is_usual = Counter(has.values()).most_common(1)[0][1] >= len(has) * _MOST
        is_amount = column.is_number and all(amounts[one] == Decimal(text) for one, text in has.items())
        if _CONSTANT.fullmatch(value.strip()) and not (is_usual or is_amount):
            continue  # it says how or why, and not that
        unlike = [session_id for session_id in _unlike(samples, column, refunded) if session_id in has]
        if len(unlike) >= max(_ENOUGH, len(refunded) * _MOST):
            yield warning(
                f"[sessions.refunded] {column.name} = {value!r} is something else than {len(unlike)} of "
                f"{len(refunded)} sessions have that the app has refunded, such as {named(unlike)}: there it is "
                f"{has[unlike[0]]}",
                f"[sessions.refunded] {column.quoted}: what the app's own code writes there when it refunds",
            )
            return


def _compared(samples: Samples) -> Iterator[tuple[Column, str]]:
    """The columns that a refund sets to a number or a word, which does not depend on what it has there already."""
    own, sessions = samples.own, samples.sessions
    netted = bool(marks_in(own, own.amount))  # then nothing is left of it
    readable = samples.readable(sessions)
    for text, value in own.refunded.items():
        column, names = sessions.column(text), names_in(value)
        if column is None or column not in readable or column.generated or names & _OWN or _CALL.search(value):
            continue
        is_constant = _CONSTANT.fullmatch(value.strip())
        compared = column.is_number or (is_constant and column.is_word)
        if is_constant and _FREE.search(column.name):
            continue
        if compared and column.name not in words_in(value) and not (netted and "amount" in names):
            yield column, value


def _unlike(samples: Samples, column: Column, session_ids: list[str]) -> list[str]:
    """The sessions in which a refund would write something else than they have."""
    mapping = samples.mapping
    written = written_columns(samples, "sessions.refunded", samples.own.refunded)
    columns = [slots for one, slots in written.items() if one == column or one.quoted == mapping.slots["key"]]
    mark = fill_expression("as_it_was", {**mapping.slots, "column": column.quoted})
    return [row.session_id for row in samples.try_read("try_marks", session_ids, mark=mark, columns=columns)]
