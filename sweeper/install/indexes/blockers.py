"""Reports which transactions a statement waits for, while it waits."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread

from sweeper.postgres.database import Database
from sweeper.postgres.errors import STOPPED
from sweeper.postgres.retries import retrying
from sweeper.postgres.templates import fill
from sweeper.postgres.timeouts import Timeouts

_AFTER_SECONDS, _AGAIN_AFTER_SECONDS = 3.0, 30.0
# the statement is over: the watcher's own connection need not end first
_JOIN_SECONDS = 1.0
_TIMEOUTS = Timeouts(statement_ms=5_000)


@dataclass(frozen=True)
class Blocker:
    """A transaction that a statement waits for; None for what this role may not see of it. Its age is in seconds."""

    pid: int
    state: str | None
    age_seconds: float | None
    application_name: str | None


class BlockerWatch:
    """Watches statements over a connection of its own, and reports the transactions that they wait for."""

    def __init__(self, database: Database, report: Callable[[Blocker], None]) -> None:
        self._database = database
        self._report = report

    @contextmanager
    def over(self, statement: str) -> Iterator[None]:
        """Watch ``statement``, which is sent inside the block: after 3 seconds, then every 30."""
        ended = Event()
        watcher = Thread(target=self._watch, args=(statement, ended), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            ended.set()
            watcher.join(_JOIN_SECONDS)

    def _watch(self, statement: str, ended: Event) -> None:
        pause = _AFTER_SECONDS
        while not ended.wait(pause):
            blockers = self._find(statement)
            if not ended.is_set():
                for blocker in blockers:
                    self._report(blocker)
            pause = _AGAIN_AFTER_SECONDS if blockers else _AFTER_SECONDS

    def _find(self, statement: str) -> Sequence[Blocker]:
        def read() -> list[Blocker]:
            with self._database.transaction(timeouts=_TIMEOUTS, read_only=True) as transaction:
                rows = transaction.rows(fill("find_blockers", {}), {"statement": statement})
            return [Blocker(**row._mapping) for row in rows]

        try:
            return retrying(read, attempts=1)
        except STOPPED:  # an error of the watcher does not stop the installation
            return []
