"""The sweep: finds what is owed, page after page, and pays it, batch after batch, until nothing is left in reach."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TypeVar, cast

from sweeper.app.mapping import Mapping
from sweeper.core.halving import RefusedAlone, in_halves
from sweeper.core.signals import Signals
from sweeper.postgres.database import Database
from sweeper.postgres.errors import Refusal, StatementError
from sweeper.postgres.retries import retrying
from sweeper.sweep.batch import Cashier
from sweeper.sweep.batches import Observer, Payout
from sweeper.sweep.holds import Holds
from sweeper.sweep.owed import Found, OwedReader, Survey, reading
from sweeper.sweep.selection import Place, Scope

T = TypeVar("T")

# so many sessions that somebody had locked are tried again at the end, each time a little later: transactions of an
# app are short, and so are the batches of another sweep; what is still locked then is counted and left to the next run
_TRIED_AGAIN, _TRIED_AFTER_SECONDS = 20_000, (0, 0.02, 0.1, 0.3)


class Sweep:
    """One run over a scope."""

    def __init__(
        self,
        database: Database,
        mapping: Mapping,
        cashier: Cashier,
        holds: Holds,
        *,
        batch_size: int,
        signals: Signals,
        observer: Observer,
    ) -> None:
        self._database = database
        self._mapping = mapping
        self._cashier = cashier
        self._holds = holds
        self._payout = Payout(cashier, holds, batch_size=batch_size, signals=signals, observer=observer)
        self._signals = signals
        self._observer = observer
        self._missing: tuple[datetime | None] | None = None
        self.tally = self._payout.tally

    def run(self, scope: Scope) -> Survey:
        """Pay everything that is owed in ``scope``, and say what is left.

        Raises:
            ConfigurationError, FailedError: the run cannot go on; what was committed stands.
            Interrupted: SIGINT or SIGTERM arrived; the batch in hand was finished.
        """
        self._observer.begun(self._cashier.run_id, lambda: self.survey(scope).sessions)
        if not scope.in_history:  # else it is told with what is found
            self._note_unripe(scope)
        connections = self._database.connections_made
        self._pass_all(scope)
        if self._database.connections_made > connections:
            # another server may have taken over, to which batches that were committed before never came
            self.tally.skipped = []
            self._pass_all(scope)
        self._payout.settle()
        scope = self._knowing(scope)
        if self.tally.capped or self._cashier.has_budget:
            return self.survey(scope, retrying(self._cashier.budget), payable=True)
        return self.survey(scope.only(tuple(self.tally.skipped)), payable=True) if self.tally.skipped else Survey()

    def survey(
        self, scope: Scope, budget: Decimal | None = None, *, payable: bool = False, attempts: int | None = None
    ) -> Survey:
        """Count what is owed; of what is ``payable``, without what is or will be on hold."""
        # what this run has put on hold because the database refuses it, or left there, nobody can tell without a try
        settled = self._holds.refused if payable else ()

        def count() -> Survey:
            with reading(self._database, self._mapping) as transaction:
                readers = (OwedReader(transaction, self._mapping, part) for part in scope.parts())
                return sum((reader.count(budget, payable=payable, settled=settled) for reader in readers), Survey())

        return retrying(count, attempts=attempts)

    def _pass_all(self, scope: Scope) -> None:
        for part in scope.parts():
            self._pass(part)

    def _pass(self, scope: Scope) -> None:
        before = len(self.tally.skipped)
        self._walk(scope)
        for seconds in _TRIED_AFTER_SECONDS:
            passed_over = dict.fromkeys(self.tally.skipped[before:])
            slow = tuple(session_id for session_id in passed_over if session_id in self._payout.slow)
            skipped = tuple(session_id for session_id in passed_over if session_id not in self._payout.slow)
            if not skipped or self.tally.capped:
                break
            time.sleep(seconds)
            self.tally.skipped[before:] = (*slow, *skipped[_TRIED_AGAIN:])
            self._payout.pay_all(Found(self._knowing(scope), skipped[:_TRIED_AGAIN]))

    def _walk(self, scope: Scope) -> None:
        """Find and pay, page after page."""
        more = True
        while more and not self.tally.capped:
            self._signals.check()
            try:
                found = self._find(scope)
            except (Refusal, StatementError):
                if scope.in_history and scope.after is None:
                    self._note_unripe(scope)
                more, last = self._walk_around(scope)
            else:
                self._payout.pay_all(found)
                more, last = found.last is not None, found.last
            scope = replace(scope, after=last)

    def _walk_around(self, scope: Scope) -> tuple[bool, Place | None]:
        """Go on, with fewer sessions at a time, until the row is behind whose expression fails.

        Tells whether there may be more, and from what place on.
        """
        while not self.tally.capped and (candidates := self._read(scope, OwedReader.list_candidates)):
            refused = self._find_among(scope, tuple(session_id for _, session_id in candidates))
            scope = replace(scope, after=candidates[-1])
            if refused:
                return True, scope.after
        return False, scope.after

    def _note_unripe(self, scope: Scope) -> None:
        try:
            self.tally.note_unripe(self._read(scope, OwedReader.find_unripe))
        except (Refusal, StatementError):
            self.tally.unknown = True

    def _knowing(self, scope: Scope) -> Scope:
        """The same scope with what is known, by now, of refunds that are missing."""
        return replace(scope, missing_until=self._missing[0]) if self._missing else scope

    def _find(self, scope: Scope) -> Found:
        budget = retrying(self._cashier.budget)
        found = self._read(self._knowing(scope), lambda reader: reader.find(budget))
        if found and self._missing is None:  # a run that has nothing to pay need not know
            self._missing = (self._read(scope, OwedReader.find_missing),)
            if self._missing != (None,):  # what will be held needs no room, and its reason is said as it is locked
                return self._find(scope)
        self.tally.note_unripe(found.unripe_from)
        return found

    def _read(self, scope: Scope, ask: Callable[[OwedReader], T]) -> T:
        def read() -> T:
            with reading(self._database, self._mapping) as transaction:
                return ask(OwedReader(transaction, self._mapping, scope))

        return self._payout.once_unlocked(read)

    def _find_among(self, scope: Scope, session_ids: tuple[str, ...]) -> bool:
        """Find and pay those of these that are owed; one whose own expression fails is found by halving.

        Tells whether there was one.
        """

        def find(some: Sequence[str]) -> Found:
            self._signals.check()
            return self._find(scope.only(tuple(some)))

        refused = False
        for found in in_halves(session_ids, find, Refusal, StatementError):
            if isinstance(found, RefusedAlone):
                # an expression fails whenever it is read: what was paid before shows as well that others can be
                problem = cast("Refusal | StatementError", found.error)
                self._payout.refused_alone(found.item, problem, self._payout.suspects.in_this_run)
                refused = True
            else:
                self._payout.pay_all(found)
            if self.tally.capped:
                break
        return refused
