"""What is shown during a run: log events; on a terminal a progress bar, and a short line for each refund."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from decimal import Decimal
from typing import Any

from sweeper.cli.logs import Log
from sweeper.cli.options import wants_color, wants_readable_log
from sweeper.postgres.errors import Refusal
from sweeper.sweep.batch import Batch
from sweeper.sweep.progress import Observer


class Watcher(Observer):
    """Reports what was committed to the log, and to the progress bar when there is one."""

    def __init__(self, log: Log, prefix: str, progress: Any | None, *, short: bool = False) -> None:
        self._log = log
        self._short = short
        self._refunded = f"{prefix}_credits_refunded"
        self._refund_failed = f"{prefix}_refund_failed"
        self._progress = progress
        self._task: Any = None
        self._integer_amounts = False

    def begun(self, run_id: str, count_owed: Callable[[], int], *, integer_amounts: bool) -> None:
        self._log.bind(run_id=run_id)
        self._integer_amounts = integer_amounts
        if self._progress is not None and (owed := count_owed()):
            self._task = self._progress.add_task("Refunding", total=owed)

    def paid(self, batch: Batch) -> None:
        if batch.paid and self._short:
            self._show(batch)
        elif batch.paid:
            session_ids, account_ids, amounts, reasons = zip(*batch.paid, strict=True)
            credits = tuple(map(int, amounts)) if self._integer_amounts else amounts  # as in the documents
            fields = {"session_id": session_ids, "account_id": account_ids, "credits": credits, "reason": reasons}
            self._log.info_each(self._refunded, fields)
        for session_id, why in batch.held:
            self._log.warning(self._refund_failed, session_id=session_id, why=why)
        if self._task is not None:
            self._progress.advance(self._task, len(batch.paid) + len(batch.held))  # type: ignore[union-attr]

    def _show(self, batch: Batch) -> None:
        """A short line for each refund: an event with all its fields takes four rows of a terminal."""
        from rich.text import Text

        from sweeper.render.terminal.table import safe
        from sweeper.render.words import number

        lines = (
            safe(f"{self._refunded} {session_id}: {number(Decimal(amount))} credits to {account_id}, {reason}")
            for session_id, account_id, amount, reason in batch.paid
        )
        self._progress.console.print(Text("\n").join(lines), soft_wrap=True)  # type: ignore[union-attr]

    def refused(self, session_id: str, refusal: Refusal) -> None:
        """A session that the database refused was put on hold; its message, which may repeat the row, is in holds."""
        self._log.warning(
            self._refund_failed, session_id=session_id, why=refusal.hold_reason, sqlstate=refusal.sqlstate
        )


@contextmanager
def watching(prefix: str) -> Iterator[Watcher]:
    """Watch a run, with a progress bar when stderr is a terminal."""
    readable = wants_readable_log()
    color = wants_color() and sys.stderr.isatty()
    with _bar() as progress:
        # by now the bar has replaced sys.stderr, and prints above itself what is written to it
        log = Log(sys.stderr, terminal=readable, color=color)
        log.log_retries()
        yield Watcher(log, prefix, progress, short=readable and progress is not None)


def _bar() -> AbstractContextManager[Any]:
    if not sys.stderr.isatty():
        return nullcontext()
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)
