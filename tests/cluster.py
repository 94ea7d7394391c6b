"""A server of a test's own: one that it may crash, stop and start again."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

from sweeper.demo import server as embedded
from tests.support import AppDatabase, Server

# what was committed is on disk before anybody is told so: a crash of the server may not take it back
DURABLE = {"synchronous_commit": "on", "fsync": "off", "autovacuum": "off"}


@dataclass(frozen=True)
class Cluster:
    """A server that can be crashed and started again, always on the same port."""

    url: str
    folder: Path

    @property
    def programs(self) -> Path:
        """Where initdb, pg_ctl and the others are, in a place that the server's account can reach."""
        return Path((self.folder / "data" / "postmaster.opts").read_text().split()[0]).parent

    def pg_ctl(self, *arguments: str) -> None:
        """Do something with the server and wait until it is done."""
        with (self.folder / "log").open("ab") as log:
            subprocess.run(
                [self.programs / "pg_ctl", *arguments, "-w", "-s", "-t", "30", "-D", self.folder / "data"],
                check=True,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **embedded._account(),
            )

    def crash(self) -> None:
        """End it as a crash would: nothing is written any more, every connection is cut."""
        self.pg_ctl("stop", "-m", "immediate")

    def stop(self) -> None:
        """Shut it down in order: what is open is rolled back, every connection is told."""
        self.pg_ctl("stop", "-m", "fast")

    def start(self) -> None:
        """Start it again, with the options that it had."""
        self.pg_ctl("start")

    @contextmanager
    def app(self, name: str, folder: Path) -> Iterator[AppDatabase]:
        """One app's database on it; gone with the server."""
        server = Server(self.url)
        with suppress(psycopg.OperationalError), server.app(name, folder) as app:
            yield app


@contextmanager
def own_server(version: int, **settings: str) -> Iterator[Cluster]:
    """Run a server for the with block, whatever is done to it there."""
    with embedded.running(version, settings={**DURABLE, **settings}) as server:
        cluster = Cluster(server.url, server.folder)
        try:
            yield cluster
        finally:  # one that was started again is nobody's child
            with suppress(subprocess.CalledProcessError):
                cluster.crash()


def reconnect(app: AppDatabase) -> None:
    """The test's own connection, after the server was gone."""
    app.connection.close()
    app.connection = psycopg.connect(app.url, autocommit=True)
