"""The results of `sweeper check`: frozen, and independent of how they are shown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sweeper.core.errors import Exit


class Status(StrEnum):
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


def ok(message: str, name: str = "") -> Check:
    """An item without a problem; without a name it has that of the item that finds it: see `with_name`."""
    return Check(name, Status.OK, message)


def warning(message: str, fix: str, name: str = "") -> Check:
    """A problem that does not stop a run."""
    return Check(name, Status.WARNING, message, fix)


def failure(message: str, fix: str, name: str = "") -> Check:
    """A problem that stops a run, or makes it do the wrong thing."""
    return Check(name, Status.FAILURE, message, fix)


def joined(found: Sequence[Check]) -> Check:
    """Several findings as one item: a failure when one of them is."""
    failed = any(check.status is Status.FAILURE for check in found)
    message, fixes = "; ".join(check.message for check in found), "\n".join(check.fix for check in found)
    return (failure if failed else warning)(message, fixes)


def problems_or_last(found: Sequence[Check]) -> Sequence[Check]:
    """One item for what several rules have found: the problems together, or else the last result."""
    problems = [check for check in found if check.status is not Status.OK]
    return [joined(problems)] if len(problems) > 1 else problems or found[-1:]


def with_name(name: str, found: Iterable[Check]) -> list[Check]:
    """What an item has found, under its name."""
    return [check if check.name else replace(check, name=name) for check in found]


@dataclass(frozen=True)
class CheckResult:
    as_of: datetime
    checks: tuple[Check, ...]

    def count(self, status: Status) -> int:
        return sum(check.status is status for check in self.checks)

    @property
    def exit_code(self) -> int:
        """5 when something would stop a run from working."""
        return Exit.FOUND if self.count(Status.FAILURE) else Exit.DONE
