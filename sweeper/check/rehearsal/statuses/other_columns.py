"""Other columns than the mapped status that say what became of the work: a status of its own, flags and times."""

import re
from collections.abc import Iterator, Sequence

from sweeper.app.catalog import Column
from sweeper.check.rehearsal.samples import Samples, named
from sweeper.check.rehearsal.statuses.listed_statuses import count_ended
from sweeper.check.rehearsal.times.running import is_stuck
from sweeper.check.rehearsal.words import CANCELED, is_mark
from sweeper.check.result import Check, failure, warning
from sweeper.config.model import STUCK_AFTER_DEFAULT
from sweeper.postgres.templates import Slots

_OF_PAYMENT = re.compile(r"bill|pay(ment|ed)?|paid|credit|charge|refund|settle|wallet", re.IGNORECASE)
_OF_WORK = re.compile(r"(status|state|phase)", re.IGNORECASE)
_FAILED = re.compile(r"fail|error|time_?d?_?out|crash|dead|killed|lost|abort|exception", re.IGNORECASE)
# what was aborted, or whose lease expired, is not over but dead; what was skipped or rejected may be owed as well
_OVER = re.compile(r"cancel|finish|complet|(?<![a-z])done|^(is_?|was_?)?(ended|closed)|withdrawn", re.IGNORECASE)
# not what a watchdog canceled, nor when something is to be canceled, or that a reminder was
_BY_CHOICE = re.compile(
    rf"((is|was|user|customer|client|job|task|run)_?)*(cancell?ed|withdrawn|({CANCELED.pattern})[^_]*)"
    r"(_?(\w\w|time|date))?",
    re.IGNORECASE,
)
_NOT_YET = re.compile(r"request|want|ask|able|allow|auto|expect|estimat|plan|due|on_|notif|reason|_by", re.IGNORECASE)
_SUCCESS = re.compile(r"(is_?|was_?)?(ok|success|successful|succeeded|delivered|passed)", re.IGNORECASE)
_ENOUGH, _DAY = 3, 86_400.0


def check_other_columns(samples: Samples, settled: Sequence[str]) -> list[Check]:
    """What the first of these rules finds that finds anything."""
    for rule in (check_swapped, check_over, check_canceled, check_endless, check_success, check_new):
        if found := list(rule(samples, settled)):
            return found
    return []


def check_other_status(samples: Samples) -> Iterator[Check]:
    """Sessions that would be paid because of their payment status, although their work did not fail."""
    sessions, own = samples.sessions, samples.own
    mapped = sessions.column(own.status)
    if mapped is None or not _OF_PAYMENT.search(mapped.name):
        return
    others = [one for one in sessions.columns.values() if _OF_WORK.fullmatch(one.name) and one.is_word]
    for column, said in samples.texts_of_owed(others):
        rest = [one for one, text in said.items() if not _FAILED.search(text)]
        if len(said) - len(rest) >= _ENOUGH and len(rest) >= _ENOUGH:
            yield failure(
                f"{column.name} says of {len(rest)} of {len(said)} sessions that would be paid that their "
                f"work has not failed, such as {named(rest)} ({said[rest[0]]}): "
                f"sessions.status = {own.status!r} is what became of the payment",
                f"sessions.status = {column.quoted!r}, with its values in failed, running and succeeded",
            )
            return


def check_success(samples: Samples, settled: Sequence[str]) -> Iterator[Check]:
    """A flag that is named for success, true of sessions that would be paid, and of none that the app has refunded.

    Where it has refunded few, only if no session succeeded by the file: such a flag may say something else.
    """
    read = set(re.findall(r"\w+", samples.file_says("status", "exclude", "never", "amount")))
    flags = samples.columns(samples.sessions, lambda one: one.is_flag and _SUCCESS.fullmatch(one.name), noted=False)
    for column, said in samples.texts_of_owed([one for one in flags if one.name.lower() not in read]):
        owed = [one for one, text in said.items() if text == "true"]
        refunded = samples.texts(column, samples.refunded_ids())
        known = len(refunded) >= _ENOUGH or (not settled and len(owed) < len(samples.list_owed()))
        if len(owed) >= _ENOUGH and known and "true" not in refunded.values():
            yield (failure if len(refunded) >= _ENOUGH else warning)(
                f"{column.name} is true of {len(owed)} sessions that would be paid, such as {named(owed)}, and of none "
                f"of the {len(refunded)} that the app has refunded: they have succeeded",
                f"sessions.status: another state where {column.quoted} is true, and that in sessions.succeeded",
            )
            return


def check_new(samples: Samples, _: Sequence[str]) -> Iterator[Check]:
    """A number for a status in `failed` that no session has kept for a day, as it would if it were an end.

    Others in `failed` are older, the app has refunded none of it, and none has an end or an error.
    """
    over = {one.status for one in count_ended(samples, samples.failed) if one.ended or one.errors}
    rows = [row for row in samples.read_failed() if row.age is not None and not row.never]
    for status in {row.status for row in rows if re.fullmatch(r"-?\d+", row.status)} - over:
        ours, others = ([row for row in rows if (row.status == status) is same] for same in (True, False))
        new = len(ours) >= _ENOUGH and max(row.age or 0 for row in ours) < _DAY
        old = [row for row in others if (row.age or 0) >= _DAY]
        if new and len(old) >= _ENOUGH and len(old) * 2 > len(others) and not any(row.is_refunded for row in ours):
            yield warning(
                f"sessions.failed has {status}: all {len(ours)} such sessions, such as "
                f"{named([row.session_id for row in ours])}, began within a day, and {len(old)} of {len(others)} "
                "others that failed before that: does the work still go on?",
                f"sessions.running: {status}, when it does",
            )


def check_over(samples: Samples, settled: Sequence[str]) -> Iterator[Check]:
    """A column that only stuck sessions have set, and none that is alive, has failed or has succeeded.

    Or some that failed as well, and none of those that the app has refunded. A step of the work is completed as well
    where it succeeds: without such sessions nothing is known.
    """
    columns = _columns(samples)
    running = samples.running
    if not columns or not settled or len(running) <= _ENOUGH or samples.own.stuck_at is not None:
        return
    beat = samples.expression("active_at", samples.own.active_at)
    rows = samples.read("look_at_running", running, beat=beat, deadline="NULL")
    stuck = {row.session_id for row in rows if is_stuck(samples.context, row)}
    paid, marked = set[str](), [set[str]() for _ in columns]
    known = [*running, *{*samples.failed, *settled}]
    kinds: list[Slots] = [{"column": one.quoted, "said": "yes" if one.category == "B" else ""} for one in columns]
    rows = samples.read("read_amounts", known, owner="NULL", numbers=[], kinds=kinds)
    for row in rows:
        paid |= {row.session_id} if not (row.settled or row.never) else set()
        for place, word in enumerate(row.words):
            marked[place] |= {row.session_id} if word in ("", "true") else set()
    owed = {*samples.list_owed()} if len(samples.refunded_ids()) >= _ENOUGH else set()
    for column, found in zip(columns, marked, strict=True):
        over, others = sorted(found & paid), found - stuck
        only = not others or (len(others) >= _ENOUGH and others <= owed and found & stuck)
        if len(over) >= _ENOUGH and only and set(running) - found:
            which = "run or failed" if others else "run"
            none = "the app has refunded or that" if others else "has failed or"
            yield failure(
                f"{column.name} is set on {len(over)} sessions that {which} by the file, such as {named(over)}, on "
                f"none that shows a sign of life, and on none that {none} succeeded: they are over, and would be "
                "closed and paid",
                f"sessions.status: another state where {column.quoted} is set; or sessions.never",
            )
            return


def check_canceled(samples: Samples, _: Sequence[str]) -> Iterator[Check]:
    """What a customer canceled, as a flag or time says, and an expression calls failed; the app has refunded none."""
    own, refunded = samples.own, samples.refunded_ids()
    if samples.sessions.column(own.status) is not None or len(refunded) < _ENOUGH:
        return
    marks = samples.columns(samples.sessions, lambda one: is_mark(one) and _BY_CHOICE.fullmatch(one.name), noted=False)
    for column, said in samples.texts_of_owed([one for one in marks if not _NOT_YET.search(one.name)]):
        canceled = [one for one, text in said.items() if text != "false"]
        known = {*samples.texts(column, refunded).values()} - {"false"}
        if len(canceled) >= _ENOUGH and not known:
            yield failure(
                f"{column.name} is set on {len(canceled)} sessions that would be paid, such as {named(canceled)}, and "
                f"on none of the {len(refunded)} that the app has refunded: sessions.status = {own.status!r}",
                f"sessions.status: another state where {column.quoted} is set, and that in sessions.succeeded",
            )
            return


def check_swapped(samples: Samples, settled: Sequence[str]) -> Iterator[Check]:
    """All that run by the file have an end, and none that succeeded; a failure of an earlier try is no end."""
    own = samples.own
    end = own.ended_at or own.failed_at
    if not end or _FAILED.search(end):
        return
    running, done = (count_ended(samples, some, end) for some in (samples.running if own.running else [], settled))
    over = bool(running) and all(one.ended == one.sessions >= _ENOUGH for one in running)
    if over and len(settled) >= _ENOUGH and not any(one.ended for one in done):
        yield failure(
            f"by sessions.status = {own.status!r}, all sessions that run have an end, such as "
            f"{named(running[0].samples)}, and none that succeeded: one is taken for the other",
            "sessions.status, or sessions.running: what has no end",
        )


def check_endless(samples: Samples, settled: Sequence[str]) -> Iterator[Check]:
    """The newest sessions that failed by an expression have no end, as all have that the app has refunded.

    What crashed may have none either: it has an error, or began so long ago that a run would close it anyway.
    """
    own, newest = samples.own, samples.failed
    if own.ended_at is None or samples.sessions.column(own.status) is not None:
        return
    rows, refunded, owed = samples.read_failed(), samples.refunded_ids(), samples.list_owed()
    known, endless = ([*count_ended(samples, some)] for some in ([*refunded, *settled], owed[:_ENOUGH]))
    if min(len(refunded), len(settled), len(owed)) < _ENOUGH or any(one.ended < one.sessions for one in known):
        return
    (age,) = [one.age for one in rows if one.session_id == owed[0]]
    limit = samples.settings.stuck_after(rows[0].status) or STUCK_AFTER_DEFAULT
    if age is None or age >= limit.total_seconds() or any(one.errors for one in endless):
        return
    if not any(one.ended for one in endless) and newest.index(owed[0]) < newest.index(refunded[0]):
        left = sum(one.sessions - one.ended for one in count_ended(samples, owed))
        # where the file knows of none that run, these may be all of them
        yield (warning if own.running else failure)(
            f"{left} of {len(owed)} sessions that would be paid have no end, also the newest, such as "
            f"{named(owed)}, and all {len(refunded)} have one that the app has refunded: do they still run? "
            f"sessions.status = {own.status!r}",
            "sessions.status: another state where the work goes on, and that in sessions.running",
        )


def _columns(samples: Samples) -> list[Column]:
    """The flags and times whose names say it, and that the file does not read."""
    read = set(re.findall(r"\w+", samples.file_says("status", "exclude", "never", "failed_at", "stuck_at", "amount")))
    named_so = samples.columns(samples.sessions, lambda one: is_mark(one) and _OVER.search(one.name), noted=False)
    return [one for one in named_so if not _NOT_YET.search(one.name) and one.name.lower() not in read]
