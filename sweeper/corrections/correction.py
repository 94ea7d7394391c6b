"""What ``revert`` and ``adopt`` share: they are planned first, then done in batches, and count what they leave."""

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, Generic, TypeVar

import uuid_utils

from sweeper.config.model import Settings
from sweeper.core.decimals import exactly
from sweeper.core.errors import FailedError, Interrupted, SweeperError
from sweeper.core.halving import RefusedAlone, in_halves
from sweeper.core.results import Amount, Outcome
from sweeper.core.signals import Signals
from sweeper.corrections.result import Correction, Left
from sweeper.postgres.binds import ANSWER_BYTES
from sweeper.postgres.database import Database
from sweeper.postgres.errors import STOPPED, Busy, Refusal, TooSlow, failure_of
from sweeper.postgres.retries import retrying
from sweeper.postgres.sqlstate import reported
from sweeper.postgres.transaction import Row
from sweeper.sweep.context import RunRequest, prepare
from sweeper.sweep.shards import in_shards

R = TypeVar("R", bound=Correction)

_SAMPLES = 3


@dataclass(frozen=True)
class CorrectionRequest:
    """Who asks for a correction, when, and why.

    ``asked_at`` is ``time.monotonic()``, in seconds, at the moment ``as_of``.
    """

    as_of: datetime
    asked_at: float
    host: str
    reason: str


class CorrectionWork(ABC, Generic[R]):
    """One correction: planned first, then done."""

    def __init__(
        self, database: Database, settings: Settings, request: CorrectionRequest, session_ids: tuple[str, ...] = ()
    ) -> None:
        """Check the server, the installation and the file, as a run does, and that these sessions exist.

        Raises:
            ConfigurationError, FailedError: as a run would.
        """
        self._database, self._request = database, request
        self._page_size = settings.policy.batch_size
        as_a_run = RunRequest(request.as_of, request.asked_at, request.host, session_ids)
        context = prepare(database, settings, as_a_run)
        self._mapping, self._surroundings, self._selection = context.mapping, context.surroundings, context.selection

    def _start(self) -> None:
        self._done, self._already = Amount(), 0
        self._left: dict[str, Left] = {}

    @abstractmethod
    def plan(self) -> R:
        """What it would do now; nothing is written or locked."""

    def execute(self, signals: Signals) -> R:
        """Do it.

        Raises:
            FailedError: the server cannot be written to. A failure after that is in the result.
        """
        with exactly(), reported():
            self._surroundings.require_writable()
            self._start()
            outcome, error = self._finish(signals)
            return self._result(outcome, signal=signals.received, error=error)

    def _finish(self, signals: Signals) -> tuple[Outcome, SweeperError | None]:
        """Do all the work; returns how it ended. What was committed is kept, whatever stopped it."""
        try:
            self._work(signals)
        except Interrupted:
            return Outcome.INTERRUPTED, None
        except STOPPED as problem:
            return Outcome.FAILED, failure_of(problem)
        if not self._left:
            return Outcome.COMPLETE, None
        reasons = ", ".join(f"{one.sessions} {why}" for why, one in self._left.items())
        return Outcome.PARTIAL, FailedError(f"some were left as they are: {reasons}", code="left")

    @abstractmethod
    def _work(self, signals: Signals) -> None:
        """Hand on every row to ``_take_in_pieces``."""

    def _take_in_pieces(self, rows: Sequence[Row], signals: Signals) -> None:
        """Write these rows in one transaction after another; one that is refused, or locked, alone is set aside."""
        for part in retrying(lambda: in_shards(self._database, self._mapping, rows)):
            for piece in self._in_chunks(part):
                for result in in_halves(piece, partial(self._take, signals=signals), Busy, TooSlow, Refusal):
                    if isinstance(result, RefusedAlone):
                        self._set_aside(result.item, result.error)

    def _in_chunks(self, rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
        piece, room = list[Row](), ANSWER_BYTES
        for row in rows:
            needed = self._answer_bytes(row)
            if piece and needed > room:
                yield piece
                piece, room = [], ANSWER_BYTES
            piece.append(row)
            room -= needed
        if piece:
            yield piece

    @abstractmethod
    def _answer_bytes(self, row: Row) -> int:
        """How many bytes a row takes in the result of the statement that holds the locks."""

    def _take(self, rows: Sequence[Row], signals: Signals) -> None:
        signals.check()
        new_ids = [str(uuid_utils.uuid7()) for _ in rows]

        def attempt() -> None:
            with signals.shielded():  # a signal that arrives now must not lose what is committed
                self._write(rows, new_ids)

        retrying(attempt)

    @abstractmethod
    def _write(self, rows: Sequence[Row], new_ids: Sequence[str]) -> None:
        """Write these in one transaction, and count them; with the same ids again after a lost acknowledgement."""

    def _set_aside(self, row: Row, problem: Exception) -> None:
        # the reason is not the message, which may repeat the row
        why = f"refused {problem.sqlstate}".strip() if isinstance(problem, Refusal) else "busy"
        self._leave(why, row, Decimal(row.amount), problem)

    def _leave(self, why: str, row: Row, credits: Decimal, problem: Exception | None = None) -> None:
        """Count one session that is left unchanged, and record a few as samples, and why we refused the first."""
        known = self._left.get(why, Left())
        total, samples = known + Amount(1, credits), (*known.samples, row.session_id)[:_SAMPLES]
        message = known.message
        if isinstance(problem, Refusal) and _repeats_no_row(problem):
            message = message or problem.message
        self._left[why] = Left(total.sessions, total.credits, samples, message)

    def _planned(self) -> R:
        return self._result(Outcome.PARTIAL if self._left else Outcome.COMPLETE, dry_run=True)

    def _result(
        self, outcome: Outcome, *, dry_run: bool = False, signal: int | None = None, error: SweeperError | None = None
    ) -> R:
        return self._with_details(
            dry_run=dry_run,
            as_of=self._request.as_of,
            reason=self._request.reason,
            outcome=outcome,
            left=self._left,
            duration_seconds=time.monotonic() - self._request.asked_at,
            integer_amounts=self._mapping.integer_amounts,
            signal=signal,
            error=error,
            refunds=self._done,
        )

    @abstractmethod
    def _with_details(self, **common: Any) -> R:
        """The result, with what only this kind of correction counts."""


def _repeats_no_row(problem: Refusal) -> bool:
    """Whether its message can be shown: it is ours, or the server's about a constraint, which it calls by its name."""
    return not problem.sqlstate or (problem.sqlstate.startswith("23") and not problem.raised)
