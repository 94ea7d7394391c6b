"""A cluster of Citus that SWEEPER_TEST_CITUS_URL names, and databases on all of its nodes."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from tests.helpers.app_database import AppDatabase
from tests.helpers.server import Server, complete

VARIABLE = "SWEEPER_TEST_CITUS_URL"
_numbers = count(1)


@dataclass(frozen=True)
class Cluster:
    """The coordinator's URL, and host and port of each worker; the same role may log in everywhere."""

    url: str
    workers: Sequence[tuple[str, int]]

    def execute(self, statement: str, database: str | None = None, *, workers: bool = True) -> None:
        """Send one statement to the workers, and then to the coordinator."""
        for host, port in self.workers if workers else ():
            address = make_conninfo(self.url, host=host, port=port, dbname=database)
            with psycopg.connect(address, autocommit=True) as connection:
                connection.execute(statement)
        with psycopg.connect(make_conninfo(self.url, dbname=database), autocommit=True) as connection:
            connection.execute(statement)

    @contextmanager
    def blank(self, folder: Path, script: str) -> Iterator[AppDatabase]:
        """An empty database that is on every node, filled by one script."""
        name = f"test_citus_{os.getpid()}_{next(_numbers)}"
        server = Server(self.url)
        with ExitStack() as stack:
            server.add_roles()
            self.execute(f'CREATE DATABASE "{name}"')
            stack.callback(self.execute, f'DROP DATABASE "{name}" WITH (FORCE)')
            self.execute("CREATE EXTENSION citus", name)
            with psycopg.connect(make_conninfo(self.url, dbname=name), autocommit=True) as connection:
                connection.execute("SELECT citus_set_coordinator_host(%s, %s)", self._coordinator)
                for host, port in self.workers:
                    connection.execute("SELECT citus_add_node(%s, %s)", (host, port))
                connection.execute(script)
                yield AppDatabase(server.url_of(name), folder / "sweeper.toml", connection)

    @property
    def _coordinator(self) -> tuple[str, int]:
        with psycopg.connect(self.url) as connection:
            return connection.info.host, connection.info.port


def given_cluster() -> Cluster | None:
    """The cluster that the environment names; None without one."""
    given = os.environ.get(VARIABLE)
    if not given:
        return None
    with psycopg.connect(given) as connection:
        workers = connection.execute("SELECT node_name, node_port FROM citus_get_active_worker_nodes()").fetchall()
    return Cluster(complete(given), workers)
