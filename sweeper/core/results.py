"""The results of commands: frozen, and independent of how they are shown."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple, Self

from sweeper.core.errors import Exit, SweeperError


class Outcome(StrEnum):
    COMPLETE = "complete"
    PARTIAL = "partial"
    CAPPED = "capped"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


@dataclass(frozen=True)
class Amount:
    sessions: int = 0
    credits: Decimal = Decimal(0)

    @classmethod
    def of(cls, row: Any) -> Self:
        """The columns ``sessions`` and ``credits`` of a row; the credits are the server's text."""
        return cls(row.sessions, Decimal(row.credits))

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(self.sessions + other.sessions, self.credits + other.credits)


class InstallResult(NamedTuple):
    """What ``install`` did, or the SQL that would do it."""

    sql: str
    actions: tuple[str, ...]
    notes: tuple[str, ...] = ()


class Largest(NamedTuple):
    session_id: str
    account_id: str
    credits: Decimal
    reason: str


class Plan(NamedTuple):
    """What only a dry run reports: how the refunds are distributed, and what holds and caps would leave."""

    by_age: dict[str, Amount]
    largest: tuple[Largest, ...]
    new_holds: dict[str, Amount]
    new_hold_samples: dict[str, tuple[str, ...]]
    standing_holds: dict[str, int]
    hold_samples: dict[str, tuple[str, ...]]
    left_by_caps: Amount


@dataclass(frozen=True)
class RunResult:
    """One run, or one dry run; credits are in the app's own unit, durations in seconds.

    ``full_caps`` names the caps that stopped it, ``caps_by_hand`` those that were given for this run alone.
    """

    run_id: str | None
    dry_run: bool
    as_of: datetime
    outcome: Outcome
    refunds: Amount
    accounts: int
    reasons: dict[str, Amount]
    already_refunded: int
    skipped: int
    held: int
    remaining: int
    before_floor: Amount
    batches: int
    duration_seconds: float
    integer_amounts: bool
    floor: datetime | None = None
    full_caps: tuple[str, ...] = ()
    caps_by_hand: frozenset[str] = frozenset()
    plan: Plan | None = None
    signal: int | None = None
    error: SweeperError | None = None

    @property
    def exit_code(self) -> int:
        if self.outcome is Outcome.INTERRUPTED:
            return 128 + (self.signal or 2)
        if self.error is not None:
            return self.error.exit_code
        return {
            Outcome.COMPLETE: Exit.DONE,
            Outcome.PARTIAL: Exit.HELD,
            Outcome.CAPPED: Exit.CAPPED,
            Outcome.FAILED: Exit.FAILED,
        }[self.outcome]


class Backlog(NamedTuple):
    """What is owed at a moment, for how long the oldest has been, and what is on hold."""

    sessions: int
    oldest_seconds: float
    held: int


class RunReport(NamedTuple):
    """How a run ended, for monitoring; ``refunded`` has every known reason, or is None if nothing is known."""

    exit_code: int
    ended_at: datetime
    duration_seconds: float
    summary: str
    refunded: dict[str, Amount] | None = None
    backlog: Backlog | None = None

    @property
    def succeeded(self) -> bool:
        """Whether it looked at everything that is owed; holds are reported separately."""
        return self.exit_code in (Exit.DONE, Exit.HELD)


class Rate(NamedTuple):
    """What sweeper itself refunded in the last day, and in the days before; ``reason`` if a layer broke."""

    last_day: int
    usual_per_day: float | None
    reason: str | None
