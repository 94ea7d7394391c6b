"""The sessions of one status in a sample, and how many of them the app has refunded."""

from collections.abc import Sequence
from dataclasses import dataclass

from sweeper.check.rehearsal.statuses.status_names import shown

# fewer prove nothing; a status counts as refunded when the app refunded at least this part of it
ENOUGH, _PART = 3, 0.25


@dataclass(frozen=True)
class StatusSample:
    """The sessions of one status: how many there are, and how many the app has refunded."""

    status: str
    sessions: int
    given_back: int
    refunded: Sequence[str]
    others: Sequence[str]
    label: str | None = None

    @property
    def called(self) -> str:
        """Its name: the label in another table, or the status itself."""
        return self.label or self.status

    @property
    def shown(self) -> str:
        """The status as messages show it."""
        return shown(self.status, self.label)

    @property
    def is_refunded(self) -> bool:
        """Whether the app refunds such sessions itself."""
        return self.given_back >= ENOUGH and self.given_back >= self.sessions * _PART
