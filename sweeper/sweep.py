"""The sweep: page after page of owed sessions, each paid in one batch, until nothing owed is left in reach."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Protocol

from sweeper.batch import BATCH_TIMEOUTS, Batch, Cashier
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
from sweeper.look import Survey, list_candidates, parts, survey
from sweeper.mapping import Mapping
from sweeper.pace import Pace
from sweeper.scope import Scope
from sweeper.signals import Signals

# so many sessions that somebody had locked are tried again at the end, each time a little later: transactions of an
# app are short, and so are the batches of another sweep; what is still locked then is counted and left to the next run
_TRIED_AGAIN, _TRIED_AFTER_SECONDS = 20_000, (0, 0.1, 0.3)
_CAPS_WAIT_SECONDS = 0.02
_GUARD_WAIT_SECONDS = 0.5


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
    """What a sweep has counted so far; what it refunded is read from the ledger instead."""

    batches: int = 0
    already_refunded: int = 0
    capped: bool = False
    skipped: list[str] = field(default_factory=list)


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
        self._walk(scope)
        for seconds in _TRIED_AFTER_SECONDS:
            skipped = tuple(self.tally.skipped)
            if not skipped or self.tally.capped:
                break
            time.sleep(seconds)
            self.tally.skipped = list(skipped[_TRIED_AGAIN:])
            self._walk(scope.only(skipped[:_TRIED_AGAIN]))
        if self.tally.capped or self._cashier.has_budget:
            # what this run has just put on hold, or left there, is settled
            return self.survey(replace(scope, look_again=False), self._budget())
        return Survey(sessions=len(self.tally.skipped))

    def _walk(self, scope: Scope) -> None:
        for part in parts(scope):
            self._pass(part)

    def _budget(self) -> Decimal | None:
        return retrying(self._cashier.budget)

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

    def _pass(self, scope: Scope) -> None:
        full = True
        while full and not self.tally.capped:
            self._signals.check()
            full, scope = self._page(scope)

    def _page(self, scope: Scope) -> tuple[bool, Scope]:
        """Pay a page, and give the scope of the next; a row that stands in the way is found by halving."""
        size = self._pace.size
        try:
            batch = self._pay(scope, size)
            if batch.full:  # the last page of a pass tells nothing
                time.sleep(self._pace.held(batch.locked_seconds, waited_for=batch.waited_for))
            return batch.full, replace(scope, after=batch.last)
        except TooSlow:
            if size == 1:
                raise FailedError("a batch of one session takes longer than a minute", code="too_slow") from None
            self._pace.too_slow()
            return True, scope
        except (Refusal, Busy):
            places = list(self._cashier.in_hand) or retrying(lambda: self._candidates(scope, size))
        self._isolate(scope, tuple(session_id for _, session_id in places))
        return len(places) > 0, replace(scope, after=places[-1] if places else None)

    def _candidates(self, scope: Scope, size: int) -> list[tuple[str | None, str]]:
        with self._database.transaction(
            timeouts=BATCH_TIMEOUTS, search_path=self._mapping.search_path, timezone=self._mapping.timezone
        ) as transaction:
            return list_candidates(transaction, self._mapping, scope, size)

    def _isolate(self, scope: Scope, session_ids: tuple[str, ...], *, again: bool = False) -> None:
        if self.tally.capped or not session_ids:
            return
        self._signals.check()
        try:
            self._pay(scope.only(session_ids), len(session_ids))
            return
        except (Busy, TooSlow):
            if len(session_ids) == 1:
                self.tally.skipped.extend(session_ids)
                return
        except Refusal as refusal:
            if len(session_ids) == 1:
                if refusal.sqlstate == UNIQUE_VIOLATION and not again:  # another layer may have been first
                    self._isolate(scope, session_ids, again=True)
                elif self._hold(scope, session_ids[0], refusal):
                    self._observer.refused(session_ids[0], refusal)
                return
        middle = len(session_ids) // 2
        self._isolate(scope, session_ids[:middle])
        self._isolate(scope, session_ids[middle:])

    def _hold(self, scope: Scope, session_id: str, refusal: Refusal) -> bool:
        def attempt() -> bool:
            self._signals.check()
            with self._signals.shielded():
                return self._cashier.hold(scope, session_id, refusal)

        return retrying(attempt)

    def _pay(self, scope: Scope, size: int) -> Batch:
        def attempt() -> Batch:
            self._signals.check()  # it may have come while an attempt before this one was cut off
            with self._signals.shielded():
                return self._cashier.pay(scope, size)

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
        if batch.found:
            self.tally.batches += 1
        self.tally.already_refunded += batch.already_refunded
        self.tally.capped |= batch.capped
        self.tally.skipped.extend(batch.skipped)
        self._observer.paid(batch)
        return batch
