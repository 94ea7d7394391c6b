"""Waits while the app has a whole table locked, as in a migration: no session is at fault then."""

import time
from collections.abc import Callable
from typing import TypeVar

from sweeper.core.signals import Signals
from sweeper.postgres.errors import Busy
from sweeper.postgres.retries import retrying

T = TypeVar("T")

# when a migration takes longer, the run ends
_TRIES, _WAIT_SECONDS = 8, 0.4


class TableLocks:
    """Tells locked tables from other failures of a run, by ``plan``, which has the server plan the payment."""

    def __init__(self, plan: Callable[[], None], signals: Signals) -> None:
        self._plan = plan
        self._signals = signals

    def once_unlocked(self, work: Callable[[], T]) -> T:
        """Do ``work``, a whole transaction; if a whole table is locked, again once it is free.

        Raises:
            Busy: it still is after some seconds, or whenever it is tried.
        """
        for _ in range(_TRIES - 1):
            try:
                return retrying(work)
            except Busy as problem:
                self.wait_after(problem)
        return retrying(work)

    def require_plan(self) -> None:
        """Check that what was refused was not refused for all rows alike, as after a migration of the app.

        Raises:
            Refusal, StatementError: it was.
            Busy: a whole table is locked.
        """
        self.once_unlocked(self._plan)

    def wait_after(self, problem: Exception) -> None:
        """Wait while a whole table is locked, because trying session after session would be pointless.

        Raises:
            Busy: it still is after some seconds.
        """
        if not isinstance(problem, Busy):
            return
        for waits_left in reversed(range(_TRIES)):
            self._signals.check()
            try:
                retrying(self._plan)
            except Busy:
                if not waits_left:
                    raise
                time.sleep(_WAIT_SECONDS)
            else:
                return
