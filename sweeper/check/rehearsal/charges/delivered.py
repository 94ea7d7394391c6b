"""Sessions that were delivered, by a column or by a later try, or were never charged."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sweeper.app.catalog import Column
from sweeper.check.rehearsal.samples import SampledSession, Samples, by_status, ids_of, named, owed_ids
from sweeper.check.result import Check, failure, warning
from sweeper.postgres.transaction import Row

_RESULT = re.compile(
    r"result|output|generation|image|video|audio|file|asset|download|artifact|deliver|document|report|url|path|bytes|receiv",
    re.IGNORECASE,
)
# what shows only that work began
_NO_RESULT = re.compile(r"log|trace|debug|error|input|source|prompt|worker", re.IGNORECASE)
_CHARGE = re.compile(
    r"credit|charge|transaction|payment|billing|reserv|debit|withdraw|grant|invoice|ledger", re.IGNORECASE
)
_COLUMNS_AT_MOST, _STATUSES_AT_MOST, _SETTLED, _REFUNDED, _ENOUGH, _MANY = 60, 3, 10, 5, 3, 20
_NEARLY_ALL, _PART = Decimal("0.9"), Decimal("0.5")
_OTHER = re.compile(
    r"retr(y|ied)|root|parent|previous|prior|origin|supersed|replace|next|tr(y|ied)_?(of|as|again)|attempt_?of|rerun"
    r"|redo|first|successor",
    re.IGNORECASE,
)
_LINKS_AT_MOST = 3
# so many of the refunded sessions would have to have what none of them has, if it made no difference
_EXPECTED = 5


@dataclass(frozen=True)
class _ColumnCounts:
    """How many sessions of each kind have a value in a column, of how many, and an example that would be paid.

    ``delivers`` when nearly all sessions of one successful status have it.
    """

    column: Column
    done: int
    of_done: int
    delivers: bool
    refunded: int
    of_refunded: int
    owed: Sequence[str]
    of_owed: int


def check_delivered(samples: Samples, settled: Sequence[str]) -> Iterator[Check]:
    """A column that is set on successes, never where the app refunded, and on some sessions that would be paid."""
    read = samples.file_says("exclude", "never", "amount", "charged")
    for status in (*_never_refunded(samples.read_failed()), None):
        for one in _count(samples, settled, read, status):
            done = one.delivers and not one.refunded
            # some of all, or nearly all of one status
            few = len(one.owed) <= one.of_owed * _PART or one.of_refunded >= _MANY
            delivered = len(one.owed) >= one.of_owed * _NEARLY_ALL if status else few
            if done and delivered and len(one.owed) >= _ENOUGH:
                sure = _RESULT.search(one.column.name) and not _NO_RESULT.search(one.column.name)
                yield (failure if sure else warning)(
                    f"{one.column.name} is set for {one.done} of {one.of_done} sessions that succeeded, "
                    f"for none of the {one.of_refunded} that the app has refunded, and for {len(one.owed)} of the "
                    f"{one.of_owed} {f'in {status!r} ' if status else ''}that would be paid, such as "
                    f"{min(one.owed)}: were they delivered?",
                    f"sessions.succeeded: {status!r}, when nothing is owed for such a session"
                    if status
                    else f"sessions.exclude: also {one.column.quoted} IS NOT NULL",
                )
                return


def _never_refunded(rows: Sequence[SampledSession]) -> list[str]:
    """The statuses of sessions that would be paid, of which the app has never refunded one."""
    refunded = {row.status for row in rows if row.is_refunded}
    return sorted({row.status for row in rows if row.unpaid and row.is_owed} - refunded)[:_STATUSES_AT_MOST]


def check_never_charged(samples: Samples) -> Iterator[Check]:
    """A link to the charge that all succeeded or refunded sessions have, and some that would be paid do not."""
    for one in _count(samples, samples.settled_ids(), samples.file_says("amount", "charged")):
        always = one.done == one.of_done and one.refunded == one.of_refunded
        without = one.of_owed - len(one.owed)
        if always and _CHARGE.search(one.column.name) and _ENOUGH <= without <= one.of_owed * _PART:
            yield failure(
                f"{one.column.name} is set for all {one.of_done} sessions that succeeded and all "
                f"{one.of_refunded} that the app has refunded, and not for {without} of the {one.of_owed} that would "
                "be paid: were they ever charged?",
                f"sessions.exclude: also {one.column.quoted} IS NULL; or sessions.amount: what that says was taken",
            )
            return


def _count(samples: Samples, settled: Sequence[str], read: str, status: str | None = None) -> list[_ColumnCounts]:
    """Which columns that the file does not read are set for all owed sessions, or for those of a status.

    Empty where there are too few.
    """
    refunded = samples.refunded_ids()
    owed = owed_ids([row for row in samples.read_failed() if status in (None, row.status)])
    if len(settled) < _SETTLED or len(refunded) < _REFUNDED or len(owed) < _ENOUGH:
        return []
    readable = samples.readable(samples.sessions)
    columns = [one for one in readable if one.nullable and one.name.lower() not in read][:_COLUMNS_AT_MOST]
    if not columns:
        return []
    done, given, left = (samples.read("list_filled", ids, columns=columns) for ids in (settled, refunded, owed))
    statuses = [some for some in by_status(done).values() if len(some) >= _SETTLED]
    found = []
    for place, column in enumerate(columns):
        # of a column with a result, nearly all in one status
        groups = [done, *(statuses if _RESULT.search(column.name) else [])]
        delivers = any(some and len(_having(some, place)) >= len(some) * _NEARLY_ALL for some in groups)
        found.append(
            _ColumnCounts(
                column, len(_having(done, place)), len(done), delivers, len(_having(given, place)), len(given),
                _having(left, place), len(left),
            )
        )  # fmt: skip
    return found


def _having(rows: Sequence[Row], place: int) -> list[str]:
    """The sessions that have a value in the column at this place."""
    return ids_of(row for row in rows if row.filled[place])


def check_retried(samples: Samples) -> Iterator[Check]:
    """Sessions that would be paid although a later try succeeded, while the app has refunded none of that kind."""
    rows = samples.read_failed()
    refunded = [row.session_id for row in rows if row.is_refunded or row.given_back]
    owed = owed_ids([row for row in rows if not row.given_back])
    for column in _links_to_tries(samples) if samples.own.succeeded and owed else ():
        done = {row.session_id for row in samples.try_read("find_retried", [*refunded, *owed], column=column)}
        found = [one for one in owed if one in done]
        if len(found) < _ENOUGH or len(refunded) * len(found) < _EXPECTED * len(owed) or done.intersection(refunded):
            continue
        yield failure(
            f"{len(found)} of {len(owed)} sessions that would be paid, such as {named(found)}, are linked by "
            f"{column.name} to a later one that succeeded, and none of the {len(refunded)} is that the app has "
            "refunded: was their charge moved to the later one?",
            f"sessions.never: true of a session whose work another one has delivered, as {column.name} says",
        )
        return


def _links_to_tries(samples: Samples) -> list[Column]:
    """Columns by which a session names another one."""
    sessions, slots = samples.sessions, samples.mapping.slots
    if samples.mapping.is_by_account:
        return []
    referring = {row.column_name for row in samples.references(of=sessions, to=sessions)}
    found = [one for one in sessions.columns.values() if one.name in referring or _OTHER.search(one.name)]
    found = [one for one in found if one.quoted != slots["key"] and one.base_type == slots["session_type"]]
    quick = [one for one in found if samples.is_quick_by(sessions, one)]
    return samples.seen(sessions, quick[:_LINKS_AT_MOST])
