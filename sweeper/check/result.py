"""What a preflight finds: frozen, and without any knowledge of how it is shown."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sweeper.core.errors import Exit


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
