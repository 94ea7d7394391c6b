"""Runs batches: again if something is locked, in halves if one is refused, and without sessions that are too slow."""

import time
from collections import Counter
from collections.abc import Callable
from functools import partial

from sweeper.core.errors import FailedError
from sweeper.core.halving import Halving
from sweeper.core.signals import Signals
from sweeper.postgres.ended_connections import unless_ended
from sweeper.postgres.errors import Busy, GuardLost, Refusal, StatementError, TooSlow
from sweeper.postgres.retries import retrying
from sweeper.sweep.batch import Batch, BatchPayer, ChangesOthers
from sweeper.sweep.caps import AnotherPays
from sweeper.sweep.holds import Holds, TooManyOfOne
from sweeper.sweep.owed_pages import OwedPage
from sweeper.sweep.progress import Observer, Tally
from sweeper.sweep.refused_sessions import RefusedSessions
from sweeper.sweep.selection import Selection
from sweeper.sweep.suspects import Problem, refusal_of
from sweeper.sweep.table_locks import TableLocks
from sweeper.sweep.throttle import Throttle

_CAPS_WAIT_SECONDS, _CAPS_WAIT_AT_MOST_SECONDS = 0.004, 60
_GUARD_WAIT_SECONDS = 0.5
# up to this many slow sessions in a row, from all over the page, are left to the next run; more, with no payment
# between them, mean that all sessions are slow
_SLOW_AT_MOST = 3


class BatchRunner:
    def __init__(
        self, payer: BatchPayer, holds: Holds, *, batch_size: int, signals: Signals, observer: Observer
    ) -> None:
        self._payer = payer
        self._signals = signals
        self._observer = observer
        self.throttle = Throttle(batch_size)
        self.tally = Tally()
        self.tables = TableLocks(payer.require_plan, signals)
        self.refused = RefusedSessions(holds, self.tally, self.tables, signals=signals, observer=observer)
        self.slow: set[str] = set()
        self._slow_in_a_row, self._paid_beside_slow = 0, False

    def begin_page(self) -> None:
        """Start a page of other sessions, none of which is known to be slow."""
        self._slow_in_a_row, self._paid_beside_slow = 0, False

    def skip_slow(self, found: OwedPage, session_ids: tuple[str, ...]) -> None:
        """Continue with fewer at a time; a session that is too slow alone is left, so that it does not stop the others.

        Raises:
            FailedError: too many are.
        """
        self.throttle.too_slow()
        if len(session_ids) > 1:
            found.give_back(session_ids)
            return
        self._leave_slow(session_ids)
        self._slow_in_a_row += 1
        if self._slow_in_a_row <= _SLOW_AT_MOST:
            found.turn()  # the next sessions in the order may be as slow, and of the same user
        elif self._paid_beside_slow:
            self._leave_slow(found.take(len(found)))
        else:
            raise FailedError("batches of one session take longer than 10 seconds each", code="too_slow")

    def _leave_slow(self, session_ids: tuple[str, ...]) -> None:
        self.slow.update(session_ids)
        self.tally.skipped.extend(session_ids)

    def isolate(self, found: OwedPage, session_ids: tuple[str, ...], refused: Problem | Busy) -> None:
        """Pay a refused batch in halves; a session that is refused alone is held, suspected or skipped.

        Raises:
            ConfigurationError, FailedError, Refusal, Busy: the run cannot go on; what was committed stands.
        """
        self._pay_in_halves(found.selection, session_ids, refused)
        if len(session_ids) == 1 and not self.refused.suspects.in_this_run.accounts:
            found.turn()  # the next sessions in the order may be refused as well

    def _pay_in_halves(self, selection: Selection, session_ids: tuple[str, ...], refused: Problem | Busy) -> None:
        """Pay the largest group first, once a session is refused alone.

        Raises:
            ConfigurationError, FailedError, Refusal, Busy: the run cannot go on; what was committed stands.
        """
        since = self.refused.suspects.since_now()
        if isinstance(refused, Busy):
            self.tables.wait_after(refused)
        else:
            self.tables.require_plan()
        groups, tried = Halving(session_ids, largest_next=True), Counter[str]()
        while not self.tally.capped and (group := groups.take()):
            self._signals.check()
            try:
                batch = self.run(partial(self._payer.pay, selection, group))
            except (Busy, TooSlow, ChangesOthers) as problem:
                self.tables.wait_after(problem)
                if len(group) == 1:
                    self.slow.update(group if isinstance(problem, TooSlow) else ())
                    self.tally.skipped.extend(group)
                else:
                    groups.split(group)
            except TooManyOfOne as problem:
                groups.put_back(self.refused.suspects.without(group, problem.session_ids))
            except (Refusal, StatementError) as problem:
                if len(group) > 1:
                    groups.split(group)
                elif tried[group[0]] + 1 < refusal_of(problem).tries:
                    tried[group[0]] += 1
                    groups.put_back(group)
                else:
                    groups.leave_out(self.refused.add(group[0], problem, since, *groups.left))
            else:
                groups.put_back(group[batch.tried :])  # those for which a cap left no room in this batch
                self.refused.hold_proven()

    def run(self, pay: Callable[[], Batch]) -> Batch:
        """Pay one batch; again after a lost connection, and while the caps are locked or the guard is being rebuilt.

        Raises:
            Refusal, StatementError, Busy, TooSlow: the database refuses or locks one of its sessions.
            ConfigurationError, FailedError: the run cannot go on; what was committed stands.
            Interrupted: SIGINT or SIGTERM arrived.
        """

        def attempt() -> Batch:
            self._signals.check()  # it may have arrived while an earlier attempt was cut off
            with self._signals.shielded():
                self._note(batch := pay())  # a signal that arrives now must not lose what is committed
                return batch

        rebuilds, give_up = 3, time.monotonic() + _CAPS_WAIT_AT_MOST_SECONDS
        while True:
            try:
                return retrying(unless_ended(attempt, self._payer.server_start))
            except GuardLost:  # or somebody is rebuilding it
                if not rebuilds:
                    raise
                rebuilds -= 1
                self._signals.check()
                time.sleep(_GUARD_WAIT_SECONDS)
            except AnotherPays:
                self._signals.check()
                if time.monotonic() > give_up:
                    raise FailedError(
                        f"another run has had the lock of the caps for {_CAPS_WAIT_AT_MOST_SECONDS} s: run again later",
                        code="busy",
                    ) from None
                time.sleep(_CAPS_WAIT_SECONDS)

    def _note(self, batch: Batch) -> None:
        if batch.tried:
            self.tally.batches += 1
        self.tally.already_refunded += batch.already_refunded
        self.tally.capped |= batch.capped
        self.tally.skipped.extend(batch.skipped)
        self.tally.note_unripe(batch.unripe_from)
        self.refused.suspects.paid([account_id for _, account_id, _, _ in batch.paid])
        if batch.paid:
            self._slow_in_a_row, self._paid_beside_slow = 0, self._slow_in_a_row > 0 or self._paid_beside_slow
        self._observer.paid(batch)
