"""The result of an audit: the books of a period, the position at a moment, and what is wrong with either."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from sweeper.core.errors import Exit
from sweeper.core.results import Amount, Rate

PLACES = ("owed", "in_grace", "held", "excluded", "before_floor", "refunded", "uncharged")


@dataclass(frozen=True)
class TimeToRefund:
    """How long sessions waited for their refund, in seconds."""

    p50: float
    p95: float
    max: float


@dataclass(frozen=True)
class AccountTotal:
    account_id: str
    refunded: Amount


@dataclass(frozen=True)
class Period:
    """The ledger's rows of a period; by reason, layer and day (in UTC) each add up to ``refunded``."""

    refunded: Amount
    reversed: Amount
    adopted: Amount
    by_reason: dict[str, Amount]
    by_layer: dict[str, Amount]
    by_day: dict[str, Amount]
    time_to_refund: TimeToRefund | None
    largest_accounts: tuple[AccountTotal, ...]
    by_pool: dict[str, Amount] = field(default_factory=dict)
    """By how much each column of ``[accounts.add]`` changed, less what was taken back, and by how many refunds."""

    @property
    def net_credits(self) -> Decimal:
        """What was added to the accounts; an adopted refund added nothing."""
        return self.refunded.credits - self.reversed.credits


@dataclass(frozen=True)
class Lost:
    """What is never refunded for one month (YYYY-MM, or unknown) and reason, because it is before the floor."""

    month: str
    reason: str
    amount: Amount


@dataclass(frozen=True)
class Position:
    """Every failed and stuck session in one of ``PLACES``, as of now; ``lost`` adds up to those before the floor."""

    places: dict[str, Amount]
    oldest_owed_seconds: float | None
    lost: tuple[Lost, ...] = ()

    @property
    def total(self) -> Amount:
        """The control total: all failed and stuck sessions."""
        return sum(self.places.values(), Amount())


@dataclass(frozen=True)
class Finding:
    code: str
    count: int
    samples: tuple[str, ...]
    meaning: str
    hint: str


@dataclass(frozen=True)
class AuditResult:
    """One audit; the period is [since, until)."""

    as_of: datetime
    since: datetime
    until: datetime
    period: Period
    rate: Rate
    position: Position
    findings: tuple[Finding, ...]
    integer_amounts: bool

    @property
    def exit_code(self) -> int:
        return Exit.FOUND if self.findings else Exit.DONE
