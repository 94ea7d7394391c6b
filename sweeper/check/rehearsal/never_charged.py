"""Sessions that were never charged, by a word in a column, and that would be paid."""

import re
from collections.abc import Iterator

from sweeper.check.context import CheckContext, failure
from sweeper.check.rehearsal.samples import named, sampling
from sweeper.check.result import Check

_OF_CHARGE = re.compile(r"(bill|payment|charge|settle).*(status|state)|^(billing|payment|charge)$", re.IGNORECASE)
_NOTHING = re.compile(
    r"(none|unpaid|un(charged|billed)|not[ _-]?(charged|billed|paid)|free|waived|trial|no[ _-]?charge)", re.IGNORECASE
)
_TAKEN = re.compile(r"(paid|charged|billed|captured|debited|reserved|held|settled|succeeded)", re.IGNORECASE)
_ENOUGH, _SOME = 3, 2


def check_never_taken(context: CheckContext) -> Iterator[Check]:
    """A column whose words say that some sessions that would be paid were not charged, while others were."""
    sessions, own = context.mapping.sessions, context.settings.sessions
    with sampling(context) as samples:
        words = [
            column
            for name, column in sessions.columns.items()
            if column.category in ("S", "E") and _OF_CHARGE.search(name) and column != sessions.column(own.status)
        ]
        owed = samples.owed()
        for column in samples.seen(sessions, words) if owed else ():
            said = samples.read("list_texts", owed, {"column": column.quoted})
            nothing = [row for row in said if _NOTHING.fullmatch(row.value.strip())]
            taken = [row for row in said if _TAKEN.fullmatch(row.value.strip())]
            if len(nothing) >= _SOME and len(taken) >= _ENOUGH:
                yield failure(
                    "charges", f"{column.name} says of {len(nothing)} of {len(said)} sessions that would be paid that "
                    f"nothing was taken for them, such as {named([row.session_id for row in nothing])} "
                    f"({nothing[0].value})",
                    f"sessions.amount: null where {column.name} says so; or sessions.never",
                )  # fmt: skip
                return
