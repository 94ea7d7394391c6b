"""Statuses in the wrong list, judged by the end times and the errors of their sessions, not by name."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sweeper.check.rehearsal.samples import Samples, named
from sweeper.check.rehearsal.statuses.status_names import shown
from sweeper.check.result import Check, failure, warning

_NUMBER = re.compile(r"-?\d+")
_ENOUGH, _NEARLY_ALL = 3, Decimal("0.9")


@dataclass(frozen=True)
class Ended:
    """How many sessions of a status were seen, how many have an end, and how many an error."""

    status: str
    sessions: int = 0
    ended: int = 0
    errors: int = 0
    samples: Sequence[str] = ()

    @property
    def has_errors(self) -> bool:
        """Whether such sessions usually have an error."""
        return self.sessions >= _ENOUGH and self.errors >= self.sessions * _NEARLY_ALL

    @property
    def has_none(self) -> bool:
        """Whether there are several such sessions, and none has an error."""
        return self.sessions >= _ENOUGH and not self.errors


def check_ends(samples: Samples, settled: Sequence[str], labels: dict[str, str]) -> Iterator[Check]:
    """Statuses in `running` that are over, and statuses in `succeeded` that failed."""
    yield from _over(samples, labels)
    failed = count_ended(samples, samples.newest(running=False))
    yield from _failed_by_error(failed, count_ended(samples, settled), labels) or _without_error(failed, labels)


def endless(counted: Sequence[Ended]) -> set[str]:
    """Statuses in `failed` whose sessions never have an end, while most of another one's do."""
    ends = any(one.ended * 2 > one.sessions for one in counted)
    return {one.status for one in counted if ends and one.sessions >= _ENOUGH and not one.ended}


def errorless(counted: Sequence[Ended]) -> set[str]:
    """Statuses in `failed` of which no session has an error, beside one of which nearly all have."""
    return {one.status for one in counted if one.has_none and any(other.has_errors for other in counted)}


def count_ended(samples: Samples, session_ids: Sequence[str]) -> list[Ended]:
    """How many sessions of each status have an end, and how many an error."""
    ended_at = samples.settings.sessions.ended_at
    totals = dict[str, Ended]()
    for row in samples.read("count_ended", session_ids, {"ended_at": samples.expression("ended_at", ended_at)}):
        before = totals.get(row.status, Ended(row.status))  # of each half where the database refuses a row
        totals[row.status] = Ended(
            row.status,
            before.sessions + row.sessions,
            before.ended + row.ended,
            before.errors + row.errors,
            [*before.samples, *row.samples],
        )
    return list(totals.values())


def _over(samples: Samples, labels: dict[str, str]) -> Iterator[Check]:
    """A status in `running` whose sessions all have an end, while none of another one's has."""
    counted = count_ended(samples, samples.newest(running=True)) if samples.settings.sessions.running else []
    going_on = next((one for one in counted if not one.ended), None)
    for one in counted:
        limit = samples.settings.stuck_after(one.status)
        if going_on and one.sessions >= _ENOUGH and one.ended == one.sessions and limit is not None:
            yield failure(
                "statuses", f"sessions.running has {shown(one.status, labels.get(one.status))}, and all {one.sessions} "
                f"such sessions have an end, such as {named(one.samples)}, beside none in "
                f"{going_on.status!r}: they are over, and would be closed and paid",
                f"sessions.succeeded: {one.status!r}, when nothing is owed for such a session; sessions.failed, when "
                "it is",
            )  # fmt: skip


def _failed_by_error(failed: Sequence[Ended], settled: Sequence[Ended], labels: dict[str, str]) -> list[Check]:
    """A status in `succeeded` whose sessions have an error, while none of those in `failed` has one."""
    if not failed or any(one.errors for one in failed) or sum(one.sessions for one in failed) < _ENOUGH:
        return []
    return [
        failure(
            "statuses", f"sessions.succeeded has {shown(one.status, labels.get(one.status))}, and {one.errors} of "
            f"{one.sessions} such sessions have an error, such as {named(one.samples)}, and none of those in "
            f"sessions.failed, such as {named(failed[0].samples)}",
            f"sessions.failed: {one.status!r}, and nothing that has succeeded",
        )
        for one in settled if one.has_errors
    ]  # fmt: skip


def _without_error(failed: Sequence[Ended], labels: dict[str, str]) -> list[Check]:
    """A numeric status in `failed` without a name whose sessions have no error, while all of another one's do."""
    other = next((one for one in failed if one.has_errors), None)
    return [
        warning(
            "statuses", f"sessions.failed has {one.status}, and none of {one.sessions} such sessions has an error, "
            f"such as {named(one.samples)}, beside {other.errors} of {other.sessions} of {other.status}: were they "
            "canceled?",
            f"sessions.succeeded: {one.status}, when nothing is owed for such a session",
        )
        for one in failed
        if other and one.has_none and _NUMBER.fullmatch(one.status) and one.status not in labels
    ]  # fmt: skip
