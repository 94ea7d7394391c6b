"""Handles SIGINT and SIGTERM: at once between batches, otherwise after the current batch."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from sweeper.core.errors import Interrupted


class Canceled(Interrupted, KeyboardInterrupt):
    """Also a KeyboardInterrupt, on which psycopg cancels the statement that the server is busy with.

    Not to be let through to typer, which makes exit code 130 of it whatever the signal was.
    """


class Signals:
    """Remembers the first signal; raises ``error`` at once outside a shielded block."""

    def __init__(self, error: type[Interrupted] = Interrupted) -> None:
        self.received: int | None = None
        self._error = error
        self._shielded = False

    def install(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._handle)

    @contextmanager
    def shielded(self) -> Iterator[None]:
        """Let the block finish; a second signal interrupts it, and its transaction with it."""
        self._shielded = True
        try:
            yield
        finally:
            self._shielded = False

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        first = self.received is None
        self.received = self.received or number
        if not (first and self._shielded):
            raise self._error(number)

    def check(self) -> None:
        """Raise the signal that arrived while shielded.

        Raises:
            Interrupted: one did.
        """
        if self.received is not None:
            raise self._error(self.received)
