"""What the benchmarks share: a server, databases prepared once and copied for each round, whole processes timed."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from sweeper.demo.server import running

APPS = Path(__file__).parents[1] / "tests" / "apps"
SWEEPER = (sys.executable, "-m", "sweeper")
# the embedded server's own settings are for data that may be lost: these are what Postgres comes with
AS_SHIPPED = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "shared_buffers": "128MB"}


@dataclass(frozen=True)
class Figure:
    """One result: what was measured, as a ratio, out of which numbers."""

    name: str
    ratio: float
    detail: str


@dataclass(frozen=True)
class Timed:
    """A process that came to its end."""

    seconds: float
    peak_kb: int


@dataclass(frozen=True)
class Lab:
    """A server for the benchmarks, and a folder."""

    server: str
    programs: Path
    folder: Path

    def url(self, database: str) -> str:
        """The URL of one of its databases."""
        return self.server.rsplit("/", 1)[0] + "/" + database

    def prepare(self, name: str, mapping: str, *fill: str, schema: str = "") -> None:
        """Make a database that rounds start from: the app's tables, sweeper installed, and rows."""
        (self.folder / f"{name}.toml").write_text(mapping)
        with self.connect("postgres") as connection:
            connection.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]
        with self.connect(name) as connection:
            connection.execute((APPS / "first.sql").read_text() + schema)  # type: ignore[call-overload]
            self.run(name, name, *SWEEPER, "install")
            for statement in fill:
                connection.execute(statement)  # type: ignore[call-overload]
            connection.execute("VACUUM ANALYZE")

    @contextmanager
    def copy(self, name: str) -> Iterator[str]:
        """A fresh copy of a prepared database, for one round; gives its name."""
        with self.connect("postgres") as connection:
            connection.execute(f"CREATE DATABASE round TEMPLATE {name} STRATEGY FILE_COPY")  # type: ignore[call-overload]
            connection.execute("CHECKPOINT")
            try:
                yield "round"
            finally:
                connection.execute("DROP DATABASE round WITH (FORCE)")

    def connect(self, database: str) -> psycopg.Connection[Any]:
        """A connection that commits by itself."""
        return psycopg.connect(self.url(database), autocommit=True)

    def environment(self, database: str, mapping: str) -> dict[str, str]:
        """How the command finds the database and the file."""
        config = self.folder / f"{mapping}.toml"
        # what is installed is compiled once: to compile a checkout's modules in each run would be measured, too
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return {**kept, "SWEEPER_DATABASE_URL": self.url(database), "SWEEPER_CONFIG": str(config)}

    def run(self, database: str, mapping: str, *line: str | Path, together: int = 1) -> Timed:
        """Run a program to its end, as several processes at once if asked; the time and memory of the whole."""
        return timed(line, self.environment(database, mapping), together=together)


@contextmanager
def laboratory() -> Iterator[Lab]:
    """A server as Postgres ships it, gone afterwards."""
    with running(18, settings=AS_SHIPPED) as server, tempfile.TemporaryDirectory() as folder:
        programs = Path((server.folder / "data" / "postmaster.opts").read_text().split()[0]).parent
        yield Lab(server.url, programs, Path(folder))


def timed(line: Sequence[str | Path], environment: Mapping[str, str] | None = None, *, together: int = 1) -> Timed:
    """Run a program to its end: how long it took, and the most memory that one process of it had."""
    begun = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        processes = [subprocess.Popen(line, env=environment, stdout=said, stderr=said) for _ in range(together)]
        peak = 0
        for process in processes:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            peak = max(peak, usage.ru_maxrss)
        seconds = time.perf_counter() - begun
        if any(process.returncode for process in processes):
            said.seek(0)
            raise SystemExit(f"{' '.join(map(str, line))} failed:\n{said.read().decode()}")
    return Timed(seconds, peak)


def in_turn(rounds: int, **measured: Callable[[], float]) -> dict[str, float]:
    """Do each of these in turn, several rounds, so that a noisy moment meets all of them; the median of each."""
    values: dict[str, list[float]] = {name: [] for name in measured}
    for _ in range(rounds):
        for name, measure in measured.items():
            values[name].append(measure())
    return {name: median(each) for name, each in values.items()}
