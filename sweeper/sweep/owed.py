"""Reading what is owed without locking anything: what a run pays next, pages of a dry run, and how much it is."""

from collections.abc import Collection, Generator, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from sweeper.app.mapping import Mapping
from sweeper.core.halving import RefusedAlone, in_halves
from sweeper.postgres.binds import text_array
from sweeper.postgres.database import Database
from sweeper.postgres.errors import Refusal, StatementError, TooSlow
from sweeper.postgres.templates import fill
from sweeper.postgres.timeouts import READ_TIMEOUTS
from sweeper.postgres.transaction import Row, Transaction
from sweeper.sweep.owed_session import OwedPage, OwedSession, Survey
from sweeper.sweep.selection import Place, Selection, Starts

_PAGE_SIZE = 2000
# how long a run looks for the first charge in the books, in milliseconds
FIRST_CHARGE_MS = 5_000
# how many ids are found at once: a page costs a reading of its own, and a full sweep reads all of history for the first
_FOUND_AT_ONCE = 50_000
# how many are halved when one row's expression fails: fewer would take longer, as most of history is settled
_CANDIDATES_AT_ONCE = 20_000


def reading(database: Database, mapping: Mapping) -> AbstractContextManager[Transaction]:
    """A read-only transaction over one snapshot, for the mapped tables."""
    return database.transaction(
        timeouts=READ_TIMEOUTS, search_path=mapping.search_path, timezone=mapping.timezone, read_only=True
    )


@dataclass(frozen=True)
class OwedReader:
    """Asks one transaction about the owed sessions of one selection; locks nothing."""

    transaction: Transaction
    mapping: Mapping
    selection: Selection

    def find(self, budget: Decimal | None) -> OwedPage:
        """The next sessions that are owed and, each for itself, within the budget.

        Raises:
            Refusal, StatementError: one row's expression fails.
        """
        selection = self.selection
        in_history = selection.in_history and selection.after is None
        page_size = max(_FOUND_AT_ONCE, len(selection.session_ids or ()))
        row = self._row("find_in_history" if in_history else "find", page_size=page_size, budget=budget)
        session_ids = row.session_ids
        if self.mapping.has_shared_ids:
            session_ids = list(dict.fromkeys(session_ids))
            selection = replace(selection, ambiguous=selection.ambiguous | self.find_ambiguous(session_ids))
        if self.mapping.is_bounded:
            selection = replace(selection, starts=Starts(row.session_ids, row.starts or ()))
        if selection.homes is not None:
            found = zip(row.session_ids, row.accounts or (), strict=True)
            selection.homes.learn(self.transaction, self.mapping, found)
        return OwedPage(
            selection,
            session_ids,
            last=(row.last[0], row.last[1]) if row.last else None,
            unripe_from=row.unripe_from if in_history else None,
        )

    def find_ambiguous(self, session_ids: Collection[str] | None = None) -> frozenset[str]:
        """Which of these ids, or of all failed and running sessions, several have from the floor on."""
        if not self.mapping.has_shared_ids or (session_ids is not None and not session_ids):
            return frozenset()
        if session_ids is None:
            return frozenset(self._row("find_all_ambiguous").session_ids)
        return frozenset(self._row("find_ambiguous", in_hand=text_array(session_ids)).session_ids)

    def find_missing(self) -> datetime | None:
        """When the latest run paid whose refunds are not all in the ledger any more; none when all are.

        Sessions that the operator named are paid anyway.
        """
        if self.selection.named:
            return None
        found: datetime | None = self._row("find_missing").missing_until
        return found

    def find_first_charge(self) -> datetime | None:
        """When the earliest session started that has a charge in the app's books, where one in reach is older.

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
        """When the earliest session started that may be owed later; none when there is none.

        To be asked before anything is paid: what is not owed by then, and may be later, is settled by no run.

        Raises:
            Refusal, StatementError: a row's own expression fails.
        """
        found: datetime | None = self._row("find_unripe").started_at
        return found

    def list_candidates(self) -> list[Place]:
        """The next failed and running sessions, owed or not, by their place in the order."""
        return [_place(row) for row in self._rows("list_candidates", page_size=_CANDIDATES_AT_ONCE)]

    def count(self, budget: Decimal | None = None, *, payable: bool = False, settled: Collection[str] = ()) -> Survey:
        """Count what is owed, without the ``settled``; ``payable`` leaves out what will be held."""
        if payable and self.mapping.has_shared_ids:
            known = self._of(replace(self.selection, ambiguous=self.find_ambiguous(self.selection.session_ids)))
            return known._count(budget, payable=payable, settled=settled)
        return self._count(budget, payable=payable, settled=settled)

    def _count(self, budget: Decimal | None, *, payable: bool, settled: Collection[str]) -> Survey:
        binds = {"budget": budget, "payable": payable, "settled": text_array(settled) if settled else None}
        try:
            with self.transaction.savepoint():
                row = self._row("survey", **binds)
            return Survey(row.sessions, Decimal(row.credits), row.over_budget, row.to_hold)
        except (Refusal, StatementError):  # one row's expression fails: count page by page, around it
            owed = (session for session in self.iterate() if session.session_id not in settled)
            return _count(owed, budget, payable=payable)

    def iterate(self) -> Iterator[OwedSession]:
        """Every owed session, in order, read a page at a time; of several with one id the first."""
        if not self.mapping.has_shared_ids:
            yield from self._iterate()
            return
        seen = set[str]()
        for session in self._iterate():
            if session.session_id not in seen:
                yield session
            if session.hold_reason == "ambiguous_id":
                seen.add(session.session_id)

    def _iterate(self) -> Iterator[OwedSession]:
        reader, more = self, True
        while more:
            try:
                with self.transaction.savepoint():
                    rows = reader._rows("look", page_size=_PAGE_SIZE)
            except (Refusal, StatementError):
                more, last = yield from reader._iterate_around()
            else:
                yield from reader._looked(rows)
                more, last = len(rows) == _PAGE_SIZE, _place(rows[-1]) if rows else None
            reader = reader._after(last)

    def _iterate_around(self) -> Generator[OwedSession, None, tuple[bool, Place | None]]:
        """Go on, with fewer sessions at a time, until the row is behind whose expression fails.

        Returns whether there may be more, and from what place on.
        """
        reader, refused = self, False
        while not refused and (candidates := reader.list_candidates()):
            for owed in reader._iterate_in_halves(tuple(session_id for _, session_id in candidates)):
                refused |= owed.refused is not None
                yield owed
            reader = reader._after(candidates[-1])
        return refused, reader.selection.after

    def _iterate_in_halves(self, session_ids: tuple[str, ...]) -> Iterator[OwedSession]:
        def read(some: tuple[str, ...]) -> Sequence[Row]:
            with self.transaction.savepoint():
                return self._of(self.selection.only(some))._rows("look", page_size=len(some))

        for answer in in_halves(session_ids, read, Refusal, StatementError):
            if isinstance(answer, RefusedAlone):
                yield self._refused(answer.item, cast("Refusal | StatementError", answer.error))
            else:
                yield from self._looked(answer)

    def _refused(self, session_id: str, problem: Refusal | StatementError) -> OwedSession:
        why = f"refused {problem.sqlstate if isinstance(problem, Refusal) else problem.refusal.sqlstate}"
        on_hold, account_id = self.is_on_hold(session_id), self.account_of(session_id)
        return OwedSession(
            session_id, account_id, Decimal(0), "", 0.0, hold_reason=why, on_hold=on_hold, refused=problem
        )

    def _looked(self, rows: Sequence[Row]) -> Iterator[OwedSession]:
        ambiguous = self.find_ambiguous([row.session_id for row in rows])
        for row in rows:
            session = _looked(row)
            yield session._replace(hold_reason="ambiguous_id") if session.session_id in ambiguous else session

    def is_on_hold(self, session_id: str) -> bool:
        """Whether a session that the database refuses is on hold already, so that a new hold is not news."""

        def ask(*, attempt_known: bool) -> bool:
            with self.transaction.savepoint():
                rows = self._rows("find_hold", session_id=session_id, attempt_known=attempt_known)
            return any(row.on_hold for row in rows)

        try:
            return ask(attempt_known=True)
        except (Refusal, StatementError):
            return ask(attempt_known=False)

    def account_of(self, session_id: str) -> str | None:
        """The account of a session that the database refuses; none where that fails, too."""
        try:
            with self.transaction.savepoint():
                rows = self._rows("find_account", session_id=session_id)
        except (Refusal, StatementError):
            return None
        return rows[0].account_id if rows else None

    def _of(self, selection: Selection) -> "OwedReader":
        return replace(self, selection=selection)

    def _after(self, place: Place | None) -> "OwedReader":
        return self._of(replace(self.selection, after=place))

    def _row(self, statement: str, **more: object) -> Row:
        return self.transaction.row(self.mapping.statement(statement), {**self.selection.binds, **more})

    def _rows(self, statement: str, **more: object) -> Sequence[Row]:
        return self.transaction.rows(self.mapping.statement(statement), {**self.selection.binds, **more})


def _count(sessions: Iterator[OwedSession], budget: Decimal | None, *, payable: bool) -> Survey:
    count, credits, over, to_hold = 0, Decimal(0), 0, 0
    for session in sessions:
        if payable and session.hold_reason is not None:
            to_hold += not session.on_hold
            continue
        count += 1
        if session.hold_reason is None:
            credits += session.amount
            over += budget is not None and session.amount > budget
    return Survey(count, credits, over, to_hold)


def _place(row: Row) -> Place:
    """The place of a row in the order of a sweep."""
    return row.started_at, row.session_id


def _looked(row: Any) -> OwedSession:
    return OwedSession(
        session_id=row.session_id,
        account_id=row.account_id,
        amount=Decimal(row.amount),
        reason=row.reason,
        age_seconds=row.age_seconds,
        hold_reason=row.hold_reason,
        on_hold=row.on_hold,
    )
