"""A run, from its first check to the record of how it ended."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

import uuid_utils

from sweeper import __version__
from sweeper.app.mapping import Mapping
from sweeper.app.transactions import app_transaction
from sweeper.config.model import Settings
from sweeper.core.decimals import exactly
from sweeper.core.errors import Interrupted, SweeperError
from sweeper.core.results import Amount, Outcome, RunResult
from sweeper.core.signals import Signals
from sweeper.install.guard import require_payable
from sweeper.postgres.database import Database
from sweeper.postgres.errors import Busy, Refusal, TooSlow, failure_of
from sweeper.postgres.retries import retrying
from sweeper.postgres.sqlstate import reported
from sweeper.postgres.timeouts import LOCKING_TIMEOUTS
from sweeper.sweep.batch import BOOKKEEPING_TIMEOUTS, BatchPayer
from sweeper.sweep.caps import Caps
from sweeper.sweep.context import RunContext, RunRequest, prepare
from sweeper.sweep.holds import Holds
from sweeper.sweep.horizon import SettledSelection, note_seen, store
from sweeper.sweep.owed import Survey
from sweeper.sweep.progress import Observer
from sweeper.sweep.rehearsal import EarlierRuns, Rehearsal, find_objection, read_earlier_runs
from sweeper.sweep.selection import Selection, binds_for_nobody
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
        run_id = str(uuid_utils.uuid7())
        earlier = retrying(lambda: _check_payable(database, context.mapping, context.selection, run_id))
        objection = rehearsal and find_objection(context.mapping, rehearsal, earlier, request.accepted)
        if objection:
            raise objection
        return _execute(database, settings, request, context, run_id, signals, observer)


def _execute(
    database: Database,
    settings: Settings,
    request: RunRequest,
    context: RunContext,
    run_id: str,
    signals: Signals,
    observer: Observer,
) -> RunResult:
    mapping, selection, policy = context.mapping, context.selection, settings.policy
    caps = Caps(mapping, context.limits, run_id=run_id, as_of=request.as_of, clock=request.clock)
    holds = Holds(database, mapping, selection, run_id=run_id, limit=policy.max_new_holds)
    payer = BatchPayer(database, mapping, selection, caps, holds, run_id=run_id)
    sweep = Sweep(database, mapping, payer, holds, batch_size=policy.batch_size, signals=signals, observer=observer)
    opening = _opening(settings, request, run_id, mapping, full=context.full)
    before_floor = _before_floor(sweep, context)
    with signals.shielded():
        _open(database, mapping, opening, signals)
    left, outcome, error = _sweep(sweep, selection)
    if outcome is Outcome.COMPLETE:
        outcome = _outcome(sweep, left, held=len(holds.new))
    result = RunResult(
        run_id=run_id,
        dry_run=False,
        as_of=request.as_of,
        outcome=outcome,
        refunds=Amount(),
        accounts=0,
        reasons={},
        already_refunded=sweep.tally.already_refunded,
        skipped=left.sessions + left.to_hold if outcome in _EVERYTHING_PAID else 0,
        held=len(holds.new),
        remaining=left.sessions,
        before_floor=before_floor,
        batches=sweep.tally.batches,
        duration_seconds=time.monotonic() - request.asked_at,
        integer_amounts=mapping.integer_amounts,
        floor=context.floor,
        full_caps=_full_caps(payer, left) if outcome is Outcome.CAPPED else (),
        caps_by_hand=request.caps_by_hand,
        signal=signals.received,
        error=error,
    )
    with signals.shielded():
        # after a failover the server may lack what an earlier batch wrote: the next run looks again
        if context.whole and outcome in _EVERYTHING_PAID and database.connections_made == 1:
            _try_once(lambda: store(database, mapping, _settled(context, sweep, before_floor)))
            if context.full:
                _try_once(lambda: note_seen(database, mapping, selection, run_id))
        if outcome in _EVERYTHING_PAID and (context.full or selection.named):
            _try_once(holds.end_settled)
        return _close_at_end(database, mapping, result, opening, signals)


def _outcome(sweep: Sweep, left: Survey, *, held: int) -> Outcome:
    # even if everything left would be put on hold: it was not tried yet
    if left.over_budget > 0 or (sweep.tally.capped and left.sessions + left.to_hold > 0):
        return Outcome.CAPPED
    return Outcome.PARTIAL if held else Outcome.COMPLETE


def _full_caps(payer: BatchPayer, left: Survey) -> tuple[str, ...]:
    """Which caps have no room for what is left; none where the server does not answer any more."""
    with suppress(SweeperError, Busy, TooSlow, Refusal):
        room = retrying(payer.room, attempts=1)
        full = {"max_refunds": room.sessions == 0, "max_credits": left.over_budget > 0 or room.credits == 0}
        return tuple(name for name, is_full in full.items() if is_full)
    return ()


def _settled(context: RunContext, sweep: Sweep, before_floor: Amount) -> SettledSelection:
    tally = sweep.tally
    unripe = (tally.unripe_from, tally.unknown, tuple(tally.skipped))
    return SettledSelection(context.selection, *unripe, context.digest, context.full, before_floor)


def _try_once(work: Callable[[], None]) -> None:
    """Do what another run does again, or does without: a run that paid everything does not fail because of it."""
    with suppress(SweeperError, Busy, TooSlow, Refusal):
        retrying(work, attempts=1)  # a second attempt could reach another server


def _sweep(sweep: Sweep, selection: Selection) -> tuple[Survey, Outcome, SweeperError | None]:
    error = None
    try:
        return sweep.run(selection), Outcome.COMPLETE, None
    except Interrupted:
        outcome = Outcome.INTERRUPTED
    except (SweeperError, Refusal, Busy, TooSlow) as problem:
        outcome, error = Outcome.FAILED, failure_of(problem)
    try:
        left = sweep.survey(selection, payable=True, about=True, attempts=_attempts_at_end(outcome, error))
    except (SweeperError, Refusal, Busy, TooSlow):
        left = Survey()
    return left, outcome, error


def _attempts_at_end(outcome: Outcome, error: SweeperError | None) -> int | None:
    """Few attempts if a signal stopped the run, or if it has waited for the database already."""
    # two: the current connection may be lost without our knowledge
    return 2 if outcome is Outcome.INTERRUPTED or (error and error.code == "connection") else None


def _check_payable(database: Database, mapping: Mapping, selection: Selection, run_id: str) -> EarlierRuns:
    binds = binds_for_nobody(selection, mapping, run_id)
    with app_transaction(database, mapping, LOCKING_TIMEOUTS) as transaction:
        require_payable(transaction, mapping, binds)
        return read_earlier_runs(transaction, mapping)


def _before_floor(sweep: Sweep, context: RunContext) -> Amount:
    if context.before_floor is not None:  # history does not change: a full sweep counts it
        return context.before_floor
    found = sweep.survey(context.selection.earlier(context.floor), about=True)
    return Amount(found.sessions, found.credits)


def _opening(
    settings: Settings, request: RunRequest, run_id: str, mapping: Mapping, *, full: bool
) -> dict[str, object]:
    details = {
        "policy": settings.policy.model_dump(mode="json", warnings=False),
        # jsonb cannot hold a byte that is not UTF-8, which an id may have in a database without an encoding
        "sessions": [session_id.encode(errors="backslashreplace").decode() for session_id in request.session_ids],
        "since": request.since.isoformat() if request.since else None,
        "full": full,
        "mapping": mapping.file_digest,
        **({"accepted": sorted(request.accepted)} if request.accepted else {}),
    }
    if request.by is not None:
        details |= {"by": request.by, "reason": request.reason}
    return {
        "run_id": run_id,
        "version": __version__,
        "host": request.host,
        "told": json.dumps(details),
        "as_of": request.as_of,
    }


def _open(database: Database, mapping: Mapping, opening: dict[str, object], signals: Signals) -> None:
    def write() -> None:
        signals.check()
        with database.transaction(timeouts=BOOKKEEPING_TIMEOUTS) as transaction:
            transaction.rows(mapping.statement("prune_idle_runs"), opening)
            transaction.rows(mapping.statement("open_run"), opening)

    retrying(write)


def _close_at_end(
    database: Database, mapping: Mapping, result: RunResult, opening: dict[str, object], signals: Signals
) -> RunResult:
    attempts = _attempts_at_end(result.outcome, result.error)
    try:
        return retrying(lambda: _close(database, mapping, result, opening), attempts=attempts)
    except (SweeperError, Refusal, Busy, TooSlow) as problem:
        signals.check()
        error = failure_of(problem)
        error.may_have_paid = True
        raise error from None


def _close(database: Database, mapping: Mapping, result: RunResult, opening: dict[str, object]) -> RunResult:
    """Read from the ledger what the run refunded, and record how it ended."""
    with database.transaction(timeouts=BOOKKEEPING_TIMEOUTS) as transaction:
        if database.connections_made > 1:  # after a failover the record of the run's start may be missing, too
            transaction.rows(mapping.statement("open_run"), opening)
        *reasons, total = transaction.rows(
            mapping.statement("read_run_totals"), {"run_id": result.run_id, "as_of": result.as_of}
        )
        result = replace(
            result,
            refunds=Amount(total.sessions, Decimal(total.credits)),
            accounts=total.accounts,
            reasons={row.reason: Amount(row.sessions, Decimal(row.credits)) for row in reasons},
        )
        transaction.rows(
            mapping.statement("close_run"),
            {
                "run_id": result.run_id,
                "as_of": result.as_of,
                "outcome": result.outcome.value,
                "sessions": result.refunds.sessions,
                "credits": total.credits,
                "already_refunded": result.already_refunded,
                "skipped": result.skipped,
                "held": result.held,
                "remaining": result.remaining,
                "batches": result.batches,
            },
        )
    return result
