"""Whether the mapped status is that of the payment, while another column has that of the work."""

import re
from collections.abc import Iterator

from sweeper.check.context import failure
from sweeper.check.rehearsal.samples import Samples, named
from sweeper.check.rehearsal.sessions import list_owed
from sweeper.check.result import Check

_OF_PAYMENT = re.compile(r"bill|pay(ment|ed)?|paid|credit|charge|refund|settle|wallet", re.IGNORECASE)
_OF_WORK = re.compile(r"(status|state|phase)", re.IGNORECASE)
_FAILED = re.compile(r"fail|error|time_?d?_?out|crash|dead|killed|lost|abort|exception", re.IGNORECASE)
_ENOUGH = 3


def check_other_status(samples: Samples) -> Iterator[Check]:
    """Sessions that would be paid because of their payment status, although their work did not fail."""
    sessions, own = samples.context.mapping.sessions, samples.context.settings.sessions
    mapped = sessions.column(own.status)
    if mapped is None or not _OF_PAYMENT.search(mapped.name):
        return
    others = [one for one in sessions.columns.values() if _OF_WORK.fullmatch(one.name) and one.category in ("S", "E")]
    owed = list_owed(samples)
    for column in samples.seen(sessions, others) if owed else ():
        said = samples.read("list_texts", owed, {"column": column.quoted})
        failed = [row for row in said if _FAILED.search(row.value)]
        rest = [row for row in said if not _FAILED.search(row.value)]
        if len(failed) >= _ENOUGH and len(rest) >= _ENOUGH:
            yield failure(
                "statuses", f"{column.name} says of {len(rest)} of {len(said)} sessions that would be paid that their "
                f"work has not failed, such as {named([row.session_id for row in rest])} ({rest[0].value}): "
                f"sessions.status = {own.status!r} is what became of the payment",
                f"sessions.status = {column.quoted!r}, with its values in failed, running and succeeded",
            )  # fmt: skip
            return
