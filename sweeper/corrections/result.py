"""The results of corrections: frozen, and independent of how they are shown."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sweeper.core.errors import Exit, SweeperError
from sweeper.core.results import Amount, Outcome


@dataclass(frozen=True)
class Left(Amount):
    """Sessions that a correction leaves unchanged, for one reason, with a few examples.

    ``message`` says what was not as it should be, or which constraint refused the first of them.
    """

    samples: tuple[str, ...] = ()
    message: str = ""


@dataclass(frozen=True)
class BalanceChange:
    """What a revert takes from one account; the balances are None where the mapping has no balance."""

    account_id: str
    credits: Decimal
    before: Decimal | None
    after: Decimal | None


@dataclass(frozen=True)
class Correction:
    """The refunds that were taken back, or adopted, or would be.

    ``dry_run`` is also true of the plan that is shown before it is confirmed.
    """

    dry_run: bool
    as_of: datetime
    reason: str
    outcome: Outcome
    left: dict[str, Left]
    duration_seconds: float
    integer_amounts: bool
    signal: int | None
    error: SweeperError | None
    refunds: Amount

    @property
    def exit_code(self) -> int:
        if self.outcome is Outcome.INTERRUPTED:
            return 128 + (self.signal or 2)
        return self.error.exit_code if self.error is not None else Exit.DONE


@dataclass(frozen=True)
class RevertResult(Correction):
    """Refunds taken back; a plan has the ``balances`` of the accounts that would lose most.

    ``run_open`` is whether the run had not ended: it died, or may pay on. ``other_file`` is whether some were paid by
    another file, which may have moved another column; ``other_amount`` whether the file gives another amount for one
    of the sessions now.
    """

    run_id: str | None
    run_open: bool
    other_file: bool
    other_amount: bool
    session_id: str | None
    accounts: int
    already_reversed: int
    balances: tuple[BalanceChange, ...]
    writes_ledger: bool | None
    payable_again: bool


@dataclass(frozen=True)
class AdoptSample:
    session_id: str
    account_id: str | None
    status: str
    credits: Decimal


@dataclass(frozen=True)
class AdoptResult(Correction):
    """Refunds that were paid elsewhere and are recorded here."""

    statuses: dict[str, Amount]
    already_refunded: int
    samples: tuple[AdoptSample, ...]
