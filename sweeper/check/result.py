"""The results of `sweeper check`: frozen, and independent of how they are shown."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sweeper.core.errors import Exit


class Status(StrEnum):
    """The status of one check."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True)
class Check:
    """One check; ``fix`` is the command, or the change of the file, that fixes it."""

    name: str
    status: Status
    message: str
    fix: str = ""


@dataclass(frozen=True)
class CheckResult:
    """All checks."""

    as_of: datetime
    checks: tuple[Check, ...]

    def count(self, status: Status) -> int:
        """How many checks have this status."""
        return sum(check.status is status for check in self.checks)

    @property
    def exit_code(self) -> int:
        """5 when something would stop a run from working."""
        return Exit.FOUND if self.count(Status.FAILURE) else Exit.DONE
