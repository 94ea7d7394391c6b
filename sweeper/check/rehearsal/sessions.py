"""Which sessions have failed, are owed or have succeeded, and what the file says of their refunds."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from sweeper.app.catalog import Column
from sweeper.check.rehearsal.samples import Samples
from sweeper.config.model import SessionsSection
from sweeper.postgres.errors import TooSlow
from sweeper.postgres.transaction import Row

# so many sessions show whether several name the same row
_SHARED = 10


def is_shared(samples: Samples, link: str) -> bool:
    """Whether several sessions name the same row, as those of one account do; a row for each is no account."""
    column = samples.mapping.sessions.columns[link]
    if not samples.sees(samples.mapping.sessions, [column]):
        return True
    named = [row.value for row in samples.read("list_texts", samples.newest(running=False), {"column": column.quoted})]
    return len(named) < _SHARED or len(set(named)) < len(named)


@dataclass(frozen=True)
class SampledSession:
    """What the mapping gives for a session: its amount, and whether it is excluded, refunded or to be paid.

    ``unpaid`` is without a refund that the file knows of, ``given_back`` without a charge that is left.
    """

    session_id: str
    status: str
    amount: Decimal
    age: float | None
    excluded: bool
    never: bool
    given_back: bool
    unpaid: bool
    is_owed: bool
    """Whether it has an amount to pay."""

    @property
    def is_refunded(self) -> bool:
        """Whether the app has refunded it; not so one that is never paid."""
        return not self.unpaid and not self.never


def sampled(row: Row) -> SampledSession:
    """A session, as `look_at_newest` gives it."""
    amount = Decimal(row.amount or 0)
    return SampledSession(
        row.session_id, row.status, amount, row.age, row.excluded, row.never, row.given_back, row.unpaid,
        is_owed(amount),
    )  # fmt: skip


def look_at(samples: Samples, session_ids: Sequence[str]) -> list[SampledSession]:
    """What the mapping gives for some sessions."""
    read = partial(samples.read, "look_at_newest", session_ids)
    return samples.once(("look_at", tuple(session_ids)), lambda: [*map(sampled, read())])


def read_failed(samples: Samples) -> list[SampledSession]:
    """The newest failed sessions."""
    return look_at(samples, samples.newest(running=False))


def owed_ids(sessions: Sequence[SampledSession]) -> list[str]:
    """The ids of those sessions that are not refunded and have an amount."""
    return [one.session_id for one in sessions if one.unpaid and one.is_owed]


def list_owed(samples: Samples) -> list[str]:
    """The ids of those of the newest failed sessions that would be paid."""
    return owed_ids(read_failed(samples))


def texts_of_owed(samples: Samples, columns: Sequence[Column]) -> Iterator[tuple[Column, list[Row]]]:
    """What columns of the sessions say of those that would be paid."""
    owed = list_owed(samples)
    for column in samples.seen(samples.mapping.sessions, columns) if owed else ():
        yield column, samples.read("list_texts", owed, {"column": column.quoted})


def settled_ids(samples: Samples) -> list[str]:
    """Some sessions that succeeded; empty where finding them takes too long."""
    succeeded = samples.settings.sessions.succeeded
    rows = samples.try_ask("list_settled", {}, unanswered=(TooSlow,)) if succeeded else []
    return [row.session_id for row in rows]


def is_owed(amount: Decimal) -> bool:
    """Whether an amount can be paid."""
    return amount.is_finite() and amount > 0


def marks_in(own: SessionsSection, text: str) -> list[str]:
    """The columns that a refund sets, as the file names them, which an expression reads; by their names alone."""
    read = text.lower()
    words = {name: re.escape(name.strip('"').lower()) for name in own.refunded}
    return [name for name, word in words.items() if re.search(rf"(?<!\w){word}(?!\w)", read)]


def is_netted(samples: Samples) -> bool:
    """Whether the app's refunds may have brought amounts to nothing, while sessions that succeeded have one."""
    own, ledger = samples.settings.sessions, samples.settings.ledger
    netted = bool(marks_in(own, own.amount)) or (ledger is not None and ledger.past is not None)
    return netted and any(one.is_owed for one in look_at(samples, settled_ids(samples)))


def sees_none(samples: Samples, session_ids: Sequence[str]) -> bool:
    """Whether the app has refunded none of these sessions, as the file reads them.

    One that owes nothing any more, as its amount is read from a hold, is refunded where the ledger has its refund.
    """
    found = look_at(samples, session_ids)
    return bool(found) and not any(
        one.given_back or not one.unpaid if one.is_owed else not one.unpaid and not one.excluded for one in found
    )
