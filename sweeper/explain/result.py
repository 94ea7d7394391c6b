"""The results of `sweeper explain` and `sweeper history`: frozen, and independent of how they are shown."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sweeper.core.results import Amount


class Verdict(StrEnum):
    """What a run would do with a session, or what was done with it."""

    REFUNDED = "refunded"
    REVERSED = "reversed"
    ADOPTED = "adopted"
    OWED = "owed"
    IN_GRACE = "in_grace"
    NOT_STUCK_YET = "not_stuck_yet"
    HELD = "held"
    EXCLUDED = "excluded"
    UNCHARGED = "uncharged"
    SUCCEEDED = "succeeded"
    BEFORE_FLOOR = "before_floor"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Event:
    """One thing that happened to a session; ``facts`` are named as in the tables."""

    at: datetime
    event: str
    facts: Mapping[str, Decimal | str | None]


@dataclass(frozen=True)
class Explanation:
    """Why a session was, was not, or will be refunded.

    ``status`` is None where the row is gone. ``limit`` is the grace or the time without a sign of life that counts
    for it, ``due_at`` the moment from which a run refunds it: its own deadline where it ``has_deadline``, as a running
    one may. ``hold_reason`` is why it is ``on_hold``, or would be. ``exclude`` is the condition that excludes it,
    ``never`` is whether that is ``sessions.never`` and not ``sessions.exclude``.
    ``charged`` is what the app's books say was taken, in credits; of a refunded one, at its refund. ``booked`` is how
    much the app's own ledger says that it refunded, where it was ``refunded_by_app``, and ``booked_at`` when.
    """

    session_id: str
    verdict: Verdict
    as_of: datetime
    integer_amounts: bool
    floor: datetime
    status: str | None = None
    account_id: str | None = None
    attempt: str = ""
    amount: Decimal | None = None
    charged: Decimal | None = None
    reason: str | None = None
    started_at: datetime | None = None
    active_at: datetime | None = None
    failed_at: datetime | None = None
    running: bool = False
    limit: timedelta | None = None
    due_at: datetime | None = None
    has_deadline: bool = False
    on_hold: bool = False
    hold_reason: str | None = None
    refund_id: str | None = None
    refunded_by_app: bool = False
    booked: Decimal | None = None
    booked_at: datetime | None = None
    payable_again: bool = True
    exclude: str | None = None
    never: bool = False
    history: tuple[Event, ...] = ()

    def is_paid_by(self, run_id: str | None) -> bool:
        """Whether this run refunded it, or a dry run would."""
        paid = any(event.event == "refunded" and event.facts.get("run_id") == run_id for event in self.history)
        return paid or self.verdict is Verdict.OWED


@dataclass(frozen=True)
class AccountExplanation:
    """The newest sessions of an account that were refunded, have failed or are running; ``more`` when there are."""

    account_id: str
    as_of: datetime
    sessions: tuple[Explanation, ...]
    more: bool


@dataclass(frozen=True)
class RunRecord:
    """One run as it was recorded; for a run that did not end, what it did by the ledger."""

    run_id: str
    version: str
    host: str
    db_role: str
    told: Mapping[str, Any]
    as_of: datetime
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None
    died: bool
    refunds: Amount
    reversed: Amount
    already_refunded: int | None
    skipped: int | None
    held: int | None
    remaining: int | None
    batches: int | None
    integer_amounts: bool


@dataclass(frozen=True)
class RunRefund:
    refund_id: str
    session_id: str
    account_id: str
    attempt: str
    credits: Decimal
    reason: str
    reversed: bool


@dataclass(frozen=True)
class RunHistory:
    """One run, its refunds by reason, and the refunds themselves, read as they are asked for."""

    run: RunRecord
    reasons: Mapping[str, Amount]
    refunds: Iterator[RunRefund]
