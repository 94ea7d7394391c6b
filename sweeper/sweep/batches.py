"""Runs batches: again if something is locked, in halves if one is refused, and without sessions that are too slow."""

import time
from collections import Counter
from collections.abc import Callable, Collection
from functools import partial
from typing import TypeVar

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
from sweeper.sweep.selection import Selection
from sweeper.sweep.suspects import PaidSince, Problem, Suspect, Suspects, refusal_of, unproven
from sweeper.sweep.throttle import Throttle

T = TypeVar("T")

_CAPS_WAIT_SECONDS, _CAPS_WAIT_AT_MOST_SECONDS, _GUARD_WAIT_SECONDS = 0.004, 60, 0.5
# up to this many slow sessions in a row, from all over the page, are left to the next run; more, with no payment
# between them, mean that all sessions are slow
_SLOW_AT_MOST = 3
# when a migration takes longer, the run ends
_TABLE_TRIES, _TABLE_WAIT_SECONDS = 8, 0.4


class BatchRunner:
    """Runs the batches of one run, and counts."""

    def __init__(
        self, payer: BatchPayer, holds: Holds, *, batch_size: int, signals: Signals, observer: Observer
    ) -> None:
        self._payer = payer
        self._holds = holds
        self._signals = signals
        self._observer = observer
        self.throttle = Throttle(batch_size)
        self.tally = Tally()
        self.slow: set[str] = set()
        self._slow_in_a_row, self._paid_beside_slow = 0, False
        self.suspects = Suspects(holds.limit)
        self._without_a_hold: dict[str, Problem] = {}

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

    def isolate(self, selection: Selection, session_ids: tuple[str, ...], refused: Problem | Busy) -> None:
        """Pay a refused batch in halves; a session that is refused alone is held, suspected or skipped.

        Raises:
            ConfigurationError, FailedError, Refusal, Busy: the run cannot go on; what was committed stands.
        """
        since = self.suspects.since_now()
        if isinstance(refused, Busy):
            self._wait_for_tables(refused)
        else:
            self.require_plan()
        groups, tried = Halving(session_ids, largest_next=True), Counter[str]()
        while not self.tally.capped and (group := groups.take()):
            self._signals.check()
            try:
                batch = self.run(partial(self._payer.pay, selection, group))
            except (Busy, TooSlow, ChangesOthers) as problem:
                self._wait_for_tables(problem)
                if len(group) == 1:
                    self.slow.update(group if isinstance(problem, TooSlow) else ())
                    self.tally.skipped.extend(group)
                else:
                    groups.split(group)
            except TooManyOfOne as problem:
                groups.put_back(self.suspects.without(group, problem.session_ids))
            except (Refusal, StatementError) as problem:
                if len(group) > 1:
                    groups.split(group)
                elif tried[group[0]] + 1 < refusal_of(problem).tries:
                    tried[group[0]] += 1
                    groups.put_back(group)
                else:
                    groups.leave_out(self.refused_alone(group[0], problem, since, *groups.left))
            else:
                groups.put_back(group[batch.tried :])  # those for which a cap left no room in this batch
                self.hold_proven()

    def refused_alone(self, session_id: str, problem: Problem, since: PaidSince, *beside: str) -> Collection[str]:
        """Put on hold a session that the database refused alone: now, or once the run is known not to be at fault.

        ``since`` is what was paid since it was first refused, together with others. Returns which of those ``beside``
        it are left to the next run, because enough sessions of their account were refused.

        Raises:
            FailedError: the run is at fault, or too many would be put on hold.
        """
        account_id = self.once_unlocked(lambda: self._holds.accounts_of([session_id])).get(session_id)
        if self.once_unlocked(lambda: self._holds.is_on_hold(session_id)):
            self._hold(session_id, problem)
        elif not self.suspects.room.take(account_id):
            self.suspects.leave_aside([session_id])
        elif refusal_of(problem).raised:
            self._hold(session_id, problem)
        else:
            self.suspects.add(Suspect(session_id, account_id, problem, since))
            self.hold_proven()
        if not beside or self.suspects.room.left(account_id):
            return ()
        of = self.once_unlocked(lambda: self._holds.accounts_of(beside))
        return self.suspects.leave_aside([session_id for session_id in beside if of.get(session_id) == account_id])

    def decide_suspects(self) -> None:
        """Decide, at the end of a run, about the refused sessions that are still suspects.

        Raises:
            FailedError: it may be the run's fault.
        """
        tally = self.tally
        if tally.skipped and not self.suspects.in_this_run.accounts:
            # the app has locked everything else that could be paid: only the next run can show what is at fault
            tally.skipped.extend(self.suspects.leave())
        tally.skipped.extend(self.suspects.aside)
        others_owed = bool(self.suspects.in_this_run.accounts or tally.skipped or tally.already_refunded)
        for suspect in self.suspects.take_the_rest(others_owed=others_owed or bool(self._holds.new)):
            self._hold(suspect.session_id, suspect.problem)
        if self._without_a_hold:
            raise unproven(self._without_a_hold)

    def hold_proven(self) -> None:
        """Put the suspects on hold that are now known to be at fault."""
        for suspect in self.suspects.take_proven():
            self._hold(suspect.session_id, suspect.problem)

    def once_unlocked(self, work: Callable[[], T]) -> T:
        """Do ``work``, a whole transaction; if a whole table is locked, again once it is free.

        Raises:
            Busy: it still is after some seconds, or whenever it is tried.
        """
        for _ in range(_TABLE_TRIES - 1):
            try:
                return retrying(work)
            except Busy as problem:
                self._wait_for_tables(problem)
        return retrying(work)

    def require_plan(self) -> None:
        """Check that what was refused was not refused for all rows alike, as after a migration of the app.

        Raises:
            Refusal, StatementError: it was.
            Busy: a whole table is locked.
        """
        self.once_unlocked(self._payer.require_plan)

    def _wait_for_tables(self, problem: Exception) -> None:
        """Wait while a whole table is locked, because trying session after session would be pointless.

        Raises:
            Busy: it still is after some seconds.
        """
        if not isinstance(problem, Busy):
            return
        for waits_left in reversed(range(_TABLE_TRIES)):
            self._signals.check()
            try:
                retrying(self._payer.require_plan)
            except Busy:
                if not waits_left:
                    raise
                time.sleep(_TABLE_WAIT_SECONDS)
            else:
                return

    def _hold(self, session_id: str, problem: Problem) -> None:
        """Put on hold one session that the database refused; if that is refused, too, the run fails at its end."""
        refusal = refusal_of(problem)

        def attempt() -> None:
            self._signals.check()
            with self._signals.shielded():
                if self._holds.hold(session_id, refusal):
                    self._observer.refused(session_id, refusal)

        try:
            self.once_unlocked(attempt)
        except (Refusal, StatementError) as another:
            self._without_a_hold[session_id] = another

    def run(self, pay: Callable[[], Batch]) -> Batch:
        """Pay one batch; again after a lost connection, and while the caps are locked or the guard is being rebuilt.

        Raises:
            Refusal, StatementError, Busy, TooSlow: one of its sessions stood in the way.
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
        self.tally.batches += batch.tried > 0
        self.tally.already_refunded += batch.already_refunded
        self.tally.capped |= batch.capped
        self.tally.skipped.extend(batch.skipped)
        self.tally.note_unripe(batch.unripe_from)
        self.suspects.paid([account_id for _, account_id, _, _ in batch.paid])
        if batch.paid:
            self._slow_in_a_row, self._paid_beside_slow = 0, self._slow_in_a_row > 0 or self._paid_beside_slow
        self._observer.paid(batch)
