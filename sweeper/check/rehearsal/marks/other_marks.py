"""Marks that a refund writes to a session, where the app's own refunds have written another word or number."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from sweeper.app.catalog import JSON_TYPES, Column, has_subquery, words_in
from sweeper.app.over_refund import names_in
from sweeper.check.rehearsal.marks.session_marks import written_columns
from sweeper.check.rehearsal.samples import Samples, marks_in, named
from sweeper.check.rehearsal.words import LITERALS, NOTE, UNDONE, WRITER
from sweeper.check.result import Check, warning
from sweeper.postgres.templates import fill_expression

# values that differ from refund to refund, or that the app words in its own way
_OWN = {"at", "refund_id", "run_id", "reason", "detail", "layer", "attempt"}
_CALL = re.compile(r"\b(now|random|nextval|current_timestamp|clock_timestamp|\w*uuid\w*)\b", re.IGNORECASE)
# what the app calls its own writer, or a note, the file may call otherwise
_FREE = re.compile(f"{WRITER.pattern}|{NOTE.pattern}")
_CONSTANT = re.compile(r"('[^'\s]*'|-?[\d.]+)(::[\w.\" ]+)?")
_ENOUGH, _SEVERAL, _MOST = 3, 5, 0.9


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


def check_writes_of_marks(samples: Samples) -> Iterator[Check]:
    """Compare what a refund writes to a session with those that have failed, and those that the app has refunded."""
    own = samples.own
    yield from _other_attempts(samples)
    yield from _not_closed(samples)
    yield from _unlike_others(samples, "close", own.close, samples.failed, "that failed")
    yield from _unlike_others(samples, "refunded", own.refunded, samples.refunded_ids(), "that the app has refunded")


def _not_closed(samples: Samples) -> Iterator[Check]:
    """A status worked out from columns that closing a session leaves as they are: its refund is refused."""
    own, sessions, slots = samples.own, samples.sessions, samples.mapping.slots
    # what a subquery reads, a hook may write
    if sessions.column(own.status) or has_subquery(own.status) or samples.hook_may_write([sessions.name]):
        return
    running = samples.running[:_SEVERAL]
    if not running or samples.trigger_may_write(sessions.name):
        return
    written = written_columns(samples, "sessions.close", own.close | own.refunded)
    read = {slots["key"], *(column.quoted for name in words_in(own.status) if (column := sessions.column(name)))}
    columns = [one for column, one in written.items() if column.quoted in read]
    left = samples.try_read("try_marks", running, mark=fill_expression("is_failed", slots), columns=columns)
    if len(left) == len(running):
        said = ", ".join(own.close) or "nothing"
        yield warning(
            f"[sessions.close] writes {said}, and by sessions.status = {own.status!r} a session that is closed, such "
            f"as {named([row.session_id for row in left])}, has not failed: each refund of a stuck session is refused",
            f"[sessions.close]: the columns that make it {own.failed[0]!r}; or a trigger on sweeper's refunds",
        )


def _other_attempts(samples: Samples) -> Iterator[Check]:
    """A column that is written with a refund, and tells the charges of a session apart."""
    own, sessions = samples.own, samples.sessions
    attempt = own.attempt or ""
    read = set() if has_subquery(attempt) else {one for name in words_in(attempt) if (one := sessions.column(name))}
    for section, values, what in (
        ("close", own.close, "each refund of a stuck session is refused for this"),
        ("refunded", own.refunded, "each refund is refused for this"),
        ("reversed", own.reversed, "a session whose refund was taken back would be paid again"),
    ):
        for text, value in values.items():
            if (column := sessions.column(text)) in read and column and not _keeps(column, value, attempt):
                yield warning(
                    f"[sessions.{section}] sets {column.name} to {value!r}, and sessions.attempt = {attempt!r} reads "
                    f"it: what it changes looks like another charge, and {what}",
                    "sessions.attempt: what a refund leaves as it is, such as the id of the charge",
                )


def _keeps(column: Column, value: str, attempt: str) -> bool:
    """Whether other keys of JSON are written than those that the attempt reads."""
    written, keys = (set(re.findall(r"\w+", " ".join(LITERALS.findall(text)))) for text in (value, attempt))
    return column.base_type in JSON_TYPES and column.name in words_in(value) and bool(keys) and not written & keys


def _unlike_others(
    samples: Samples, section: str, values: Mapping[str, str], session_ids: Sequence[str], which: str
) -> Iterator[Check]:
    """The start of a session; a word or flag that others have, and none of these; a time that none of these has."""
    own, sessions = samples.own, samples.sessions
    written = {column: value.strip() for text, value in values.items() if (column := sessions.column(text))}
    readable = samples.readable(sessions) if written and len(session_ids) >= _SEVERAL else []
    live = [*samples.running, *samples.list_owed()] if readable else []
    live = [one for one in live if one not in session_ids]
    others = [*live, *samples.settled_ids()] if readable else []
    newest = f"of the {len(session_ids)} newest sessions {which}"
    for column, value in written.items():
        said = ""
        if column == sessions.column(own.started_at):
            said = "is when the session began: sessions.started_at"
        elif column in readable and (column.is_flag or (column.is_word and not _FREE.search(column.name))):
            word = value.removesuffix("::" + column.full_type).strip("'")
            if word == "false" and column.name.lower() not in samples.file_says("exclude", "status", "never"):
                continue  # such as what tells of a change that another job has not passed on yet
            has = Counter(samples.texts(column, session_ids).values())
            usual, count = has.most_common(1)[0] if has else ("", 0)
            is_of_others = [*samples.texts(column, others).values()].count(word) >= _ENOUGH
            if is_of_others and count >= len(session_ids) * _MOST and not has[word]:
                said = f"is {usual!r} for {count} {newest}, and {word!r} for none"
        elif column in readable and column.is_time and not samples.texts(column, session_ids):
            ends = [one for one in readable if one.is_time and one.nullable and one not in written]
            end = next((one for one in ends if _is_end(samples, one, session_ids, live)), None)
            if end or UNDONE.search(column.name):
                said = f"is set for none {newest}" + (f", and {end.name} for all" if end else "")
        if said:
            yield warning(
                f"[sessions.{section}] sets {column.name} to {value!r}, and that column {said}",
                f"[sessions.{section}] {column.quoted}: what the app's own code writes there",
            )


def _is_end(samples: Samples, column: Column, session_ids: Sequence[str], live: Sequence[str]) -> bool:
    """Whether all of these sessions have a time that none has which is not yet as they are."""
    return len(samples.texts(column, session_ids)) == len(session_ids) and not samples.texts(column, live)


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
