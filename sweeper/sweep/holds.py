"""The holds of a run: sessions that no program may refund, each with its reason, up to a limit."""

from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Mapped
from contextlib import AbstractContextManager
from copy import deepcopy
from types import MappingProxyType

from sweeper.app.mapping import Mapping
from sweeper.app.transactions import app_transaction, reading
from sweeper.core.errors import FailedError
from sweeper.postgres.database import Database
from sweeper.postgres.errors import Refusal, StatementError
from sweeper.postgres.timeouts import LOCKING_TIMEOUTS
from sweeper.postgres.transaction import Transaction
from sweeper.sweep.account_room import AccountRoom
from sweeper.sweep.owed import OwedReader
from sweeper.sweep.selection import Selection


class TooManyOfOne(Exception):  # noqa: N818 - the answer is to pay without these
    """So many sessions of one account would be put on hold that these of them are left to the next run."""

    def __init__(self, session_ids: Sequence[str]) -> None:
        super().__init__()
        self.session_ids = session_ids


class Holds:
    """What one run puts on hold, at most ``limit`` sessions that were not on hold before."""

    def __init__(self, database: Database, mapping: Mapping, selection: Selection, *, run_id: str, limit: int) -> None:
        self._database = database
        self._mapping = mapping
        self._selection = selection
        self._run_id = run_id
        self.limit = limit
        self.new: set[str] = set()
        # sessions that the database refused when tried alone and that are on hold, by this run or before
        self.refused: set[str] = set()
        self._room = AccountRoom(limit)

    def require_room(
        self, session_ids: Iterable[str], for_account: Mapped[str, str | None] = MappingProxyType({})
    ) -> None:
        """Check that these may be put on hold as well; those ``for_account`` because of their account, which it gives.

        Raises:
            TooManyOfOne: some may not, because there are enough of their account.
            FailedError: there would be more than the limit.
        """
        room = deepcopy(self._room)
        if beyond := [one for one, account_id in self._not_yet(for_account) if not room.take(account_id)]:
            raise TooManyOfOne(beyond)
        if len(self.new.union(session_ids)) > self.limit:
            raise FailedError(
                f"more than max_new_holds = {self.limit} sessions would be put on hold by this run: so many "
                "at once mean a wrong mapping, not bad rows. Nothing of this batch was kept",
                code="too_many_holds",
            )

    def committed(
        self, session_ids: Iterable[str], for_account: Mapped[str, str | None] = MappingProxyType({})
    ) -> None:
        for _, account_id in self._not_yet(for_account):
            self._room.take(account_id)
        self.new.update(session_ids)

    def _not_yet(self, for_account: Mapped[str, str | None]) -> list[tuple[str, str | None]]:
        return [
            (session_id, account_id) for session_id, account_id in for_account.items() if session_id not in self.new
        ]

    def hold(self, session_id: str, refusal: Refusal) -> bool:
        """Put one session on hold with the database's own message; returns whether it was not on hold before.

        Raises:
            FailedError: there would be more than the limit.
            Refusal, StatementError, Busy: the database refuses that, too.
        """
        try:
            return self._hold(session_id, refusal, attempt_known=True)
        except (Refusal, StatementError):  # the attempt cannot be read either
            return self._hold(session_id, refusal, attempt_known=False)

    def _hold(self, session_id: str, refusal: Refusal, *, attempt_known: bool) -> bool:
        binds = {
            "session_id": session_id,
            "attempt_known": attempt_known,
            "why": refusal.hold_reason,
            "sqlstate": refusal.sqlstate or None,
            "message": refusal.message,
            "constraint_name": refusal.constraint,
            "as_of": self._selection.as_of,
            "run_id": self._run_id,
        }
        with self._transaction() as transaction:
            rows = transaction.rows(self._mapping.statement("hold"), binds)
            new = bool(rows) and rows[0].new and session_id not in self.new
            if new:
                self.require_room([session_id])
        self.refused.add(session_id)
        if new:
            self.committed([session_id])
        return new

    def end_settled(self) -> None:
        """End the holds of sessions that have a refund, have succeeded, are owed nothing now, or are gone."""
        if self._mapping.is_by_account:  # whose rows are on several nodes
            return
        with self._transaction() as transaction:
            transaction.rows(self._mapping.statement("end_settled_holds"), self._selection.binds)

    def standing_of(self, session_id: str) -> tuple[str | None, bool]:
        """The account of a session that the database refuses, and whether the session is on hold already."""
        with reading(self._database, self._mapping) as transaction:
            reader = OwedReader(transaction, self._mapping, self._selection)
            return reader.accounts_of([session_id]).get(session_id), reader.is_on_hold(session_id)

    def accounts_of(self, session_ids: Sequence[str]) -> dict[str, str | None]:
        """The accounts of sessions that the database refuses; empty where they cannot be read."""
        with reading(self._database, self._mapping) as transaction:
            return OwedReader(transaction, self._mapping, self._selection).accounts_of(session_ids)

    def _transaction(self) -> AbstractContextManager[Transaction]:
        return app_transaction(self._database, self._mapping, LOCKING_TIMEOUTS)
