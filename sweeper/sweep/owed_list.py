"""Everything that is owed in a selection, listed or counted: for dry runs, and for what a run leaves."""

from collections.abc import Collection, Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import cast

from sweeper.core.halving import RefusedAlone, in_halves
from sweeper.postgres.binds import text_array
from sweeper.postgres.errors import Refusal, StatementError
from sweeper.postgres.transaction import Row
from sweeper.sweep.owed import OwedReader, OwedSession, Survey, place_of
from sweeper.sweep.selection import Place

_PAGE_SIZE = 10_000
# a count that need not be exact looks for so many failing rows one by one; from then on, so few sessions with one among
# them are not counted
_COUNTED_ALONE, _LEFT_TOGETHER = 200, 64


@dataclass
class FailingRows:
    """How many rows failed alone, and whether that ends the search for others: it takes some milliseconds for each."""

    ends: bool = False
    found: int = 0

    def are_enough(self, sessions: int) -> bool:
        """Whether it is not worth it to look for the failing ones of so few."""
        return self.ends and self.found >= _COUNTED_ALONE and sessions <= _LEFT_TOGETHER


@dataclass(frozen=True)
class OwedList(OwedReader):
    """Every owed session of one selection, even beside rows whose expression fails; locks nothing.

    Where ``failing`` ends the search for rows that fail, some sessions beside them may be left out.
    """

    failing: FailingRows = field(default_factory=FailingRows)

    def count(self, budget: Decimal | None = None, *, payable: bool = False, settled: Collection[str] = ()) -> Survey:
        """Count what is owed, without the ``settled``; ``payable`` leaves out what will be put on hold."""
        reader = self
        binds = {"budget": budget, "payable": payable, "settled": text_array(settled) if settled else None}
        try:
            with self.transaction.savepoint():
                row = self._row("survey", **binds)
                # all of history may have to be read for these, so not where nothing is left
                if payable and row.sessions and self.mapping.has_shared_ids:
                    ambiguous = self.find_ambiguous(self.selection.session_ids)
                    reader = self._of(replace(self.selection, ambiguous=ambiguous))
                    row = reader._row("survey", **binds)
            return Survey(row.sessions, Decimal(row.credits), row.over_budget, row.to_hold)
        except (Refusal, StatementError):  # one row's expression fails: count page by page, around it
            owed = (session for session in reader.iterate() if session.session_id not in settled)
            return _surveyed(owed, budget, payable=payable)

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
                more, last = len(rows) == _PAGE_SIZE, place_of(rows[-1]) if rows else None
            reader = reader._after(last)

    def _iterate_around(self) -> Generator[OwedSession, None, tuple[bool, Place | None]]:
        """Continue with fewer sessions at a time, until past the row whose expression fails.

        Returns whether there may be more, and from what place on.
        """
        self._of(self.selection.only(()))._rows("look", page_size=0)  # of no session: if this fails, no row is at fault
        reader, refused = self, False
        while candidates := reader.list_candidates():
            for owed in reader._iterate_in_halves(tuple(session_id for _, session_id in candidates)):
                refused |= owed.refused is not None
                yield owed
            reader = reader._after(candidates[-1])
            # else the rest is read in the order of the ids, because a start cannot be
            if refused and candidates[-1][0] is not None:
                return True, reader.selection.after
        return False, reader.selection.after

    def _iterate_in_halves(self, session_ids: tuple[str, ...]) -> Iterator[OwedSession]:
        def read(some: tuple[str, ...]) -> Sequence[Row]:
            try:
                with self.transaction.savepoint():
                    return self._of(self.selection.only(some))._rows("look", page_size=len(some))
            except (Refusal, StatementError):
                if self.failing.are_enough(len(some)):
                    return ()
                raise

        for answer in in_halves(session_ids, read, Refusal, StatementError):
            if isinstance(answer, RefusedAlone):
                self.failing.found += 1
                if not self.has_come_before(answer.item):
                    yield self._refused(answer.item, cast("Refusal | StatementError", answer.error))
            else:
                yield from self._looked(answer)

    def _refused(self, session_id: str, problem: Refusal | StatementError) -> OwedSession:
        why = f"refused {problem.sqlstate if isinstance(problem, Refusal) else problem.refusal.sqlstate}"
        on_hold, account_id = self.is_on_hold(session_id), self.accounts_of([session_id]).get(session_id)
        return OwedSession(
            session_id, account_id, Decimal(0), "", 0.0, hold_reason=why, on_hold=on_hold, refused=problem
        )

    def _looked(self, rows: Sequence[Row]) -> Iterator[OwedSession]:
        ambiguous = self.find_ambiguous([row.session_id for row in rows])
        for row in rows:
            yield OwedSession(
                session_id=row.session_id,
                account_id=row.account_id,
                amount=Decimal(row.amount),
                reason=row.reason,
                age_seconds=row.age_seconds,
                hold_reason="ambiguous_id" if row.session_id in ambiguous else row.hold_reason,
                on_hold=row.on_hold,
            )


def _surveyed(sessions: Iterator[OwedSession], budget: Decimal | None, *, payable: bool) -> Survey:
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
