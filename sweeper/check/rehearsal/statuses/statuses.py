"""Whether each status is in the right list, by its name and by the app's own refunds."""

import re
from collections.abc import Iterator, Sequence

from sweeper.check.rehearsal.charges.delivered import check_delivered
from sweeper.check.rehearsal.marks.session_marks import mark_columns, number_marks
from sweeper.check.rehearsal.samples import Samples, by_status, ids_of, marks_in, named
from sweeper.check.rehearsal.statuses.labels import labels_of_statuses
from sweeper.check.rehearsal.statuses.listed_statuses import (
    ENOUGH,
    NOT_DONE,
    Ended,
    StatusSample,
    check_ends,
    check_failures_elsewhere,
    check_status_names,
    count_ended,
    endless,
    errorless,
)
from sweeper.check.rehearsal.statuses.other_columns import check_other_columns, check_other_status
from sweeper.check.rehearsal.words import CANCELED, words_of
from sweeper.check.result import Check, Status, failure, problems_or_last, warning
from sweeper.check.rows import check_statuses as check_named
from sweeper.ledger.past import past_slots
from sweeper.postgres.errors import Refusal, StatementError, TooSlow

_BY_CHOICE = {"cancel", "canceled", "cancelled", "aborted", "withdrawn", "rejected", "declined", "skipped", "deleted",
              "voided", "draft", "await", "awaiting", "waiting", "paused", "scheduled", "pending",
              "queued"}  # fmt: skip
_BY_CUSTOMER = _BY_CHOICE - {"aborted", "rejected", "declined", "skipped"}
_GIVEN_BACK = re.compile(r"refund|revers|return|compensat|cancel|abort|void|credit", re.IGNORECASE)
_RETURNED = re.compile(
    r"refunded|roll(ed)?[ _-]?back|released|returned|reversed|compensated|credited|reimbursed|given[ _-]?back",
    re.IGNORECASE,
)
_NOT_YET = re.compile(r"not|(?<![a-z])un|fail|error|pending|request|partial|to_be|await|queue|try", re.IGNORECASE)
_NOT_GOING = {"missing", "failing", "billing"}
_MANY = 20
# of those that succeeded, at most 200 of each status are read
_COUNTED, _NEARLY = 200, 0.9


def check_statuses(samples: Samples) -> Iterator[Check]:
    """Statuses that are in no list, or in the wrong one."""
    # a status without a list stops no run; first, because it has a transaction of its own
    unnamed = [] if samples.context.is_brief else list(check_named(samples.context))
    yield from problems_or_last([*_wrong(samples), *unnamed])


def _wrong(samples: Samples) -> Iterator[Check]:
    labels = labels_of_statuses(samples)
    finished = list(check_status_names(samples, labels))
    yield from finished
    if any(check.status is Status.FAILURE for check in finished):
        return
    failed = _seen(samples, samples.failed, by_exclude=True)
    settled_sessions = samples.settled_ids()
    own, ledger = samples.own, samples.settings.ledger
    # what a refund sets is no state that success may have as well
    settled = _seen(samples, settled_sessions, by_exclude=bool(own.exclude and marks_in(own, own.exclude)))
    delivered = list(check_delivered(samples, settled_sessions))
    counted = count_ended(samples, samples.failed)
    never_refunded = list(_never_refunded(by_amount := _by_amount(samples, failed), settled, counted))
    if by_amount is not failed and settled:  # amounts alone may also show what was never charged
        never_refunded = [warning(one.message, one.fix) for one in never_refunded]
    judged = [one.status for one in failed if never_refunded or one.is_always_refunded]
    ends = list(check_ends(samples, settled_sessions, labels, judged))
    ends = ends or check_other_columns(samples, settled_sessions)
    payments = list(check_other_status(samples))
    unnamed = [] if any(one.given_back for one in failed) else _unnamed(samples)
    known = failed or settled or own.attempt or (ledger and ledger.past)  # a refund of an earlier charge, or a part
    open_ones = [] if known else list(_all_open(samples))
    if wide := list(_all_refunded(samples, failed, settled)):
        yield from wide
        return
    yield from open_ones
    yield from payments or delivered
    yield from _given_back_by_name(failed)
    yield from never_refunded
    ends = ends or list(_refunded_elsewhere(failed, settled, "succeeded has"))
    unchosen = [one for one in settled if not _words(one) & _BY_CUSTOMER]  # by how far it was, some are refunded
    yield from ends or check_failures_elsewhere(samples, settled_sessions, unchosen)
    # where failures are listed, that none of them was refunded may be the very gap that a sweep closes
    misses_failures = all(_words(one) and not _words(one) & NOT_DONE for one in failed)
    yield from _refunded_elsewhere(failed, unnamed, "failed does not have", is_sure=misses_failures)


def _by_amount(samples: Samples, failed: Sequence[StatusSample]) -> Sequence[StatusSample]:
    """The same, where only an amount of nothing shows that the app has refunded most of a status."""
    is_told = samples.own.exclude or samples.own.charged or samples.settings.ledger
    live = [] if is_told else samples.look_at(samples.running)
    if len(live) < ENOUGH or not all(one.is_owed for one in live):  # some are free
        return failed
    owed, found = {*samples.list_owed()}, []
    for one in failed:
        none, rest = ([each for each in one.others if (each in owed) is has] for has in (False, True))
        is_split = 0 < len(rest) <= len(none)
        found.append(StatusSample(one.status, [*one.refunded, *none], rest, one.label) if is_split else one)
    return found


def _all_refunded(samples: Samples, failed: Sequence[StatusSample], settled: Sequence[StatusSample]) -> Iterator[Check]:
    """Refunds of nearly all sessions, also of those that succeeded: the file mistakes charges for refunds."""
    own = samples.settings.ledger
    both = [sum(one.sessions for one in listed) for listed in (failed, settled)]
    given_back = [sum(one.given_back for one in listed) for listed in (failed, settled)]
    # some of the failed sessions were never charged
    nearly_all = given_back[0] * 2 >= both[0] and given_back[1] >= _NEARLY * both[1]
    if own is None or min(both) < _MANY // 2 or not nearly_all:
        return
    known = next((one.refunded for one in settled if one.refunded), ())
    yield failure(
        f"ledger.where = {own.where!r} is true of a row of {given_back[1]} of {both[1]} sessions that "
        f"succeeded, such as {named(known)}, and of nearly all that failed: those are charges, and nothing is owed",
        "ledger.where: true of refunds, and of no other rows",
    )


def _all_open(samples: Samples) -> Iterator[Check]:
    """Sessions that all run, although the app has refunded some: the status may not be what became of them.

    It is not where those have an end. Else the app may delete what has ended, and have refunded some that go on.
    """
    own = samples.own
    running = _seen(samples, samples.running, by_exclude=True)
    refunded = [one for status in running for one in status.refunded]
    known, given_back = (sum(getattr(one, name) for one in running) for name in ("sessions", "given_back"))
    end = samples.sessions.column(own.ended_at) if own.ended_at else None
    if known >= _MANY and given_back >= ENOUGH:
        is_sure = end is not None and len(samples.texts(end, refunded)) >= ENOUGH
        yield (failure if is_sure else warning)(
            f"all {known} newest sessions have a status in sessions.running, also {given_back} that the "
            f"app has refunded, such as {named(refunded)}: if by sessions.status = {own.status!r} none ever ends, all "
            "will be closed and paid",
            "sessions.status: what became of the work in the end, such as the newest row of its history",
        )


def refunded_by_name(samples: Samples) -> tuple[str, int, Sequence[str]] | None:
    """The status that the app's refunds set, with the number of sessions that have it, and some of them."""
    for one in _seen(samples, samples.settled_ids(), by_exclude=False):
        if one.sessions >= ENOUGH and _RETURNED.search(one.called) and not _NOT_YET.search(one.called):
            return one.status, one.sessions, [*one.refunded, *one.others]
    return None


def _given_back_by_name(failed: Sequence[StatusSample]) -> Iterator[Check]:
    """A status in `failed` whose name says that the app has refunded its sessions, which would be paid."""
    for one in failed:
        unpaid = one.sessions - one.given_back
        if unpaid >= ENOUGH and _RETURNED.search(one.called) and not _NOT_YET.search(one.called):
            yield failure(
                f"sessions.failed has {one.shown}, which is a name for sessions that the app has "
                f"refunded, and {unpaid} such sessions would be paid, such as {named(one.others)}",
                f"sessions.exclude: true of {one.status!r}; or sessions.succeeded: {one.status!r}",
            )


def _never_refunded(
    failed: Sequence[StatusSample], settled: Sequence[StatusSample], counted: Sequence[Ended]
) -> Iterator[Check]:
    """A status in `failed` whose sessions the app never refunded, while it refunds those of the others.

    That may be the very gap that a sweep closes. Not so where the name says that nothing failed, or where there are
    more such sessions than those that have succeeded; it is doubtful where only these have no error.
    """
    without_end, without_error = endless(counted), errorless(counted)
    with_error = {one.status for one in counted if one.has_errors}
    done = sum(one.sessions for one in settled)
    others = [one for one in failed if one.is_refunded]
    chosen = sum(one.sessions for one in failed if not one.given_back and _words(one) & _BY_CHOICE)
    for one in failed:
        words = _words(one)
        seen = chosen if words & _BY_CHOICE else one.sessions  # a few of each are enough
        if one.given_back or not others or seen < ENOUGH:
            continue
        goes_on = any(word.endswith("ing") and word not in _NOT_GOING for word in words) or one.status in without_end
        by_choice = bool(words & _BY_CHOICE) and not words & NOT_DONE
        # a provider may have rejected it, or a crash aborted it
        unsure = by_choice and not words & _BY_CUSTOMER and one.status in with_error
        is_wrong = (
            (by_choice and not unsure)
            or (goes_on and not words & NOT_DONE)
            or (one.sessions >= _MANY and done < min(one.sessions, _COUNTED))
            or (one.sessions >= _MANY // 2 and not done and not words & NOT_DONE)
        )
        is_doubtful = one.status in without_error and one.sessions >= _MANY // 2 and not words & NOT_DONE
        is_doubtful |= unsure
        if is_wrong or is_doubtful:
            refunded = ", ".join(f"{other.given_back} of {other.sessions} of {other.status!r}" for other in others)
            yield (failure if is_wrong else warning)(
                f"sessions.failed has {one.shown}, and the app has refunded none of {one.sessions} such "
                f"sessions, such as {named(one.others)}, beside {refunded}",
                f"sessions.succeeded: {one.status!r}, when nothing is owed for such a session; sessions.running, when "
                "it still goes on",
            )


def _words(one: StatusSample) -> set[str]:
    return words_of(one.called) | ({"canceled"} if CANCELED.search(one.called) else set())


def _unnamed(samples: Samples) -> list[StatusSample]:
    """Sessions whose status is in no list; empty where finding them takes too long."""
    rows = samples.try_ask("list_unnamed", (TooSlow,), sampled=not samples.mapping.is_sharded)
    return _seen(samples, [row.session_id for row in rows], by_exclude=False, by_number=True)


def _refunded_elsewhere(
    failed: Sequence[StatusSample], others: Sequence[StatusSample], listed: str, *, is_sure: bool = True
) -> Iterator[Check]:
    """A status that owes nothing by the file, while the app refunds its sessions and never those that failed.

    Without ``is_sure`` the app may do so rightly, and it is a warning.
    """
    if any(one.given_back for one in failed):
        return
    for one in others:
        if one.is_refunded and not _GIVEN_BACK.search(one.called):
            yield (failure if is_sure else warning)(
                f"sessions.{listed} {one.shown}, and the app has refunded {one.given_back} of "
                f"{one.sessions} such sessions, such as {named(one.refunded)}, and none of those in sessions.failed",
                f"sessions.failed: {one.status!r}, and nothing that has succeeded",
            )


def _seen(
    samples: Samples, session_ids: Sequence[str], *, by_exclude: bool, by_number: bool = False
) -> list[StatusSample]:
    """How many of these sessions the app has refunded, by status."""
    own, ledger = samples.settings.ledger, samples.mapping.ledger
    slots: dict[str, str] = {}
    if own is not None and ledger is not None:
        slots = past_slots(samples.reader, own, ledger.table, samples.mapping.slots)
    marks = mark_columns(samples, noted=False)  # `marks` reports what this role may not read of them
    given = number_marks(samples, read=True) if by_number else []
    marked = {
        "flags": [one for one in marks if one.is_flag],
        "moments": [one for one in marks if not one.is_flag],
        "numbers": [one.column for one in given],
    }
    try:
        rows = samples.read("list_given_back", session_ids, by_exclude=by_exclude, **slots, **marked)
    except (Refusal, StatementError, TooSlow) as error:
        if getattr(error, "code", "") == "privilege":
            raise
        return []
    labels = labels_of_statuses(samples)
    return [
        StatusSample(
            status,
            ids_of(row for row in some if row.given_back),
            ids_of(row for row in some if not row.given_back),
            labels.get(status),
        )
        for status, some in by_status(rows).items()
    ]
