"""The dry run: what a run would do now, read in one snapshot; nothing is written or locked."""

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from sweeper.app.transactions import read
from sweeper.config.model import Settings
from sweeper.core.decimals import exactly
from sweeper.core.errors import FailedError
from sweeper.core.results import Amount, Largest, Outcome, Plan, RunResult
from sweeper.postgres.database import Database
from sweeper.postgres.sqlstate import reported
from sweeper.postgres.transaction import Row, Transaction
from sweeper.sweep.account_room import OF_ACCOUNT, AccountRoom
from sweeper.sweep.app_changes import MovedSessions
from sweeper.sweep.caps import Caps, Room
from sweeper.sweep.context import RunContext, RunRequest, prepare
from sweeper.sweep.owed import OwedReader, OwedSession
from sweeper.sweep.owed_list import FailingRows, OwedList
from sweeper.sweep.rehearsal import Rehearsal, find_objection, read_earlier_runs
from sweeper.sweep.suspects import refusal_of, unproven

_NO_RUN = "00000000-0000-0000-0000-000000000000"
_LARGEST, _SAMPLES = 10, 3
# upper bounds in seconds, and their labels
_AGES = (
    (3600, "under 1 hour"),
    (86_400, "1 to 24 hours"),
    (604_800, "1 to 7 days"),
    (2_592_000, "7 to 30 days"),
)
_OLDEST = "over 30 days"


class Planner:
    """Applies a run's rules to the owed sessions, in the run's order, and adds up what it would do."""

    def __init__(self, room: Room, *, max_new_holds: int) -> None:
        self._sessions_left, self._credits_left = room.sessions, room.credits
        self.refunds = Amount()
        self.left_by_caps = Amount()
        self._holds_left = False
        self.reasons: dict[str, Amount] = defaultdict(Amount)
        self.ages: dict[str, Amount] = defaultdict(Amount)
        self.holds: dict[str, Amount] = defaultdict(Amount)
        self.hold_samples: dict[str, tuple[str, ...]] = defaultdict(tuple)
        self.largest: list[Largest] = []
        # digests, not ids: without caps there may be millions of accounts
        self.accounts: set[int] = set()
        # their expression fails, and it is not known yet whether they are at fault
        self._suspects: dict[str, OwedSession] = {}
        # by whether the database refuses the session
        self._rooms = {refused: AccountRoom(max_new_holds) for refused in (False, True)}
        self.skipped = 0

    def add(self, session: OwedSession) -> None:
        stopped = self._sessions_left == 0 or (self._credits_left is not None and self._credits_left <= 0)
        if not stopped and session.hold_reason is not None:
            new = not session.on_hold
            counts = new and (session.refused is not None or session.hold_reason in OF_ACCOUNT)
            if counts and not self._rooms[session.refused is not None].take(session.account_id):
                self.skipped += 1
            elif session.refused is not None and new and not refusal_of(session.refused).raised:
                self._suspects[session.session_id] = session
            elif new:
                self._hold(session.hold_reason, session.session_id)
        elif stopped and session.hold_reason is not None:
            self._holds_left |= not session.on_hold
        elif stopped or (self._credits_left is not None and session.amount > self._credits_left):
            self.left_by_caps += Amount(1, session.amount)
        else:
            self._refund(session)

    def decide_suspects(self) -> None:
        """Decide about sessions whose expression fails, as a run would at its end; to be called once.

        Raises:
            FailedError: it may be the run's fault.
        """
        left = self.left_by_caps.sessions + self.skipped
        others_owed = self.refunds.sessions or self.holds or left or len(self._suspects) > 1
        unclear = {}
        for session in self._suspects.values():
            if self.accounts - {hash(session.account_id)} or not others_owed:
                self._hold(str(session.hold_reason), session.session_id)
            elif session.refused is not None:
                unclear[session.session_id] = session.refused
        if unclear:
            raise unproven(unclear)

    def _hold(self, why: str, session_id: str) -> None:
        self.holds[why] += Amount(1)
        self.hold_samples[why] = (*self.hold_samples[why], session_id)[:_SAMPLES]

    def _refund(self, session: OwedSession) -> None:
        one = Amount(1, session.amount)
        self.refunds += one
        self.reasons[session.reason] += one
        self.ages[_age(session.age_seconds)] += one
        self.accounts.add(hash(session.account_id))
        if self._sessions_left is not None:
            self._sessions_left -= 1
        if self._credits_left is not None:
            self._credits_left -= session.amount
        if len(self.largest) < _LARGEST or session.amount > self.largest[-1].credits:
            entry = Largest(session.session_id, str(session.account_id), session.amount, session.reason)
            self.largest = sorted([*self.largest, entry], key=lambda one: -one.credits)[:_LARGEST]

    @property
    def outcome(self) -> Outcome:
        if self.left_by_caps.sessions or self._holds_left:
            return Outcome.CAPPED
        return Outcome.PARTIAL if self.holds else Outcome.COMPLETE


def _age(seconds: float) -> str:
    return next((name for bound, name in _AGES if seconds < bound), _OLDEST)


def plan(
    database: Database, settings: Settings, request: RunRequest, *, rehearsal: Rehearsal | None = None
) -> RunResult:
    """Find what a run would refund; if its ``rehearsal`` would stop it, that is the error of the result.

    Raises:
        ConfigurationError, FailedError: as a run would.
    """
    with exactly(), reported():
        context = prepare(database, settings, request, of_file=True)
        mapping = context.mapping
        planned, earlier = read(
            database,
            mapping,
            lambda opened: (_plan(opened, context, settings, request), read_earlier_runs(opened, mapping)),
        )
        objection = rehearsal and find_objection(mapping, rehearsal, earlier, request.accepted)
        if objection and planned.error is None:
            return replace(planned, outcome=Outcome.FAILED, error=objection)
        return planned


def _plan(transaction: Transaction, context: RunContext, settings: Settings, request: RunRequest) -> RunResult:
    mapping = context.mapping
    reader = OwedReader(transaction, mapping, context.selection)
    selection = replace(context.selection, missing_until=reader.find_missing(), first_charge=reader.find_first_charge())
    caps = Caps(mapping, context.limits, run_id=_NO_RUN, as_of=request.as_of)
    planner = Planner(caps.read(transaction), max_new_holds=settings.policy.max_new_holds)
    moved = MovedSessions()
    for part in selection.parts():
        for session in moved.compared(OwedList(transaction, mapping, part)):
            planner.add(session)
    before_floor = _before_floor(OwedList(transaction, mapping, selection), context)
    error, held = _held_at_end(planner, limit=settings.policy.max_new_holds)
    standing = transaction.rows(mapping.statement("list_holds"))
    return RunResult(
        run_id=None,
        dry_run=True,
        as_of=request.as_of,
        outcome=Outcome.FAILED if error else planner.outcome,
        refunds=planner.refunds,
        accounts=len(planner.accounts),
        reasons=_by_size(planner.reasons),
        already_refunded=0,
        skipped=planner.skipped,
        held=held,
        remaining=planner.left_by_caps.sessions,
        before_floor=before_floor,
        batches=0,
        duration_seconds=time.monotonic() - request.asked_at,
        integer_amounts=mapping.integer_amounts,
        floor=context.floor,
        error=error,
        plan=_details(planner, standing),
    )


def _before_floor(owed: OwedList, context: RunContext) -> Amount:
    if context.before_floor is not None:
        return context.before_floor
    earlier = owed.selection.earlier(context.floor)
    found = replace(owed, selection=earlier, failing=FailingRows(ends=True)).count()
    return Amount(found.sessions, found.credits)


def _held_at_end(planner: Planner, *, limit: int) -> tuple[FailedError | None, int]:
    """The error with which a run would end, or None, and how many sessions it would put on hold."""
    error = None
    try:
        planner.decide_suspects()
    except FailedError as unsettled:
        error = unsettled
    held = sum(amount.sessions for amount in planner.holds.values())
    if held > limit:
        error = FailedError(
            f"a run would put {held} sessions on hold, more than max_new_holds = {limit}, and stop: so many at once "
            "mean a wrong mapping, not bad rows",
            code="too_many_holds",
        )
    return error, held


def _details(planner: Planner, standing: Sequence[Row]) -> Plan:
    names = [*(name for _, name in _AGES), _OLDEST]
    return Plan(
        by_age={name: planner.ages[name] for name in names if name in planner.ages},
        largest=tuple(planner.largest),
        new_holds=_by_size(planner.holds),
        new_hold_samples=dict(planner.hold_samples),
        standing_holds={row.why: row.sessions for row in standing},
        hold_samples={row.why: tuple(row.samples) for row in standing},
        left_by_caps=planner.left_by_caps,
    )


def _by_size(amounts: dict[str, Amount]) -> dict[str, Amount]:
    return dict(sorted(amounts.items(), key=lambda item: (-item[1].sessions, item[0])))
