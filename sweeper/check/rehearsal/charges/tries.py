"""Whether a session is only one of several tries of the same work, which another session settles."""

import re
from collections.abc import Iterator, Sequence

from sweeper.app.catalog import Column
from sweeper.check.rehearsal.samples import Samples, named
from sweeper.check.rehearsal.sessions import is_owed, is_refunded, read_failed, settled_ids
from sweeper.check.rehearsal.tables import is_quick_by, references
from sweeper.check.result import Check, failure, warning

_OTHER = re.compile(
    r"retr(y|ied)|root|parent|previous|prior|origin|supersed|replace|next|tr(y|ied)_?(of|as|again)|attempt_?of|rerun"
    r"|redo|first|successor",
    re.IGNORECASE,
)
_COLUMNS_AT_MOST, _ENOUGH = 3, 3
# so many of the refunded sessions would have to have what none of them has, if it made no difference
_EXPECTED = 5


def check_retried(samples: Samples) -> Iterator[Check]:
    """Sessions that would be paid although a later try succeeded, while the app has refunded none of that kind."""
    succeeded = samples.settings.sessions.succeeded
    refunded, owed = _refunded_and_owed(samples)
    for column in _columns(samples) if succeeded and owed else ():
        done = {row.session_id for row in samples.try_read("list_tries", [*refunded, *owed], {"column": column.quoted})
                if row.later and row.status in succeeded}  # fmt: skip
        found = [one for one in owed if one in done]
        if len(found) < _ENOUGH or len(refunded) * len(found) < _EXPECTED * len(owed) or done.intersection(refunded):
            continue
        yield failure(
            "charges",
            f"{len(found)} of {len(owed)} sessions that would be paid, such as {named(found)}, are linked by "
            f"{column.name} to a later one that succeeded, and none of the {len(refunded)} is that the app has "
            "refunded: was their charge moved to the later one?",
            f"sessions.never: true of a session whose work another one has delivered, as {column.name} says",
        )
        return


def check_other_try(samples: Samples) -> Iterator[Check]:
    """Sessions that would be paid although the app has refunded another try of the same work, in whose name it does."""
    _, owed = _refunded_and_owed(samples)
    for column in _columns(samples) if owed else ():
        failed, settled = (
            samples.try_read("list_tries", some, {"column": column.quoted})
            for some in (samples.newest(running=False), settled_ids(samples))
        )
        paid = _paid(samples, [row.other_id for row in (*failed, *settled)])
        for how in ("named", "names"):
            linked = [row for row in failed if row.how == how]
            found = list(dict.fromkeys(row.session_id for row in linked if row.other_id in paid))
            found = [one for one in found if one in owed]
            own = any(row.session_id not in owed for row in linked)
            beside = [row.other_id in paid for row in settled if row.how == how]
            if len(found) < _ENOUGH or own or any(beside):
                continue
            sure = len(beside) >= _ENOUGH
            yield (failure if sure else warning)(
                "marks",
                f"{len(found)} sessions that would be paid, such as {named(found)}, are linked by {column.name} to one "
                "that the app has refunded, and it has refunded no such session by its own id"
                + (f", nor the other one where such a session succeeded ({len(beside)})" if sure else ""),
                f"sessions.exclude, or ledger.session: also by {column.name}, if the app refunds all tries at once",
            )
            return


def _refunded_and_owed(samples: Samples) -> tuple[list[str], list[str]]:
    """Which of the newest failed sessions are refunded, and which would be paid."""
    rows = read_failed(samples)
    refunded = [row.session_id for row in rows if is_refunded(row) or row.given_back]
    return refunded, [row.session_id for row in rows if row.unpaid and not row.given_back and is_owed(row)]


def _paid(samples: Samples, session_ids: Sequence[str]) -> set[str]:
    """Which of some sessions the app has refunded, whatever their status."""
    rows = samples.read("look_at_newest", list(dict.fromkeys(session_ids)))
    return {row.session_id for row in rows if is_refunded(row) or row.given_back}


def _columns(samples: Samples) -> list[Column]:
    """Columns by which a session names another one."""
    mapping = samples.mapping
    sessions, key = mapping.sessions, mapping.slots["key"]
    if mapping.is_by_account:
        return []
    referring = {row.column_name for row in references(samples, of=sessions, to=sessions)}
    found = [
        one
        for one in sessions.columns.values()
        if one.quoted != key
        and one.base_type == mapping.slots["session_type"]
        and (one.name in referring or _OTHER.search(one.name))
    ]
    quick = [one for one in found if is_quick_by(samples, sessions, one)]
    return samples.seen(sessions, quick[:_COLUMNS_AT_MOST])
