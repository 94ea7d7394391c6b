"""What a rule of the rehearsal asks: which sessions have failed, are owed or have succeeded, and all that is below."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from sweeper.app.catalog import Column
from sweeper.check.context import CheckContext
from sweeper.check.rehearsal.tables import AppTables
from sweeper.config.model import SessionsSection
from sweeper.postgres.errors import TooSlow
from sweeper.postgres.transaction import Row

# so many sessions show whether several name the same row
_SHARED = 10
# how many are named in a message
_NAMED = 3


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
    is_charged: bool
    unpaid: bool
    is_owed: bool
    """Whether it has an amount to pay."""

    @property
    def is_refunded(self) -> bool:
        """Whether the app has refunded it; not so one that is never paid."""
        return not self.unpaid and not self.never


def sampled(row: Row) -> SampledSession:
    amount = Decimal(row.amount or 0)
    return SampledSession(
        row.session_id, row.status, amount, row.age, row.excluded, row.never, row.given_back, row.is_charged,
        row.unpaid, is_owed(amount),
    )  # fmt: skip


def owed_ids(sessions: Sequence[SampledSession]) -> list[str]:
    """The ids of those sessions that are not refunded and have an amount."""
    return [one.session_id for one in sessions if one.unpaid and one.is_owed]


def ids_of(rows: Iterable[Row]) -> list[str]:
    return [row.session_id for row in rows]


def by_status(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """The rows of each status, by its name."""
    found: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: str(row.status)):  # null is none that a file names
        found.setdefault(row.status, []).append(row)
    return found


def is_owed(amount: Decimal) -> bool:
    return amount.is_finite() and amount > 0


def marks_in(own: SessionsSection, text: str) -> list[str]:
    """The columns that a refund sets, as the file names them, which an expression reads; by their names alone."""
    read = text.lower()
    words = {name: re.escape(name.strip('"').lower()) for name in own.refunded}
    return [name for name, word in words.items() if re.search(rf"(?<!\w){word}(?!\w)", read)]


class Samples(AppTables):
    def is_shared(self, link: str) -> bool:
        """Whether several sessions name the same row, as those of one account do; a row for each is no account."""
        column = self.sessions.columns[link]
        if not self.sees(self.sessions, [column]):
            return True
        named = self.texts(column, self.failed).values()
        return len(named) < _SHARED or len(set(named)) < len(named)

    def texts(self, column: Column, session_ids: Sequence[str]) -> dict[str, str]:
        """What some sessions have in a column, as text, without those that have nothing."""
        return {row.session_id: row.value for row in self.read("list_texts", session_ids, column=column)}

    def look_at(self, session_ids: Sequence[str]) -> list[SampledSession]:
        """What the mapping gives for some sessions."""
        read = partial(self.read, "look_at_newest", session_ids)
        return self.once(("look_at", tuple(session_ids)), lambda: [*map(sampled, read())])

    def read_failed(self) -> list[SampledSession]:
        return self.look_at(self.failed)

    def list_owed(self) -> list[str]:
        """The ids of those of the newest failed sessions that would be paid."""
        return owed_ids(self.read_failed())

    def refunded_ids(self) -> list[str]:
        return [one.session_id for one in self.read_failed() if one.is_refunded]

    def texts_of_owed(self, columns: Sequence[Column]) -> Iterator[tuple[Column, dict[str, str]]]:
        """What columns of the sessions say of those that would be paid."""
        owed = self.list_owed()
        for column in self.seen(self.sessions, columns) if owed else ():
            yield column, self.texts(column, owed)

    def settled_ids(self) -> list[str]:
        """Some sessions that succeeded; empty where finding them takes too long."""
        succeeded = self.own.succeeded
        rows = self.try_ask("list_settled", (TooSlow,)) if succeeded else []
        self.learn_starts(rows)
        return [row.session_id for row in rows]

    def is_netted(self) -> bool:
        """Whether the app's refunds may have brought amounts to nothing, while sessions that succeeded have one."""
        own, ledger = self.own, self.settings.ledger
        netted = bool(marks_in(own, own.amount)) or (ledger is not None and ledger.past is not None)
        return netted and any(one.is_owed for one in self.look_at(self.settled_ids()))

    def sees_none(self, session_ids: Sequence[str]) -> bool:
        """Whether the app has refunded none of these sessions, as the file reads them.

        One that owes nothing any more, as its amount is read from a hold, is refunded where the ledger has its refund.
        """
        found = self.look_at(session_ids)
        return bool(found) and not any(
            one.given_back or not one.unpaid if one.is_owed else not one.unpaid and not one.excluded for one in found
        )


@contextmanager
def sampling(context: CheckContext) -> Iterator[Samples]:
    """A read-only transaction for one item, whose statements may each take 10 seconds."""
    with ExitStack() as opened:
        yield Samples(context, opened)


def named(session_ids: Sequence[object]) -> str:
    """A few ids for a message."""
    return ", ".join(str(one) for one in session_ids[:_NAMED])


def number(amount: Decimal) -> str:
    """An amount without trailing zeros."""
    return f"{amount.normalize():f}"
