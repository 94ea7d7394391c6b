"""A run, from its first check to the record of how it ended."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import uuid_utils

from sweeper import __version__
from sweeper.app.transactions import app_transaction
from sweeper.config.model import Settings
from sweeper.core.decimals import exactly
from sweeper.core.errors import Interrupted, SweeperError
from sweeper.core.results import Amount, Outcome, RunResult
from sweeper.core.signals import Signals
from sweeper.install.guard import require_payable
from sweeper.postgres.database import Database
from sweeper.postgres.errors import STOPPED, failure_of
from sweeper.postgres.retries import retrying
from sweeper.postgres.sqlstate import reported
from sweeper.postgres.timeouts import LOCKING_TIMEOUTS
from sweeper.sweep.batch import BOOKKEEPING_TIMEOUTS, BatchPayer
from sweeper.sweep.caps import Caps
from sweeper.sweep.context import RunContext, RunRequest, prepare
from sweeper.sweep.holds import Holds
from sweeper.sweep.horizon import note_seen, store
from sweeper.sweep.owed import Survey
from sweeper.sweep.progress import Observer
from sweeper.sweep.rehearsal import EarlierRuns, Rehearsal, find_objection, read_earlier_runs
from sweeper.sweep.selection import binds_for_nobody
from sweeper.sweep.sweep import Sweep

# with these outcomes a run has paid everything that it could
_EVERYTHING_PAID = (Outcome.COMPLETE, Outcome.PARTIAL)


def execute(
    database: Database,
    settings: Settings,
    request: RunRequest,
    *,
    signals: Signals,
    observer: Observer,
    rehearsal: Rehearsal | None = None,
) -> RunResult:
    """Refund what is owed; until a run has paid under the mapping, only if its ``rehearsal`` finds nothing wrong.

    Raises:
        ConfigurationError, FailedError: before anything was paid. A failure after that is in the result.
    """
    with exactly(), reported():
        context = prepare(database, settings, request, paying=True)
        context.surroundings.require_writable()
        run = _Run(database, settings, request, context, signals, observer)
        earlier = retrying(run.check_payable)
        objection = rehearsal and find_objection(context.mapping, rehearsal, earlier, request.accepted)
        if objection:
            raise objection
        return run.execute()


class _Run:
    """One run, once everything is checked that a dry run checks, too."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        request: RunRequest,
        context: RunContext,
        signals: Signals,
        observer: Observer,
    ) -> None:
        self._database, self._request, self._context, self._signals = database, request, context, signals
        self._mapping = mapping = context.mapping
        self._selection = selection = context.selection
        self._policy = policy = settings.policy
        self._run_id = run_id = str(uuid_utils.uuid7())
        caps = Caps(mapping, context.limits, run_id=run_id, as_of=request.as_of, clock=request.clock)
        self._holds = Holds(database, mapping, selection, run_id=run_id, limit=policy.max_new_holds)
        self._payer = BatchPayer(database, mapping, selection, caps, self._holds, run_id=run_id)
        self._sweep = Sweep(
            database, mapping, self._payer, self._holds,
            batch_size=policy.batch_size, signals=signals, observer=observer,
        )  # fmt: skip

    def check_payable(self) -> EarlierRuns:
        binds = binds_for_nobody(self._selection, self._mapping, self._run_id)
        with app_transaction(self._database, self._mapping, LOCKING_TIMEOUTS) as transaction:
            require_payable(transaction, self._mapping, binds)
            return read_earlier_runs(transaction, self._mapping)

    def execute(self) -> RunResult:
        before_floor = self._count_before_floor()
        with self._signals.shielded():
            retrying(self._open)
        left, outcome, error = self._pay()
        tally, held = self._sweep.tally, len(self._holds.new)
        if outcome is Outcome.COMPLETE:
            # even if everything left would be put on hold: it was not tried yet
            capped = left.over_budget > 0 or (tally.capped and left.sessions + left.to_hold > 0)
            outcome = Outcome.CAPPED if capped else Outcome.PARTIAL if held else Outcome.COMPLETE
        result = RunResult(
            run_id=self._run_id,
            dry_run=False,
            as_of=self._request.as_of,
            outcome=outcome,
            refunds=Amount(),
            accounts=0,
            reasons={},
            already_refunded=tally.already_refunded,
            skipped=left.sessions + left.to_hold if outcome in _EVERYTHING_PAID else 0,
            held=held,
            remaining=left.sessions,
            before_floor=before_floor,
            batches=tally.batches,
            duration_seconds=time.monotonic() - self._request.asked_at,
            integer_amounts=self._mapping.integer_amounts,
            floor=self._context.floor,
            full_caps=self._full_caps(left) if outcome is Outcome.CAPPED else (),
            caps_by_hand=self._request.caps_by_hand,
            signal=self._signals.received,
            error=error,
        )
        with self._signals.shielded():
            if outcome in _EVERYTHING_PAID:
                self._settle(before_floor)
            return self._close_at_end(result)

    def _count_before_floor(self) -> Amount:
        context = self._context
        if context.before_floor is not None:  # history does not change: a full sweep counts it
            return context.before_floor
        found = self._sweep.survey(self._selection.earlier(context.floor), about=True)
        return Amount(found.sessions, found.credits)

    def _pay(self) -> tuple[Survey, Outcome, SweeperError | None]:
        error = None
        try:
            return self._sweep.run(self._selection), Outcome.COMPLETE, None
        except Interrupted:
            outcome = Outcome.INTERRUPTED
        except STOPPED as problem:
            outcome, error = Outcome.FAILED, failure_of(problem)
        left, attempts = Survey(), _attempts_at_end(outcome, error)
        with suppress(*STOPPED):
            left = self._sweep.survey(self._selection, payable=True, about=True, attempts=attempts)
        return left, outcome, error

    def _full_caps(self, left: Survey) -> tuple[str, ...]:
        """Which caps have no room for what is left; none where the server does not answer any more."""
        with suppress(*STOPPED):
            room = retrying(self._payer.room, attempts=1)
            full = {"max_refunds": room.sessions == 0, "max_credits": left.over_budget > 0 or room.credits == 0}
            return tuple(name for name, is_full in full.items() if is_full)
        return ()

    def _settle(self, before_floor: Amount) -> None:
        """Record what the next run need not look at, and end the holds that nobody has to decide about."""
        database, mapping, selection, context = self._database, self._mapping, self._selection, self._context
        # after a failover the server may lack what an earlier batch wrote: the next run looks again
        if context.whole and database.connections_made == 1:
            tally, counted = self._sweep.tally, before_floor if context.full else None
            _try_once(lambda: store(database, mapping, selection, tally, context.digest, counted))
            if context.full:
                _try_once(lambda: note_seen(database, mapping, selection, self._run_id))
        if context.full or selection.named:
            _try_once(self._holds.end_settled)

    def _opening(self) -> dict[str, object]:
        """The record of the run's start."""
        request = self._request
        details = {
            "policy": self._policy.model_dump(mode="json", warnings=False),
            # jsonb cannot hold a byte that is not UTF-8, which an id may have in a database without an encoding
            "sessions": [session_id.encode(errors="backslashreplace").decode() for session_id in request.session_ids],
            "since": request.since.isoformat() if request.since else None,
            "full": self._context.full,
            "mapping": self._mapping.file_digest,
            **({"accepted": sorted(request.accepted)} if request.accepted else {}),
        }
        if request.by is not None:
            details |= {"by": request.by, "reason": request.reason}
        return {
            "run_id": self._run_id,
            "version": __version__,
            "host": request.host,
            "told": json.dumps(details),
            "as_of": request.as_of,
        }

    def _open(self) -> None:
        self._signals.check()
        opening = self._opening()
        with self._database.transaction(timeouts=BOOKKEEPING_TIMEOUTS) as transaction:
            transaction.rows(self._mapping.statement("prune_idle_runs"), opening)
            transaction.rows(self._mapping.statement("open_run"), opening)

    def _close_at_end(self, result: RunResult) -> RunResult:
        attempts = _attempts_at_end(result.outcome, result.error)
        try:
            return retrying(lambda: self._close(result), attempts=attempts)
        except STOPPED as problem:
            self._signals.check()
            error = failure_of(problem)
            error.may_have_paid = True
            raise error from None

    def _close(self, result: RunResult) -> RunResult:
        """Read from the ledger what the run refunded, and record how it ended."""
        of_run = {"run_id": result.run_id, "as_of": result.as_of}
        with self._database.transaction(timeouts=BOOKKEEPING_TIMEOUTS) as transaction:
            # after a failover the record of the run's start may be missing, too
            if self._database.connections_made > 1:
                transaction.rows(self._mapping.statement("open_run"), self._opening())
            *reasons, total = transaction.rows(self._mapping.statement("read_run_totals"), of_run)
            result = replace(
                result,
                refunds=Amount.of(total),
                accounts=total.accounts,
                reasons={row.reason: Amount.of(row) for row in reasons},
            )
            names = ("already_refunded", "skipped", "held", "remaining", "batches")
            binds = {
                **of_run,
                "outcome": result.outcome.value,
                "sessions": result.refunds.sessions,
                "credits": total.credits,
                **{name: getattr(result, name) for name in names},
            }
            transaction.rows(self._mapping.statement("close_run"), binds)
        return result


def _try_once(work: Callable[[], None]) -> None:
    """Do what another run does again, or does without: a run that paid everything does not fail because of it."""
    with suppress(*STOPPED):
        retrying(work, attempts=1)  # a second attempt could reach another server


def _attempts_at_end(outcome: Outcome, error: SweeperError | None) -> int | None:
    """Few attempts if a signal stopped the run, or if it has waited for the database already."""
    # two: the current connection may be lost without our knowledge
    return 2 if outcome is Outcome.INTERRUPTED or (error and error.code == "connection") else None
