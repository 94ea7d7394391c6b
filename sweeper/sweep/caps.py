"""The caps of a run, by sessions and by credits, which also hold when several runs pay at once."""

import time
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from sweeper.app.mapping import Mapping
from sweeper.core.errors import ConfigurationError, FailedError
from sweeper.postgres.errors import Busy
from sweeper.postgres.sqlstate import translated
from sweeper.postgres.templates import fill
from sweeper.postgres.transaction import Transaction

# the refunds of a run are dated as it began, and for as long as this the caps of others count them
_LONGEST_RUN_SECONDS = 24 * 60 * 60
# how long a run waits in the server for its turn before it looks whether a signal has arrived
TURN_TIMEOUT = "500ms"


class AnotherPays(Exception):  # noqa: N818 - the answer is to try again
    """Another run has the lock of the caps."""


class Room(NamedTuple):
    """What the caps leave; None is no limit."""

    sessions: int | None = None
    credits: Decimal | None = None

    @property
    def used_up(self) -> bool:
        return self.sessions == 0 or (self.credits is not None and self.credits <= 0)


class Limits(NamedTuple):
    """A cap by sessions and one by credits, over 24 hours and all runs, or, given by hand, over this run."""

    refunds: int | None
    credits: Decimal | None
    refunds_by_hand: bool = False
    credits_by_hand: bool = False


class Caps:
    """Reads from the ledger, inside the transaction that pays, what the caps still leave."""

    def __init__(
        self,
        mapping: Mapping,
        limits: Limits,
        *,
        run_id: str,
        as_of: datetime,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._mapping = mapping
        self._limits = limits
        self._binds = {"run_id": run_id, "as_of": as_of}
        self._shared = not (limits.refunds_by_hand or limits.refunds is None) or not (
            limits.credits_by_hand or limits.credits is None
        )
        self._own: tuple[int, Decimal] | None = None
        self._before = (0, Decimal(0))
        self._others = (0, Decimal(0))
        self._other_runs: tuple[object, ...] = ()
        self._clock, self._began_at = clock, clock()

    @property
    def by_credits(self) -> bool:
        """Whether there is a cap by credits."""
        return self._limits.credits is not None

    def read(self, transaction: Transaction) -> Room:
        if self._own is None:  # at the start, after an error, or what is known was read without the lock
            self._other_runs = ()
        sessions, credits = self._own or self._counted(transaction, "count_own_refunds")
        self._own = None  # unknown again until this batch commits
        self._before = (sessions, credits)
        limits = self._limits
        others = self._paid_by_others(transaction) if self._shared else (0, Decimal(0))
        if not limits.refunds_by_hand:
            sessions += others[0]
        if not limits.credits_by_hand:
            credits += others[1]
        return Room(
            None if limits.refunds is None else max(0, limits.refunds - sessions),
            None if limits.credits is None else max(Decimal(0), limits.credits - credits),
        )

    def committed(self, sessions: int, credits: Decimal) -> None:
        """Count what the batch that was just committed refunded; without this call the ledger is read again."""
        self._own = (self._before[0] + sessions, self._before[1] + credits)

    def _paid_by_others(self, transaction: Transaction) -> tuple[int, Decimal]:
        """What other runs refunded, counted again only if one of them may have paid since: there may be many."""
        found = transaction.row(self._mapping.statement("count_other_runs"), self._binds)
        runs = found.runs, found.still_open, found.server_start
        if found.still_open or runs != self._other_runs:
            self._others = self._counted(transaction, "count_recent_refunds")
        self._other_runs = runs
        return self._others

    def _counted(self, transaction: Transaction, statement: str) -> tuple[int, Decimal]:
        row = transaction.row(self._mapping.statement(statement), self._binds)
        return row.sessions, Decimal(row.credits)

    def take(self, transaction: Transaction) -> Room:
        """What the caps leave to this batch until it ends.

        Where runs share a cap they pay one at a time, so that each counts what the others have paid.

        Raises:
            AnotherPays: others have been paying for half a second; the transaction is over.
            ConfigurationError: there is no row to lock.
            FailedError: this run is so old that others would not count what it pays.
        """
        if self._clock() - self._began_at >= _LONGEST_RUN_SECONDS:
            raise FailedError(
                "this run began 24 hours ago, as when its process or machine was stopped for a while: what it pays now "
                "would be dated then, and count for no cap. The next run continues",
                code="run_too_old",
            )
        if self._limits.refunds is None and self._limits.credits is None:
            return Room()
        if self._shared:
            self._wait_for_turn(transaction)
        return self.read(transaction)

    def _wait_for_turn(self, transaction: Transaction) -> None:
        if transaction.rows(self._mapping.statement("try_caps")):
            return
        # a batch of another run may take longer than a batch waits for the app, and the server logs what it cancels
        before = transaction.row(fill("bound_lock", {}), {"lock_timeout": TURN_TIMEOUT}).before
        try:
            with translated():
                locked = transaction.rows(self._mapping.statement("lock_caps"))
        except Busy:
            raise AnotherPays from None
        transaction.rows(fill("bound_lock", {}), {"lock_timeout": before})
        if not locked:
            raise ConfigurationError(
                "the row for the caps is missing in sweeper's table locks: run `sweeper install`",
                code="not_installed",
            )
