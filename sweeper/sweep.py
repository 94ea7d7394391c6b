"""The sweep: finds what is owed, page after page, and pays it, batch after batch, until nothing is left in reach."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from sweeper.batch import Batch, Cashier
from sweeper.database import (
    READ_TIMEOUTS,
    UNIQUE_VIOLATION,
    Busy,
    Database,
    GuardLost,
    Refusal,
    TooSlow,
    retrying,
)
from sweeper.errors import FailedError
from sweeper.horizon import find_unripe
from sweeper.look import Found, Survey, find, list_candidates, parts, reading, survey
from sweeper.mapping import Mapping
from sweeper.pace import Pace
from sweeper.scope import Place, Scope
from sweeper.signals import Signals

# so many sessions that somebody had locked are tried again at the end, each time a little later: transactions of an
# app are short, and so are the batches of another sweep; what is still locked then is counted and left to the next run
_TRIED_AGAIN, _TRIED_AFTER_SECONDS = 20_000, (0, 0.1, 0.3)
_CAPS_WAIT_SECONDS = 0.02
_GUARD_WAIT_SECONDS = 0.5
# a migration that takes longer is left alone, and the run ends
_TABLE_TRIES, _TABLE_WAIT_SECONDS = 8, 0.4


class Observer(Protocol):
    """Told what a sweep does, once it is committed."""

    def begun(self, run_id: str, count_owed: Callable[[], int]) -> None:
        """The run starts; counting what is owed costs a survey, so only who shows it asks."""

    def paid(self, batch: Batch) -> None:
        """A batch was committed."""

    def refused(self, session_id: str, refusal: Refusal) -> None:
        """A session that the database refused was put on hold."""


@dataclass
class Tally:
    """What a sweep has counted so far; what it refunded is read from the ledger instead.

    ``unripe_from`` is when the earliest session started that may be owed later; ``unknown`` tells that a row's own
    expression failed, so that nobody knows.
    """

    batches: int = 0
    already_refunded: int = 0
    capped: bool = False
    skipped: list[str] = field(default_factory=list)
    unripe_from: datetime | None = None
    unknown: bool = False

    def note_unripe(self, moment: datetime | None) -> None:
        """A session that started then may be owed later."""
        if moment is not None:
            self.unripe_from = min(moment, self.unripe_from or moment)


class Sweep:
    """One run over a scope."""

    def __init__(
        self,
        database: Database,
        mapping: Mapping,
        cashier: Cashier,
        *,
        batch_size: int,
        signals: Signals,
        observer: Observer,
    ) -> None:
        self._database = database
        self._mapping = mapping
        self._cashier = cashier
        self._pace = Pace(batch_size)
        self._signals = signals
        self._observer = observer
        self.tally = Tally()

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
        # what this run has just put on hold, or left there, is settled
        left = replace(scope, look_again=False)
        if self.tally.capped or self._cashier.has_budget:
            return self.survey(left, retrying(self._cashier.budget))
        return self.survey(left.only(tuple(self.tally.skipped))) if self.tally.skipped else Survey()

    def survey(self, scope: Scope, budget: Decimal | None = None, *, attempts: int | None = None) -> Survey:
        """Count what is owed."""

        def count() -> Survey:
            with self._database.transaction(
                timeouts=READ_TIMEOUTS,
                search_path=self._mapping.search_path,
                timezone=self._mapping.timezone,
                read_only=True,
            ) as transaction:
                counted = [survey(transaction, self._mapping, part, budget) for part in parts(scope)]
            return Survey(
                sum(part.sessions for part in counted),
                sum((part.credits for part in counted), Decimal(0)),
                sum(part.over_budget for part in counted),
            )

        return retrying(count, attempts=attempts)

    def _pass_all(self, scope: Scope) -> None:
        for part in parts(scope):
            self._pass(part)

    def _pass(self, scope: Scope) -> None:
        before = len(self.tally.skipped)
        self._walk(scope)
        for seconds in _TRIED_AFTER_SECONDS:
            skipped = tuple(dict.fromkeys(self.tally.skipped[before:]))
            if not skipped or self.tally.capped:
                break
            time.sleep(seconds)
            self.tally.skipped[before:] = skipped[_TRIED_AGAIN:]
            self._pay_all(scope, Found(session_ids=skipped[:_TRIED_AGAIN]))

    def _walk(self, scope: Scope) -> None:
        """Find and pay, page after page."""
        full = True
        while full and not self.tally.capped:
            self._signals.check()
            try:
                found = self._find(scope)
            except Refusal:
                if scope.in_history:
                    self._note_unripe(scope)
                candidates = self._list_candidates(scope)
                self._find_among(scope, tuple(session_id for _, session_id in candidates))
                full = len(candidates) > 0
                last = candidates[-1] if candidates else None
            except Busy as problem:
                self._wait_for_tables(scope, problem)
                continue
            else:
                self._pay_all(scope, found)
                full, last = found.full, found.last
            scope = replace(scope, after=last)

    def _note_unripe(self, scope: Scope) -> None:
        def look() -> datetime | None:
            with reading(self._database, self._mapping) as transaction:
                return find_unripe(transaction, self._mapping, scope)

        try:
            self.tally.note_unripe(retrying(look))
        except Refusal:
            self.tally.unknown = True

    def _find(self, scope: Scope) -> Found:
        budget = retrying(self._cashier.budget)

        def look() -> Found:
            with reading(self._database, self._mapping) as transaction:
                return find(transaction, self._mapping, scope, budget)

        found = retrying(look)
        self.tally.note_unripe(found.unripe_from)
        return found

    def _list_candidates(self, scope: Scope) -> list[Place]:
        def look() -> list[Place]:
            with reading(self._database, self._mapping) as transaction:
                return list_candidates(transaction, self._mapping, scope, self._pace.size)

        return retrying(look)

    def _find_among(self, scope: Scope, session_ids: tuple[str, ...]) -> None:
        """Find and pay those of these that are owed; one whose own expression fails is found by halving, and held."""
        self._signals.check()
        if self.tally.capped or not session_ids:
            return
        try:
            found = self._find(scope.only(session_ids))
        except Refusal as refusal:
            if len(session_ids) == 1:
                self._hold(scope, session_ids[0], refusal)
                return
            middle = len(session_ids) // 2
            self._find_among(scope, session_ids[:middle])
            self._find_among(scope, session_ids[middle:])
        else:
            self._pay_all(scope, found)

    def _pay_all(self, scope: Scope, found: Found) -> None:
        """Pay what was found, batch after batch; a row that stands in the way is found by halving."""
        while not self.tally.capped and (session_ids := found.take(self._pace.size)):
            self._signals.check()
            try:
                batch = self._pay(scope, session_ids)
            except TooSlow:
                if len(session_ids) == 1:
                    raise FailedError("a batch of one session takes longer than a minute", code="too_slow") from None
                self._pace.too_slow()
                found.give_back(session_ids)
            except (Refusal, Busy) as problem:
                self._wait_for_tables(scope, problem)
                self._isolate(scope, session_ids)
            else:
                found.give_back(session_ids[batch.tried :])
                if len(session_ids) == self._pace.size and (
                    pause := self._pace.held(batch.locked_seconds, batch.traffic)
                ):
                    time.sleep(pause)  # the last batch of a pass tells nothing

    def _isolate(self, scope: Scope, session_ids: tuple[str, ...], *, again: bool = False) -> None:
        if self.tally.capped or not session_ids:
            return
        self._signals.check()
        try:
            self._pay(scope, session_ids)
            return
        except (Busy, TooSlow) as problem:
            self._wait_for_tables(scope, problem)
            if len(session_ids) == 1:
                self.tally.skipped.extend(session_ids)
                return
        except Refusal as refusal:
            if len(session_ids) == 1:
                if refusal.sqlstate == UNIQUE_VIOLATION and not again:  # another layer may have been first
                    self._isolate(scope, session_ids, again=True)
                else:
                    self._hold(scope, session_ids[0], refusal)
                return
        middle = len(session_ids) // 2
        self._isolate(scope, session_ids[:middle])
        self._isolate(scope, session_ids[middle:])

    def _wait_for_tables(self, scope: Scope, problem: Exception) -> None:
        """A table that is locked as a whole stands in everybody's way: no use in trying session after session."""
        if not isinstance(problem, Busy):
            return
        for waits_left in reversed(range(_TABLE_TRIES)):
            self._signals.check()
            try:
                retrying(lambda: self._cashier.require_unlocked(scope))
            except Busy:
                if not waits_left:
                    raise
                time.sleep(_TABLE_WAIT_SECONDS)
            else:
                return

    def _hold(self, scope: Scope, session_id: str, refusal: Refusal) -> None:
        def attempt() -> bool:
            self._signals.check()
            with self._signals.shielded():
                return self._cashier.hold(scope, session_id, refusal)

        if retrying(attempt):
            self._observer.refused(session_id, refusal)

    def _pay(self, scope: Scope, session_ids: tuple[str, ...]) -> Batch:
        def attempt() -> Batch:
            self._signals.check()  # it may have come while an attempt before this one was cut off
            with self._signals.shielded():
                return self._cashier.pay(scope, session_ids)

        rebuilds = 3
        while True:
            try:
                batch = retrying(attempt)
            except GuardLost:  # also what it looks like while somebody rebuilds it
                if not rebuilds:
                    raise
                rebuilds -= 1
                self._signals.check()
                time.sleep(_GUARD_WAIT_SECONDS)
                continue
            if not batch.waiting:
                break
            self._signals.check()
            time.sleep(_CAPS_WAIT_SECONDS)
        if batch.tried:
            self.tally.batches += 1
        self.tally.already_refunded += batch.already_refunded
        self.tally.capped |= batch.capped
        self.tally.skipped.extend(batch.skipped)
        self.tally.note_unripe(batch.unripe_from)
        self._observer.paid(batch)
        return batch
