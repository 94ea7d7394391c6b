"""``sweeper demo``: an app whose layers fail in every way, its books, the sweep, and its books again."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from rich.console import Console

from sweeper.config.model import Settings
from sweeper.config.parsing import load
from sweeper.core.errors import Exit
from sweeper.core.results import RunResult
from sweeper.core.signals import Signals
from sweeper.demo import output
from sweeper.demo.books import Books, read_books, sql
from sweeper.demo.environment import MAPPING, connected, demo_server, leave_mapping
from sweeper.install import installer
from sweeper.postgres.database import Database
from sweeper.postgres.timeouts import READ_TIMEOUTS
from sweeper.render.terminal.run import show_run
from sweeper.sweep.context import RunRequest
from sweeper.sweep.dry_run import plan
from sweeper.sweep.progress import Observer
from sweeper.sweep.run import execute

Clock = Callable[[], datetime]


class Demo:
    def __init__(
        self, database: Database, settings: Settings, console: Console, clock: Clock, signals: Signals
    ) -> None:
        self._database = database
        self._settings = settings
        self._console = console
        self._clock = clock
        self._signals = signals

    def run(self) -> bool:
        """Run all steps; false when a sweep failed or the books are not right after it."""
        self._break_layers()
        self._install()
        self._show_books("The books before")
        self._plan()
        swept = self._sweep("Refunds them, each exactly once.")
        after = self._show_books("The books after, asked of the database again")
        output.show_verdict(self._console, after)
        again = self._sweep("The next run, such as cron's: nothing is refunded twice.")
        unchanged = read_books(self._database) == after
        output.show_repeat(self._console, unchanged=unchanged)
        ended_well = swept.exit_code == again.exit_code == Exit.DONE
        return ended_well and after.settled and unchanged and not again.refunds.sessions

    def _break_layers(self) -> None:
        output.show_app(self._console)
        with self._uncut(), self._database.transaction(timeouts=READ_TIMEOUTS) as transaction:
            transaction.script(sql("app"))
            transaction.script(sql("day"))

    @contextmanager
    def _uncut(self) -> Iterator[None]:
        """Delay a signal until the block has ended: a script cut short leaves its connection unusable."""
        with self._signals.shielded():
            yield
        self._signals.check()

    def _install(self) -> None:
        about = "Adds a schema of its own and an index; the app's tables stay as they are."
        output.heading(self._console, "$ sweeper install", about)
        with self._uncut():
            done = installer.install(self._database, self._settings, as_of=self._clock(), asked_at=time.monotonic())
        for action in done.actions:
            self._console.print(action)

    def _request(self) -> RunRequest:
        return RunRequest(as_of=self._clock(), asked_at=time.monotonic(), host="demo")

    def _plan(self) -> None:
        output.heading(self._console, "$ sweeper run --dry-run", "Shows what is owed, and writes nothing.")
        show_run(self._console, plan(self._database, self._settings, self._request()))

    def _sweep(self, about: str) -> RunResult:
        output.heading(self._console, "$ sweeper run", about)
        result = execute(self._database, self._settings, self._request(), signals=self._signals, observer=Observer())
        # a run that gets a signal ends its batch and returns: then the demo must stop, too
        self._signals.check()
        if result.error:
            raise result.error
        show_run(self._console, result)
        return result

    def _show_books(self, title: str) -> Books:
        output.heading(self._console, title)
        books = read_books(self._database)
        output.show_books(self._console, books)
        return books


def run_demo(*, console: Console, clock: Clock, keep: bool = False) -> int:
    """Run the demo on a server of its own, of which nothing is left unless ``keep``.

    Raises:
        ConfigurationError: the server's binaries are not installed.
        FailedError: the server, or the sweep, could not go on.
        Interrupted: SIGINT or SIGTERM arrived; nothing is left then, whatever ``keep`` says.
    """
    signals = Signals()
    signals.install()
    console.print("Starting a real Postgres in a temporary folder, only for this demo.")
    with demo_server(signals, keep=keep) as one:
        with connected(one) as database:
            right = Demo(database, load(MAPPING), console, clock, signals).run()
        if keep:
            output.show_kept(console, one, leave_mapping(one))
    if not keep:
        output.show_end(console)
    return Exit.DONE if right else Exit.FAILED
