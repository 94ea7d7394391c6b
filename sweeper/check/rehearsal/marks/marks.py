"""Whether a refund leaves a session as the app's own refund code expects it, so that it is not refunded again."""

import re
from collections.abc import Iterator, Sequence

from sweeper.check.rehearsal.marks.other_marks import check_other_marks, check_writes_of_marks
from sweeper.check.rehearsal.marks.parents import refunded_parts, refunded_wholes
from sweeper.check.rehearsal.marks.refund_traces import find_traces, without_netted
from sweeper.check.rehearsal.marks.released_charges import released_and_unpaid
from sweeper.check.rehearsal.marks.session_marks import find_marks, marked_and_unpaid, unwritten_marks, written_columns
from sweeper.check.rehearsal.samples import Samples, marks_in, named
from sweeper.check.rehearsal.statuses.statuses import refunded_by_name
from sweeper.check.result import Check, failure, ok, problems_or_last, warning
from sweeper.config.model import SessionsSection
from sweeper.postgres.templates import fill_expression

_WORD = re.compile(r"\w+")
_FEW, _MANY, _ENOUGH, _PART = 200, 10, 3, 0.1
_RIGHT_EXCLUDE = "sessions.exclude: true of what the app has refunded, and of nothing else"
_HOW_TO_SEE = "sessions.exclude, [ledger] or sessions.charged: how to see that the app has refunded a session itself"


def check_marks(samples: Samples) -> Iterator[Check]:
    """Whether the app finds a failed session after our refund as after its own."""
    yield from problems_or_last([*check_writes_of_marks(samples), *_check_marks(samples)])


def _check_marks(samples: Samples) -> Iterator[Check]:
    """Whether ``exclude`` is true of a failed session after our refund."""
    own, ledger = samples.own, samples.mapping.ledger
    session_ids = samples.failed
    blind = own.exclude is None and ledger is None and own.charged is None
    if again := _paid_again(samples, own, session_ids, blind=blind):
        yield from again
    elif samples.hook_may_write(_looked_at(samples)):
        yield (_traced(samples, blind=blind) if blind or own.exclude or samples.sees_none(session_ids) else None) or ok(
            "a trigger of the app's own on sweeper's refunds can set what the app looks at"
        )
    elif blind:
        nothing = "nothing in the file says what the app has refunded itself: if it does refund, that is paid again"
        found = _by_status(samples) or _by_amount(samples, session_ids) or _traced(samples, blind=True)
        yield found or warning(nothing, _HOW_TO_SEE)
    elif samples.sees_none(session_ids) and (traced := _traced(samples, blind=False)):
        yield traced
    elif own.exclude and (wide := _too_wide(samples, own.exclude, session_ids)):
        yield wide
    elif unmarked := _after_refund(samples, own, session_ids):
        yield unmarked
    elif own.exclude and (traced := _traced(samples, blind=False)):
        yield traced
    elif own.exclude is None:
        yield ok("the file has no exclude: what is refunded is known by the ledger")
    elif not session_ids:
        yield ok("no session has failed yet: not compared")
    else:
        yield ok("exclude is true of a session that a refund has written to: the app finds its mark")


def _looked_at(samples: Samples) -> set[str]:
    """The tables that show that a session was refunded: its own, and those that the file reads."""
    words = set(_WORD.findall(samples.file_says("exclude", "charged", "amount", "status", "stuck_at")))
    tables = {row.table_name for row in samples.tables()}
    return {samples.sessions.name} | {name for name in tables if name.lower() in words}


def _too_wide(samples: Samples, exclude: str, session_ids: tuple[str, ...]) -> Check | None:
    """``exclude`` is true of all failed sessions, also of those without its mark; or of all that succeeded, too."""
    rows = [row for row in samples.look_at(session_ids) if row.is_owed and not row.never]
    excluded = {row.session_id for row in rows if row.excluded}
    if len(excluded) < _MANY or any(not row.excluded for row in rows):
        return None
    if _is_of_all(samples, exclude, session_ids):
        return warning(
            f"exclude = {exclude!r} is true of all {len(excluded)} newest failed sessions, such as "
            f"{named(sorted(excluded))}, so that nobody is paid, and of all that succeeded: it is no mark of a refund",
            _RIGHT_EXCLUDE,
        )
    marked: set[str] = set()
    marks = [mark for mark in find_marks(samples, session_ids) if mark.column.name.lower() in exclude.lower()]
    for mark in marks:
        marked |= {row.session_id for row in mark.read(samples, session_ids)}
    left = sorted(excluded - marked)
    if not marks or len(left) < _ENOUGH:
        return None
    names = ", ".join(mark.name for mark in marks)
    return warning(
        f"exclude = {exclude!r} is true of all {len(excluded)} newest failed sessions, so that nobody is "
        f"paid; of {len(left)} of them, such as {named(left)}, {names} does not say that the app has refunded them",
        _RIGHT_EXCLUDE,
    )


def _is_of_all(samples: Samples, exclude: str, session_ids: Sequence[str]) -> bool:
    """Whether ``exclude`` is true of all that succeeded, and no column that it reads tells these from failed ones."""
    settled = samples.settled_ids()
    if len(settled) < _MANY or not all(row.excluded for row in samples.look_at(settled)):
        return False
    read = set(_WORD.findall(exclude.lower()))
    columns = samples.columns(samples.sessions, lambda one: one.name.lower() in read)
    parts = [[len(samples.texts(one, ids)) / len(ids) for ids in (session_ids, settled)] for one in columns]
    return bool(parts) and all(abs(failed - done) < _PART for failed, done in parts)


def _by_status(samples: Samples) -> Check | None:
    """Sessions that the app refunded have a status of their own, which our refund does not set."""
    found = refunded_by_name(samples)
    if found is None:
        return None
    status, count, some = found
    own = samples.own
    return failure(
        f"the app gives what it has refunded the status {status!r} ({count} sessions, such as {named(some)}), "
        f"and a refund leaves {own.failed[0]!r}: a refund job of the app's own that looks at it would pay again",
        f"sessions.failed: also {status!r}; sessions.exclude: true of {status!r}; and a trigger on sweeper's refunds "
        "that sets it (docs/hooks.md)",
    )


def _by_amount(samples: Samples, session_ids: tuple[str, ...]) -> Check | None:
    """The amount itself is the mark: it is zero after the app's refund, and after ours."""
    own, owed = samples.own, _owed(samples, session_ids)
    if 0 < len(session_ids) == len(owed) or not own.refunded:
        return None
    owed = owed or _owed(samples, samples.settled_ids())  # where nothing is owed, one that succeeded shows it
    nothing = fill_expression("owes_nothing", {"amount": samples.expression("amount", own.amount)})
    if not owed or _unmarked(samples, own.amount, owed[:_FEW], nothing):
        return None
    return ok("a session has no amount once a refund has written to it: the app finds that")


def _after_refund(samples: Samples, own: SessionsSection, session_ids: tuple[str, ...]) -> Check | None:
    """What still looks owed to the app once a refund has written to it, or has not the app's own marks."""
    owed = _owed(samples, session_ids[:_FEW])
    if unmarked := _unmarked(samples, own.exclude, owed):
        written = ", ".join(own.refunded) or "nothing"
        return warning(
            f"exclude = {own.exclude!r} is not true of a session after a refund, such as {named(unmarked)}: "
            f"[sessions.refunded] writes {written}, so a refund job of the app's own that looks at it would pay again",
            '[sessions.refunded]: what the app\'s own code writes there when it refunds, such as refunded_at = "at"; '
            "a condition that is not such a mark belongs in sessions.never",
        )
    if left := _left(samples, own, owed):
        written = ", ".join(f"{column} = {value!r}" for column, value in own.refunded.items())
        return warning(
            f"sessions.amount = {own.amount!r} is still above zero after a refund, such as for {named(left)}: "
            f"[sessions.refunded] writes {written}, so a refund job of the app's own that reads it would pay the rest",
            "[sessions.refunded]: what the app's own code writes there when it refunds, in the unit of that column",
        )
    if unwritten := unwritten_marks(samples, session_ids):
        said = "; ".join(
            f"{column} is set on {len(found)} of the newest failed sessions, such as {named(found)}"
            for column, found in unwritten.items()
        )
        return warning(
            f"{said}, and [sessions.refunded] does not write it: a refund job of the app's own that looks at it would "
            "pay again",
            "\n".join(f"[sessions.refunded] {one}: what the app's own refund code writes there" for one in unwritten),
        )
    return next(check_other_marks(samples), None)


def _left(samples: Samples, own: SessionsSection, session_ids: tuple[str, ...]) -> list[str]:
    """Sessions with an amount after a refund, although it reads a number that [sessions.refunded] sets."""
    columns = [samples.sessions.column(name) for name in marks_in(own, own.amount)]
    if not any(column and column.is_number for column in columns):
        return []
    nothing = fill_expression("owes_nothing", {"amount": samples.expression("amount", own.amount)})
    return _unmarked(samples, own.amount, session_ids, nothing)


def _owed(samples: Samples, session_ids: Sequence[str]) -> tuple[str, ...]:
    """The sessions with an amount; a run refunds no others."""
    return tuple(row.session_id for row in samples.look_at(session_ids) if row.is_owed)


def _unmarked(
    samples: Samples, exclude: str | None, session_ids: tuple[str, ...], mark: str | None = None
) -> list[str]:
    """Sessions for which ``exclude``, or ``mark``, is not true after a refund; empty where it reads the ledger."""
    mapping = samples.mapping
    if exclude is None or (mapping.ledger is not None and mapping.ledger.table.name.lower() in exclude.lower()):
        return []
    readable = samples.readable(mapping.sessions)  # and everything that `exclude` reads
    written = written_columns(samples, "sessions.refunded", samples.own.refunded)
    looked_at = " ".join((exclude, *(slots["computed"] for slots in written.values()))).lower()
    columns = [
        slots
        for column, slots in written.items()
        if column.quoted == mapping.slots["key"] or (column.name.lower() in looked_at and column in readable)
    ]
    mark = mark or samples.expression("exclude", exclude)
    return [row.session_id for row in samples.read("try_marks", session_ids, mark=mark, columns=columns)]


def _traced(samples: Samples, *, blind: bool) -> Check | None:
    """What looks like refunds of the app's own that nothing in the file mentions."""
    amount, session_ids = samples.own.amount.lower(), samples.list_owed()
    # the amount may subtract what was refunded
    netted = {one.table_name for one in samples.tables() if one.table_name.lower() in amount}
    some = not blind and not samples.sees_none(samples.failed)
    traces = find_traces(samples, session_ids, netted, apart=some) if session_ids else {}
    more: dict[str, list[str]] = {}
    for find in () if some else (refunded_wholes, refunded_parts):
        more = more or (find(samples, session_ids) if session_ids and not traces else {})
    traces |= without_netted(more, netted) | released_and_unpaid(samples, session_ids)
    if not blind:  # one of a few may be a refund in part, or of something else
        traces = {where: found for where, found in traces.items() if len(found) >= _ENOUGH}
    if not traces:
        return None
    nothing = "nothing in the file says what the app has refunded itself" if blind else (
        f"exclude = {samples.own.exclude!r} is not true of sessions that would be paid" if some else
        "by the file the app has refunded none of the newest failed sessions itself"
    )  # fmt: skip
    said = "; ".join(f"{where} ({len(found)} of the newest failed sessions, such as {found[0]})"
                     for where, found in traces.items())  # fmt: skip
    return (warning if some else failure)(f"{nothing}, and there is what looks like it: {said}", _HOW_TO_SEE)


def _paid_again(samples: Samples, own: SessionsSection, session_ids: tuple[str, ...], *, blind: bool) -> list[Check]:
    """Sessions that would be paid although their own columns or rows of other tables say refunded."""
    missed: dict[str, list[str]] = {}
    if not blind:  # only then every possible mark is read
        missed = marked_and_unpaid(samples, session_ids) if own.exclude else {}
        missed = missed or released_and_unpaid(samples, session_ids)
    if not missed:
        return []
    said = "; ".join(
        f"{column} says that {len(found)} of the newest failed sessions are refunded, such as {named(found)}"
        for column, found in missed.items()
    )
    known = f"exclude = {own.exclude!r} is not true of" if own.exclude else "the file does not know"
    found = (warning if own.attempt else failure)(  # it may be owed for a later charge
        f"{known} sessions that would be paid again: {said}"
        f"{'; or an earlier charge of theirs was' if own.attempt else ''}",
        f"sessions.exclude: true of what the app has refunded (look at {next(iter(missed))}), and not of what is owed; "
        "or sessions.amount: less what was given back, if that is a part",
    )
    return [found]
