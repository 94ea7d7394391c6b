"""What a run does with sessions that the database refuses alone: it holds them, or leaves them to the next run."""

from collections.abc import Collection

from sweeper.core.signals import Signals
from sweeper.postgres.errors import Refusal, StatementError
from sweeper.sweep.holds import Holds
from sweeper.sweep.progress import Observer, Tally
from sweeper.sweep.suspects import PaidSince, Problem, Suspect, Suspects, refusal_of, unproven
from sweeper.sweep.table_locks import TableLocks


class RefusedSessions:
    def __init__(self, holds: Holds, tally: Tally, tables: TableLocks, *, signals: Signals, observer: Observer) -> None:
        self._holds = holds
        self._tally = tally
        self._tables = tables
        self._signals = signals
        self._observer = observer
        self.suspects = Suspects(holds.limit)
        self._without_a_hold: dict[str, Problem] = {}

    def add(self, session_id: str, problem: Problem, since: PaidSince, *beside: str) -> Collection[str]:
        """Put on hold a session that the database refused alone: now, or once the run is known not to be at fault.

        ``since`` is what was paid since it was first refused, together with others. Returns which of those ``beside``
        it are left to the next run, because enough sessions of their account were refused.

        Raises:
            FailedError: the run is at fault, or too many would be put on hold.
        """
        account_id, on_hold = self._tables.once_unlocked(lambda: self._holds.standing_of(session_id))
        if on_hold:
            self._hold(session_id, problem)
        elif not self.suspects.room.take(account_id):
            self.suspects.leave_aside([session_id])
            if since is self.suspects.in_this_run:
                self.suspects.unreadable.add(session_id)
        elif refusal_of(problem).raised:
            self._hold(session_id, problem)
        else:
            self.suspects.add(Suspect(session_id, account_id, problem, since))
            self.hold_proven()
        if not beside or self.suspects.room.left(account_id):
            return ()
        of = self._tables.once_unlocked(lambda: self._holds.accounts_of(beside))
        return self.suspects.leave_aside([session_id for session_id in beside if of.get(session_id) == account_id])

    def hold_proven(self) -> None:
        """Put the suspects on hold that are now known to be at fault."""
        for suspect in self.suspects.take_proven():
            self._hold(suspect.session_id, suspect.problem)

    def decide(self) -> None:
        """Decide, at the end of a run, about the refused sessions that are still suspects.

        Raises:
            FailedError: it may be the run's fault.
        """
        tally = self._tally
        if tally.skipped and not self.suspects.in_this_run.accounts:
            # the app has locked everything else that could be paid: only the next run can show what is at fault
            tally.skipped.extend(self.suspects.leave())
        tally.skipped.extend(self.suspects.aside)
        others_owed = bool(self.suspects.in_this_run.accounts or tally.skipped or tally.already_refunded)
        for suspect in self.suspects.take_the_rest(others_owed=others_owed or bool(self._holds.new)):
            self._hold(suspect.session_id, suspect.problem)
        if self._without_a_hold:
            raise unproven(self._without_a_hold)

    def _hold(self, session_id: str, problem: Problem) -> None:
        """Put on hold one session that the database refused; if that is refused, too, the run fails at its end."""
        refusal = refusal_of(problem)

        def attempt() -> None:
            self._signals.check()
            with self._signals.shielded():
                if self._holds.hold(session_id, refusal):
                    self._observer.refused(session_id, refusal)

        try:
            self._tables.once_unlocked(attempt)
        except (Refusal, StatementError) as another:
            self._without_a_hold[session_id] = another
