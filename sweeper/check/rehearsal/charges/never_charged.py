"""Sessions that were never charged, by a word or a flag in a column, and that would be paid."""

import re
from collections.abc import Iterator

from sweeper.check.context import CheckContext, failure
from sweeper.check.rehearsal.samples import Samples, named, sampling
from sweeper.check.rehearsal.sessions import is_owed, is_refunded, list_owed, read_failed
from sweeper.check.result import Check

_OF_CHARGE = re.compile(r"(bill|payment|charge|settle).*(status|state)|^(billing|payment|charge)$", re.IGNORECASE)
_NOTHING = re.compile(
    r"(none|unpaid|un(charged|billed)|not[ _-]?(charged|billed|paid)|free|waived|trial|no[ _-]?charge)", re.IGNORECASE
)
_TAKEN = re.compile(r"(paid|charged|billed|captured|debited|reserved|held|settled|succeeded)", re.IGNORECASE)
_FLAG = re.compile(r"(?<!un)(?<!over)(charged|billed|debited|deducted|paid|captured|consumed)$", re.IGNORECASE)
_ENOUGH, _SOME, _REFUNDED = 3, 2, 5


def check_never_taken(context: CheckContext) -> Iterator[Check]:
    """A column whose words say that some sessions that would be paid were not charged, while others were."""
    sessions, own = context.mapping.sessions, context.settings.sessions
    with sampling(context) as samples:
        words = [
            column
            for name, column in sessions.columns.items()
            if column.category in ("S", "E") and _OF_CHARGE.search(name) and column != sessions.column(own.status)
        ]
        owed = list_owed(samples)
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
        yield from _by_flag(samples)


def _by_flag(samples: Samples) -> Iterator[Check]:
    """A flag for a charge that was taken: true of all that the app has refunded, and not of some that would be paid."""
    own, sessions = samples.context.settings.sessions, samples.context.mapping.sessions
    read = " ".join(filter(None, (own.amount, own.exclude, own.never, own.status))).lower()
    flags = [one for one in sessions.columns.values()
             if one.base_type == "boolean" and _FLAG.search(one.name) and one.name.lower() not in read]  # fmt: skip
    rows = read_failed(samples) if flags else []
    refunded = [row.session_id for row in rows if is_refunded(row)]
    owed = [row.session_id for row in rows if row.unpaid and is_owed(row)]
    for column in samples.seen(sessions, flags):
        taken = {row.session_id for row in samples.read("list_texts", [*refunded, *owed], {"column": column.quoted})
                 if row.value == "true"}  # fmt: skip
        without = [one for one in owed if one not in taken]
        if len(refunded) >= _REFUNDED and taken.issuperset(refunded) and _ENOUGH <= len(without) < len(owed):
            yield failure(
                "charges", f"{column.name} is true of all {len(refunded)} sessions that the app has refunded, and not "
                f"of {len(without)} of the {len(owed)} that would be paid, such as {named(without)}: were they ever "
                "charged?",
                f"sessions.amount: null where {column.name} is not true; or sessions.never",
            )  # fmt: skip
            return
