"""The horizon: where a run may start, because everything older is settled.

Failed sessions stay failed forever, so a run that always began at the floor would read all of history each minute.
The horizon may be lost at any time: without it a run is only slower.
"""

import json
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from sweeper.app.mapping import Mapping
from sweeper.app.transactions import app_transaction
from sweeper.config.model import PolicySection
from sweeper.core.results import Amount
from sweeper.install.state import Installation
from sweeper.postgres.database import Database
from sweeper.postgres.timeouts import READ_TIMEOUTS, Timeouts
from sweeper.postgres.transaction import Transaction
from sweeper.sweep.selection import Selection, before

if TYPE_CHECKING:  # it observes batches, which import this
    from sweeper.sweep.progress import Tally

# for transactions that commit late, zones and clock changes
MARGIN = timedelta(days=1)
FULL_SWEEP_EVERY = timedelta(days=1)
# with so few failed and running sessions a run starts at the floor, which costs nothing, so that no session can come
# back behind the horizon
SMALL_HISTORY = 10_000
# if the clock is set back by less than this, the margin still covers it
_SET_BACK = MARGIN / 2
_SEEN_TIMEOUTS = Timeouts(statement_ms=60_000, idle_ms=60_000)


def policy_digest(policy: PolicySection, floor: datetime) -> str:
    """A digest of the rules that decide what is settled: under other rules the horizon is not valid."""
    rules = policy.model_dump(mode="json", include={"stuck_after", "grace", "max_amount"}, warnings=False)
    return sha256(json.dumps([rules, floor.isoformat()], sort_keys=True).encode()).hexdigest()


class Horizon(NamedTuple):
    """Where a run may start, and what an earlier run counted before the floor."""

    start: datetime
    before_floor: Amount


def usable_horizon(installation: Installation | None, digest: str, as_of: datetime) -> Horizon | None:
    """Where a run as of ``as_of`` may start; None when it must be a full sweep, from the floor."""
    if installation is None:
        return None
    horizon, found, swept = installation.horizon, installation.horizon_as_of, installation.full_sweep_as_of
    if horizon is None or found is None or swept is None or installation.horizon_policy != digest:
        return None
    if as_of < found - _SET_BACK or not -_SET_BACK <= as_of - swept < FULL_SWEEP_EVERY:
        return None
    sessions, credits = installation.before_floor_sessions, installation.before_floor_credits
    return Horizon(horizon, Amount(sessions or 0, credits or Decimal(0)))


def is_small(transaction: Transaction, mapping: Mapping) -> bool:
    """Whether history is so short that a horizon saves nothing."""
    counted = transaction.row(mapping.statement("count_live"), {"limit": SMALL_HISTORY + 1}).sessions
    return int(counted) <= SMALL_HISTORY


def store(
    database: Database,
    mapping: Mapping,
    selection: Selection,
    tally: "Tally",
    digest: str,
    before_floor: Amount | None,
) -> None:
    """Store the horizon after a complete run, and after a full sweep what it counted ``before_floor``."""
    with app_transaction(database, mapping, READ_TIMEOUTS) as transaction:
        common = {"as_of": selection.as_of, "fingerprint": mapping.fingerprint}
        if not tally.unknown:
            unsettled = [selection.as_of, tally.unripe_from]
            if tally.skipped:
                skipped = selection.only(tuple(tally.skipped)).binds
                unsettled.append(transaction.row(mapping.statement("find_earliest"), skipped).started_at)
            horizon = before(min(moment for moment in unsettled if moment), MARGIN)
            moved = {"horizon": horizon, "policy": digest, "full": before_floor is not None}
            transaction.rows(mapping.statement("move_horizon"), {**common, **moved})
        if before_floor is not None:
            counted = {"sessions": before_floor.sessions, "credits": str(before_floor.credits)}
            transaction.rows(mapping.statement("note_full_sweep"), {**common, **counted})


def note_seen(database: Database, mapping: Mapping, selection: Selection, run_id: str) -> None:
    """Record, after a full sweep, some refunds in the app's own ledger, which may lose those rows later."""
    if mapping.ledger is None or mapping.is_by_account or not mapping.starts_in_column:
        return
    with app_transaction(database, mapping, _SEEN_TIMEOUTS) as transaction:
        transaction.rows(mapping.statement("note_seen"), {**selection.binds, "run_id": run_id})
