"""What commands give back: frozen, and without any knowledge of how it is shown."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sweeper.errors import Exit, SweeperError


class Outcome(StrEnum):
    """How a run ended."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    CAPPED = "capped"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


@dataclass(frozen=True)
class Amount:
    """A number of sessions and their credits."""

    sessions: int = 0
    credits: Decimal = Decimal(0)

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(self.sessions + other.sessions, self.credits + other.credits)


class Status(StrEnum):
    """How one item of a preflight is."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True)
class Check:
    """One item of a preflight; ``fix`` is the command, or the change of the file, that mends it."""

    name: str
    status: Status
    message: str
    fix: str = ""


@dataclass(frozen=True)
class CheckResult:
    """A preflight."""

    as_of: datetime
    checks: tuple[Check, ...]

    def count(self, status: Status) -> int:
        """How many items are so."""
        return sum(check.status is status for check in self.checks)

    @property
    def exit_code(self) -> int:
        """5 when something would keep a run from working."""
        return Exit.FOUND if self.count(Status.FAILURE) else Exit.DONE


@dataclass(frozen=True)
class InstallResult:
    """What ``install`` did, or the SQL that would do it."""

    sql: str
    actions: tuple[str, ...]


@dataclass(frozen=True)
class Largest:
    """One of the largest refunds of a plan."""

    session_id: str
    account_id: str
    credits: Decimal
    reason: str


@dataclass(frozen=True)
class Plan:
    """What only a dry run tells: how the refunds are spread, and what holds and caps would leave."""

    by_age: dict[str, Amount]
    largest: tuple[Largest, ...]
    new_holds: dict[str, Amount]
    new_hold_samples: dict[str, tuple[str, ...]]
    standing_holds: dict[str, int]
    hold_samples: dict[str, tuple[str, ...]]
    left_by_caps: Amount


@dataclass(frozen=True)
class RunResult:
    """One run, or one dry run; credits are in the app's own unit, durations in seconds."""

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
    plan: Plan | None = None
    signal: int | None = None
    error: SweeperError | None = None

    @property
    def exit_code(self) -> int:
        """The exit code that tells this outcome to a program."""
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


@dataclass(frozen=True)
class Backlog:
    """What is owed at a moment, for how long the oldest has been, and what is on hold."""

    sessions: int
    oldest_seconds: float
    held: int


@dataclass(frozen=True)
class RunReport:
    """How a run ended, for those who watch; ``refunded`` by every known reason, or none when nothing is known."""

    exit_code: int
    ended_at: datetime
    duration_seconds: float
    summary: str
    refunded: dict[str, Amount] | None = None
    backlog: Backlog | None = None

    @property
    def succeeded(self) -> bool:
        """Whether it looked at everything that is owed; what it put on hold is reported by itself."""
        return self.exit_code in (Exit.DONE, Exit.HELD)


@dataclass(frozen=True)
class Left:
    """Sessions that a correction leaves as they are, for one reason, with a few to show."""

    sessions: int = 0
    credits: Decimal = Decimal(0)
    samples: tuple[str, ...] = ()


@dataclass(frozen=True)
class BalanceChange:
    """What a revert takes from one account; without a balance where the mapping has none."""

    account_id: str
    credits: Decimal
    before: Decimal | None
    after: Decimal | None


@dataclass(frozen=True)
class Correction:
    """What every correction tells; ``dry_run`` also of the plan that is shown before it is confirmed."""

    dry_run: bool
    as_of: datetime
    reason: str
    outcome: Outcome
    left: dict[str, Left]
    duration_seconds: float
    integer_amounts: bool
    signal: int | None
    error: SweeperError | None

    @property
    def sessions(self) -> int:
        """How many were, or would be, corrected."""
        raise NotImplementedError

    @property
    def exit_code(self) -> int:
        """The exit code that tells this outcome to a program."""
        if self.outcome is Outcome.INTERRUPTED:
            return 128 + (self.signal or 2)
        return self.error.exit_code if self.error is not None else Exit.DONE


@dataclass(frozen=True)
class RevertResult(Correction):
    """Refunds taken back; a plan has the ``balances`` of the accounts that would lose most."""

    run_id: str | None
    session_id: str | None
    refunds: Amount
    accounts: int
    already_reversed: int
    balances: tuple[BalanceChange, ...]
    writes_ledger: bool | None
    payable_again: bool

    @property
    def sessions(self) -> int:
        """How many refunds were, or would be, taken back."""
        return self.refunds.sessions


@dataclass(frozen=True)
class AdoptSample:
    """One of the sessions that an adoption names."""

    session_id: str
    account_id: str | None
    status: str
    credits: Decimal


@dataclass(frozen=True)
class AdoptResult(Correction):
    """Refunds written down that were paid elsewhere."""

    adopted: Amount
    statuses: dict[str, Amount]
    already_refunded: int
    samples: tuple[AdoptSample, ...]

    @property
    def sessions(self) -> int:
        """How many sessions were, or would be, adopted."""
        return self.adopted.sessions
