"""Owed sessions, and what else a run must know of a selection before it pays; all is read without a lock."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, Self

from sweeper.app.mapping import Mapping
from sweeper.postgres.binds import text_array
from sweeper.postgres.errors import Refusal, StatementError, TooSlow
from sweeper.postgres.templates import fill
from sweeper.postgres.transaction import Row, Transaction
from sweeper.sweep.selection import Place, Selection

# how long a run looks for the first charge in the books, in milliseconds
FIRST_CHARGE_MS = 5_000
# how many are halved if one row's expression fails: fewer would take longer, because most of history is settled
_CANDIDATES_AT_ONCE = 20_000


class OwedSession(NamedTuple):
    """One owed session; it has a ``hold_reason`` when no program may refund it, and is ``on_hold`` if it is already.

    ``refused`` is the database's error when its own expression fails; nothing else about it is known then.
    """

    session_id: str
    account_id: str | None
    amount: Decimal
    reason: str
    age_seconds: float
    hold_reason: str | None
    on_hold: bool
    refused: Refusal | StatementError | None = None


@dataclass(frozen=True)
class Survey:
    """What is owed at a moment, and for how much of it the credits cap has no room.

    A survey of what is payable has the others, which a run would put on hold, in ``to_hold``.
    """

    sessions: int = 0
    credits: Decimal = Decimal(0)
    over_budget: int = 0
    to_hold: int = 0

    def __add__(self, other: "Survey") -> "Survey":
        return Survey(
            self.sessions + other.sessions,
            self.credits + other.credits,
            self.over_budget + other.over_budget,
            self.to_hold + other.to_hold,
        )


@dataclass(frozen=True)
class OwedReader:
    """Reads about the sessions of one selection in one transaction; locks nothing."""

    transaction: Transaction
    mapping: Mapping
    selection: Selection

    def find_ambiguous(self, session_ids: Collection[str] | None = None) -> frozenset[str]:
        """Which of these ids, or of all ids of failed and running sessions, several sessions have from the floor on."""
        if not self.mapping.has_shared_ids or (session_ids is not None and not session_ids):
            return frozenset()
        if session_ids is None:
            return frozenset(self._row("find_all_ambiguous").session_ids)
        return frozenset(self._row("find_ambiguous", in_hand=text_array(session_ids)).session_ids)

    def find_missing(self) -> datetime | None:
        """When the latest run paid whose refunds are not all in the ledger any more; None if all are.

        Sessions that the operator named are paid anyway.
        """
        if self.selection.named:
            return None
        found: datetime | None = self._row("find_missing").missing_until
        return found

    def find_first_charge(self) -> datetime | None:
        """When the earliest session started that has a charge in the app's books, if one in reach is older.

        None also where that takes too long to find out, or a row's own expression fails.
        """
        if not self.mapping.knows_charges:
            return None
        try:
            with self.transaction.undone():
                self.transaction.rows(fill("bound_statement", {}), {"bound_ms": FIRST_CHARGE_MS})
                found: datetime | None = self._row("find_first_charge").first_charge
        except (TooSlow, Refusal, StatementError):
            return None
        return found

    def find_unripe(self) -> datetime | None:
        """When the earliest session started that may be owed later; None without such a session.

        To be asked before anything is paid: a session that is not owed then, and may be later, is not settled.

        Raises:
            Refusal, StatementError: a row's own expression fails.
        """
        found: datetime | None = self._row("find_unripe").started_at
        return found

    def list_candidates(self) -> list[Place]:
        """The next failed and running sessions, owed or not, by their position.

        In the order of their ids, and without a start, where one start cannot be read.
        """
        after = self.selection.after
        by_id = after is not None and after[0] is None
        if not by_id or self.selection.dates == "unknown":
            try:
                with self.transaction.savepoint():
                    return [place_of(row) for row in self._rows("list_candidates", page_size=_CANDIDATES_AT_ONCE)]
            except (Refusal, StatementError):
                pass
        last = after[1] if by_id and after else None
        return [place_of(row) for row in self._rows("list_ids", page_size=_CANDIDATES_AT_ONCE, after_id=last)]

    def can_read_starts(self) -> bool:
        """Whether no start of a session of the selection fails."""
        try:
            with self.transaction.savepoint():
                self._row("find_earliest")
        except (Refusal, StatementError):
            return False
        return True

    def has_come_before(self, session_id: str) -> bool:
        """Whether a refused session was in the part of those with a start, too, because its start cannot be read."""
        one = self._of(self.selection.only((session_id,)))
        return self.selection.dates == "unknown" and not one.can_read_starts()

    def is_on_hold(self, session_id: str) -> bool:
        """Whether a session that the database refuses is on hold already, so that its hold is not a new one."""

        def ask(*, attempt_known: bool) -> bool:
            with self.transaction.savepoint():
                rows = self._rows("find_hold", session_id=session_id, attempt_known=attempt_known)
            return any(row.on_hold for row in rows)

        try:
            return ask(attempt_known=True)
        except (Refusal, StatementError):
            return ask(attempt_known=False)

    def accounts_of(self, session_ids: Sequence[str]) -> dict[str, str | None]:
        """The accounts of sessions that the database refuses; empty if that fails, too."""
        try:
            with self.transaction.savepoint():
                rows = self._rows("find_account", in_hand=text_array(session_ids))
        except (Refusal, StatementError):
            return {}
        return {row.session_id: row.account_id for row in rows}

    def _of(self, selection: Selection) -> Self:
        return replace(self, selection=selection)

    def _after(self, place: Place | None) -> Self:
        return self._of(replace(self.selection, after=place))

    def _row(self, statement: str, **more: object) -> Row:
        return self.transaction.row(self.mapping.statement(statement), {**self.selection.binds, **more})

    def _rows(self, statement: str, **more: object) -> Sequence[Row]:
        return self.transaction.rows(self.mapping.statement(statement), {**self.selection.binds, **more})


def place_of(row: Row) -> Place:
    """The position of a row in the order of a sweep."""
    return row.started_at, row.session_id
