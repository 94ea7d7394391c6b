"""Whether a status is in the wrong list: by its name, also in another table, or by its sessions' ends and errors."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sweeper.check.rehearsal.samples import Samples, by_status, ids_of, named
from sweeper.check.rehearsal.words import words_of
from sweeper.check.result import Check, failure, warning

# words that change nothing about the others
_PLAIN = {"in", "is", "now", "still", "all", "fully", "job", "task", "work", "session", "run"}
_DONE = {"done", "complete", "completed", "success", "succeeded", "successful", "finished", "ready", "ok", "delivered",
         "published", "fulfilled", "used", "consumed"}  # fmt: skip
# work that waits for a worker may be called ready
_ENDED = _DONE - {"ready", "ok", "published", "delivered"}
NOT_DONE = {"not", "un", "partially", "partial", "error", "errors", "failed", "failure", "fail", "without", "never",
            "empty", "no", "non", "nothing", "timeout", "timed", "crashed", "interrupted", "killed", "died", "oom",
            "broken", "exception"}  # fmt: skip
_GOES_ON = {"running", "processing", "working", "generating", "rendering", "executing", "uploading", "downloading",
            "transcoding", "sending", "queued", "enqueued", "progress", "begun", "started", "ongoing", "active", "open",
            "busy", "claimed", "retrying", "retryable"}  # fmt: skip
_UNSURE = {"retryable"}  # by the queue, or by the customer
# words for something other than the work or its result
_OF_ELSE = {"refund", "refunding", "cancel", "canceling", "cancelling", "retry", "billing", "payment", "for", "to",
            "upload", "input", "queue", "start", "run", "process", "review", "stuck", "stopped", "lost", "abandoned",
            "expired", "zombie", "dead", "stale", "circuit", "exhausted", "gave"}  # fmt: skip
_OVER = "that has succeeded", "sessions.succeeded: {!r}, when nothing is owed for such a session"
_ON = "that goes on", "sessions.running: {!r}, when it is paid when it is stuck"
# the words of a name that are wrong in a list, those beside which they are right, and what they say
_WRONG = (
    ("failed", _DONE, NOT_DONE, _OVER),
    ("running", _ENDED, NOT_DONE | _OF_ELSE, _OVER),
    ("failed", _GOES_ON, NOT_DONE | _OF_ELSE, _ON),
    ("succeeded", _GOES_ON, NOT_DONE | _OF_ELSE | _DONE, _ON),
)
# fewer prove nothing; a status counts as refunded when the app refunded at least this part of it
ENOUGH, _SOME, _PART, _NEARLY_ALL = 3, 2, 0.25, Decimal("0.9")
_NUMBER = re.compile(r"-?\d+")


def check_status_names(samples: Samples, labels: Mapping[str, str]) -> Iterator[Check]:
    """A status in ``failed`` named like success or work that goes on, in ``running`` like an end.

    ``labels``: what statuses are called that are the keys of another table's rows.
    """
    for key, against, excuses, (said, right) in _WRONG:
        for status in getattr(samples.own, key):
            label = labels.get(str(status))
            words = words_of(label or str(status))
            if not words & against or words & excuses or (key == "succeeded" and _has_ended(samples, status)):
                continue
            # others, such as in transcription_completed, may say that it is about a step of the work
            sure = words <= against - _UNSURE | _PLAIN
            what = f"sessions.{key} has {shown(status, label)}"
            yield (failure if sure and key != "succeeded" else warning)(
                f"{what}, which is a name for work {said}" if sure else f"{what}: is that work {said}?",
                right.format(status),
            )
            if sure:
                return


def _has_ended(samples: Samples, status: object) -> bool:
    """Whether all that have this status have an end, such as a voice that is trained, and active from then on."""
    return any(one.status == str(status) and one.ended == one.sessions
               for one in count_ended(samples, samples.settled_ids()))  # fmt: skip


def shown(status: object, label: str | None) -> str:
    """A status as messages show it, with the label that another table has for it."""
    return f"{status!r} ({label})" if label else repr(status)


@dataclass(frozen=True)
class StatusSample:
    """The sessions of one status: how many there are, and how many the app has refunded."""

    status: str
    refunded: Sequence[str]
    others: Sequence[str]
    label: str | None

    @property
    def sessions(self) -> int:
        return len(self.refunded) + len(self.others)

    @property
    def given_back(self) -> int:
        return len(self.refunded)

    @property
    def called(self) -> str:
        """Its name: the label in another table, or the status itself."""
        return self.label or self.status

    @property
    def shown(self) -> str:
        return shown(self.status, self.label)

    @property
    def is_refunded(self) -> bool:
        return self.given_back >= ENOUGH and self.given_back >= self.sessions * _PART

    @property
    def is_always_refunded(self) -> bool:
        """Whether the app has refunded nearly all such sessions itself."""
        return self.given_back >= ENOUGH and self.given_back >= self.sessions * _NEARLY_ALL


@dataclass(frozen=True)
class Ended:
    """How many sessions of a status were seen, how many have an end, and how many an error."""

    status: str
    sessions: int
    ended: int
    errors: int
    samples: Sequence[str]

    @property
    def has_errors(self) -> bool:
        return self.sessions >= ENOUGH and self.errors >= self.sessions * _NEARLY_ALL

    @property
    def has_none(self) -> bool:
        return self.sessions >= ENOUGH and not self.errors


def check_ends(
    samples: Samples, settled: Sequence[str], labels: dict[str, str], known: Collection[str]
) -> Iterator[Check]:
    """Statuses in `running` that are over, in `succeeded` that failed, and in `failed` that were canceled.

    ``known``: those in `failed` about which the app's refunds have shown more than errors do.
    """
    yield from _over(samples, labels, settled)
    failed = count_ended(samples, samples.failed)
    wrong = _failed_by_error(failed, count_ended(samples, settled), labels)
    yield from wrong or _without_error(failed, labels, known)


def endless(counted: Sequence[Ended]) -> set[str]:
    """Statuses in `failed` whose sessions never have an end, while most of another one's do."""
    ends = any(one.ended * 2 > one.sessions for one in counted)
    return {one.status for one in counted if ends and one.sessions >= ENOUGH and not one.ended}


def errorless(counted: Sequence[Ended]) -> set[str]:
    """Statuses in `failed` of which no session has an error, beside one of which nearly all have."""
    return {one.status for one in counted if one.has_none and any(other.has_errors for other in counted)}


def count_ended(samples: Samples, session_ids: Sequence[str], ended_at: str | None = None) -> list[Ended]:
    end = samples.expression("ended_at", ended_at or samples.own.ended_at)
    rows = samples.read("list_ends", session_ids, ended_at=end)
    return [
        Ended(status, len(some), sum(row.ended for row in some), sum(row.failed for row in some), ids_of(some))
        for status, some in by_status(rows).items()
    ]


def _over(samples: Samples, labels: dict[str, str], settled: Sequence[str]) -> Iterator[Check]:
    """A status in `running` whose sessions all have an end, while none of another one's has.

    Or some have one, where none has succeeded by the file: an expression may not see that they have.
    """
    counted = count_ended(samples, samples.running) if samples.own.running else []
    going_on = next((one for one in counted if not one.ended), None)
    for one in counted:
        limit = samples.settings.stuck_after(one.status)
        if going_on and one.sessions >= ENOUGH and one.ended == one.sessions and limit is not None:
            yield failure(
                f"sessions.running has {shown(one.status, labels.get(one.status))}, and all {one.sessions} "
                f"such sessions have an end, such as {named(one.samples)}, beside none in "
                f"{going_on.status!r}: they are over, and would be closed and paid",
                f"sessions.succeeded: {one.status!r}, when nothing is owed for such a session; sessions.failed, when "
                "it is",
            )
            return
    if samples.own.ended_at is None and counted:
        counted = count_ended(samples, samples.running, samples.own.failed_at)
    ended = sum(one.ended for one in counted)
    is_column = samples.sessions.column(samples.own.status) is not None  # a queue may delete what is done
    if not settled and not is_column and ENOUGH <= ended < sum(one.sessions for one in counted):
        samples_of = [one.samples for one in counted if one.ended]
        yield failure(
            f"no session has succeeded by sessions.status = {samples.own.status!r}, and {ended} that run by it have an "
            f"end, such as some of {named(samples_of[0])}: they are over, and would be closed and paid",
            "sessions.status: the state of finished work before that of work that goes on",
        )


def _failed_by_error(failed: Sequence[Ended], settled: Sequence[Ended], labels: dict[str, str]) -> list[Check]:
    """A status in `succeeded` whose sessions have an error, while none of those in `failed` has one."""
    if not failed or any(one.errors for one in failed) or sum(one.sessions for one in failed) < ENOUGH:
        return []
    return [
        failure(
            f"sessions.succeeded has {shown(one.status, labels.get(one.status))}, and {one.errors} of "
            f"{one.sessions} such sessions have an error, such as {named(one.samples)}, and none of those in "
            f"sessions.failed, such as {named(failed[0].samples)}",
            f"sessions.failed: {one.status!r}, and nothing that has succeeded",
        )
        for one in settled if one.has_errors
    ]  # fmt: skip


def check_failures_elsewhere(
    samples: Samples, session_ids: Sequence[str], settled: Sequence[StatusSample]
) -> Iterator[Check]:
    """A status in `succeeded` whose sessions have an error, as no others there, and of which the app refunds some.

    A few are what support gave back to who complained.
    """
    some = [one for one in settled if max(_SOME, one.sessions * _PART) <= one.given_back < one.sessions]
    candidates = [one for one in some if not words_of(one.called) & _DONE]
    counted = count_ended(samples, session_ids) if candidates else []
    with_error = {one.status for one in counted if one.has_errors and any(other.has_none for other in counted)}
    for one in [one for one in candidates if one.status in with_error]:
        yield warning(
            f"sessions.succeeded has {one.shown}, whose sessions have an error, and the app has refunded "
            f"{one.given_back} of {one.sessions}, such as {named(one.refunded)}: are the others owed?",
            f"sessions.failed: {one.status!r}, if their charge is to be given back",
        )


def _without_error(failed: Sequence[Ended], labels: dict[str, str], known: Collection[str]) -> list[Check]:
    """A numeric status in `failed` without a name whose sessions have no error, while all of another one's do.

    Not so where the app has refunded nearly all such sessions itself: whatever they are, it owes their charge. Nor
    where its refunds say already that one is in the wrong list.
    """
    other = next((one for one in failed if one.has_errors), None)
    return [
        warning(
            f"sessions.failed has {one.status}: were these canceled? None of {one.sessions} such sessions "
            f"has an error, such as {named(one.samples)}, while {other.errors} of {other.sessions} with status "
            f"{other.status} have one",
            f"sessions.succeeded: {one.status}, when nothing is owed for such a session",
        )
        for one in failed
        if other and one.has_none and _NUMBER.fullmatch(one.status) and one.status not in {*labels, *known}
    ]  # fmt: skip
