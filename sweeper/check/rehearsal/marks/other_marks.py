"""Marks that a refund writes to a session, where the app's own refunds have written another word or number."""

import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from sweeper.app.catalog import Column, words_in
from sweeper.app.over_refund import names_in
from sweeper.check.rehearsal.marks.session_marks import written_columns
from sweeper.check.rehearsal.samples import Samples, marks_in, named
from sweeper.check.rehearsal.words import NOTE, UNDONE, WRITER
from sweeper.check.result import Check, warning
from sweeper.postgres.templates import fill_expression

# values that differ from refund to refund, or that the app words in its own way
_OWN = {"at", "refund_id", "run_id", "reason", "detail", "layer", "attempt"}
_CALL = re.compile(r"\b(now|random|nextval|current_timestamp|clock_timestamp|\w*uuid\w*)\b", re.IGNORECASE)
# what the app calls its own writer, or a note, the file may call otherwise
_FREE = re.compile(f"{WRITER.pattern}|{NOTE.pattern}")
_CONSTANT = re.compile(r"('[^'\s]*'|-?[\d.]+)(::[\w.\" ]+)?")
_ENOUGH, _MANY, _MOST = 3, 10, 0.9


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


def check_closing(samples: Samples) -> Iterator[Check]:
    """Compare what [sessions.close] writes with the sessions that have failed, where the app has closed them."""
    own, sessions, failed = samples.own, samples.sessions, samples.failed
    closed = {column: value.strip() for text, value in own.close.items() if (column := sessions.column(text))}
    readable = samples.readable(sessions) if closed and len(failed) >= _MANY else []
    live = [*samples.running, *samples.settled_ids()] if readable else []
    for column, value in closed.items():
        if column == sessions.column(own.started_at):
            yield _closed_otherwise(column, value, "is when the session began: sessions.started_at")
        elif column in readable and (column.is_flag or (column.is_word and not _FREE.search(column.name))):
            has = Counter(samples.texts(column, failed).values())
            usual, count = has.most_common(1)[0] if has else ("", 0)
            written = value.removesuffix("::" + column.full_type).strip("'")
            of_live = [*samples.texts(column, live).values()].count(written)
            if count >= len(failed) * _MOST and usual != written and not has[written] and of_live >= _ENOUGH:
                said = f"is {usual!r} for {count} of the {len(failed)} newest sessions that failed, and none has this"
                yield _closed_otherwise(column, value, said)
        elif column in readable and column.is_time and not samples.texts(column, failed):
            ends = [one for one in readable if one.is_time and one.nullable and one not in closed]
            end = next((one for one in ends if _is_end(samples, one)), None)
            if end or UNDONE.search(column.name):
                said = f"is set for none of the {len(failed)} newest sessions that failed"
                yield _closed_otherwise(column, value, said + (f", and {end.name} for all" if end else ""))


def _is_end(samples: Samples, column: Column) -> bool:
    """Whether all failed sessions have a time that none has which runs."""
    of_failed = samples.texts(column, samples.failed)
    return len(of_failed) == len(samples.failed) and not samples.texts(column, samples.running)


def _closed_otherwise(column: Column, value: str, said: str) -> Check:
    return warning(
        f"[sessions.close] sets {column.name} to {value!r}, and that column {said}",
        f"[sessions.close] {column.quoted}: what the app's own code writes there when a session fails",
    )


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
