"""What a sweep counts, and the interface for observing it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sweeper.postgres.errors import Refusal
from sweeper.sweep.batch import Batch


class Observer:
    """Observes what a sweep does, once it is committed; this one does nothing about it."""

    def begun(self, run_id: str, count_owed: Callable[[], int], *, integer_amounts: bool) -> None:
        """The run starts; counting what is owed costs a survey, so only an observer that shows it asks."""

    def paid(self, batch: Batch) -> None:
        """A batch was committed."""

    def refused(self, session_id: str, refusal: Refusal) -> None:
        """A session that the database refused was put on hold."""


@dataclass
class Tally:
    """What a sweep has counted so far; what it refunded is read from the ledger instead.

    ``unripe_from`` is when the earliest session started that may be owed later; ``unknown`` is whether a row's own
    expression failed, so that this is not known.
    """

    batches: int = 0
    already_refunded: int = 0
    capped: bool = False
    skipped: list[str] = field(default_factory=list)
    unripe_from: datetime | None = None
    unknown: bool = False

    def note_unripe(self, moment: datetime | None) -> None:
        """Record that a session that started then may be owed later."""
        if moment is not None:
            self.unripe_from = min(moment, self.unripe_from or moment)
