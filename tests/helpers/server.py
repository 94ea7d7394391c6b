"""Servers, and databases cloned from a template on them."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from sweeper.demo import server as embedded
from tests.helpers import binaries
from tests.helpers.app_database import AppDatabase
from tests.helpers.paths import APPS

_numbers = count(1)
# a server's data take less than 1 GB here; there is one a worker, and for slow tests one a version
_MEMORY, _MEMORY_NEEDED = Path("/dev/shm"), 8 * 2**30  # noqa: S108 - no name in it can be guessed
# how long a server may take to end a connection that is closed already
_LEAVING_SECONDS = 0.1


def complete(given: str) -> str:
    """The URL of a given server, in the one form that the tests change by text.

    ``given`` is whatever libpq takes: user, host, port, database and password may also come from the environment, a
    password file or the URL's parameters. In the result they are all in their places, and a password only where one is
    used; a folder of sockets is the host, percent-encoded; the other parameters follow. Raises psycopg's own errors.
    """
    with psycopg.connect(given) as connection:
        used = connection.info
        login = quote(used.user, safe="") + (f":{quote(used.password, safe='')}" if used.password else "")
        host = f"[{used.host}]" if ":" in used.host else quote(used.host, safe="")
        place = f"{host}:{used.port}/{quote(used.dbname, safe='')}"
    named = {"user", "password", "host", "port", "dbname", "passfile"}
    others = [
        f"{name}={quote(str(value), safe='')}" for name, value in conninfo_to_dict(given).items() if name not in named
    ]
    return f"postgresql://{login}@{place}" + ("?" + "&".join(others) if others else "")


@dataclass
class Server:
    """One server, and the template databases on it."""

    url: str
    templates: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    has_roles: bool = False
    stays_connected: bool = False
    strategy: str = ""
    _connection: psycopg.Connection[Any] | None = None

    def url_of(self, database: str) -> str:
        """The URL of another database on this server."""
        address, mark, parameters = self.url.partition("?")
        return f"{address.rpartition('/')[0]}/{database}{mark}{parameters}"

    def execute(self, statement: str) -> None:
        """Send one statement to the server's own database."""
        try:
            self._connected().execute(statement)  # type: ignore[call-overload]
        finally:
            if not self.stays_connected:
                self.disconnect()

    def _connected(self) -> psycopg.Connection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(self.url, autocommit=True)
        return self._connection

    def _drop(self, name: str) -> None:
        self._wait_until_left(name)
        self.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _wait_until_left(self, name: str) -> None:
        """Wait for connections to a database that were just closed: a server that finds one sleeps for 100 ms.

        One that stays open is left to that server.
        """
        end = time.monotonic() + _LEAVING_SECONDS
        while self._has_connections(name) and time.monotonic() < end:
            time.sleep(0.001)

    def _has_connections(self, name: str) -> bool:
        query = "SELECT FROM pg_stat_activity WHERE datname = %s"
        return bool(self._connected().execute(query, (name,)).rowcount)

    def cheapen_logins(self) -> None:
        """Hash passwords once instead of 4096 times, which takes 2 ms for each connection; from version 16 on."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            if connection.info.server_version >= 160000:
                connection.execute("ALTER SYSTEM SET scram_iterations = 1")
                connection.execute("SELECT pg_reload_conf()")
                connection.execute("SET scram_iterations = 1")
                user, password = sql.Identifier(connection.info.user), sql.Literal(connection.info.password)
                connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(user, password))

    def add_roles(self) -> None:
        """Add the roles whose rights `install --print` writes down, once a server."""
        if not self.has_roles:
            for role in ("sweeper_runner", "sweeper_layer", "sweeper_auditor"):
                with suppress(psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):  # or by another worker
                    self.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{role}'")
            with suppress(psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
                self.execute("CREATE ROLE sweeper_owner NOLOGIN")
            self.has_roles = True

    def _create(self, name: str, options: str = "") -> None:
        """Add a database in which only its owner may create in the schema public, as from version 15 on."""
        self.execute(f'CREATE DATABASE "{name}" {options} {self.strategy}')
        with psycopg.connect(self.url_of(name), autocommit=True) as connection:
            if connection.info.server_version < 150000:
                connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")

    def _template(self, app: str, *, installed: bool) -> str:
        key = f"{app}_{'installed' if installed else 'bare'}"
        if key not in self.templates:
            name = f"template_{key}_{os.getpid()}"
            self._create(name)
            with psycopg.connect(self.url_of(name), autocommit=True) as connection:
                connection.execute((APPS / f"{app}.sql").read_text())  # type: ignore[call-overload]
            if installed:
                with psycopg.connect(self.url_of(name), autocommit=True) as connection:
                    ran = AppDatabase(self.url_of(name), APPS / f"{app}.toml", connection).sweeper("install", now=None)
                assert ran.exit_code == 0, ran.stderr
            self.templates[key] = name
        return self.templates[key]

    def add_template(self, key: str, template: str = "template1") -> str:
        """A database that others are copied from, itself a copy of another; gives its name."""
        name = f"template_{key}_{os.getpid()}_{next(_numbers)}"
        self._wait_until_left(template)
        self._create(name, f'TEMPLATE "{template}"')
        self.templates[key] = name
        return name

    @contextmanager
    def clone(self, template: str, folder: Path, mapping: str) -> Iterator[AppDatabase]:
        """A copy of a template database for one test, with its own copy of the mapping file."""
        self.add_roles()
        name = f"test_{os.getpid()}_{next(_numbers)}"
        self._wait_until_left(template)
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" {self.strategy}')
        config = folder / "sweeper.toml"
        config.write_text(mapping)
        try:
            with psycopg.connect(self.url_of(name), autocommit=True) as connection:
                yield AppDatabase(self.url_of(name), config, connection)
        finally:
            self._drop(name)

    @contextmanager
    def app(self, app: str, folder: Path, *, installed: bool = True) -> Iterator[AppDatabase]:
        """A database for one test, with its own copy of the mapping file."""
        self.add_roles()
        mapping = (APPS / f"{app}.toml").read_text()
        with self.clone(self._template(app, installed=installed), folder, mapping) as database:
            yield database

    @contextmanager
    def prepared(
        self, key: str, folder: Path, prepare: Callable[[], AbstractContextManager[AppDatabase]]
    ) -> Iterator[AppDatabase]:
        """A copy of a database that is prepared once, so its rows may be some minutes older than the test."""
        if key not in self.templates:
            with prepare() as database:
                name = database.value("SELECT current_database()")
                database.connection.close()
                self.files[key] = database.config.read_text()
                self.add_template(key, name)
        with self.clone(self.templates[key], folder, self.files[key]) as database:
            yield database

    @contextmanager
    def blank(self, folder: Path, script: str = "", *, options: str = "") -> Iterator[AppDatabase]:
        """An empty database without a mapping file, filled by one script; ``options`` are those of CREATE DATABASE."""
        self.add_roles()
        name = f"test_{os.getpid()}_{next(_numbers)}"
        self._create(name, options)
        try:
            with psycopg.connect(self.url_of(name), autocommit=True) as connection:
                connection.execute(script)  # type: ignore[call-overload]
                yield AppDatabase(self.url_of(name), folder / "sweeper.toml", connection)
        finally:
            self._drop(name)

    def drop_templates(self) -> None:
        """Leave a given server as it was."""
        for name in self.templates.values():
            self.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        self.disconnect()

    def disconnect(self) -> None:
        """Close the server's own connection."""
        if self._connection is not None:
            self._connection.close()


@contextmanager
def _in_memory() -> Iterator[None]:
    """Have a server that starts keep its data in memory: copying a database for each test takes a fifth less.

    Where that much memory is free, and nobody says with TMPDIR where temporary files belong.
    """
    if "TMPDIR" in os.environ or not _MEMORY.is_dir() or shutil.disk_usage(_MEMORY).free < _MEMORY_NEEDED:
        yield
        return
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TMPDIR", str(_MEMORY))
        yield


class _Servers(dict[int, Server]):
    def __init__(self, stack: ExitStack) -> None:
        super().__init__()
        self._stack = stack

    def __missing__(self, version: int) -> Server:
        url = os.environ.get("SWEEPER_TEST_DATABASE_URL")
        if url is not None and version:  # there is the given one and no other
            return self[0]
        if url is None:
            tree = binaries.installation(version) if version in binaries.PACKAGED else None
            with _in_memory():
                settings = {"autovacuum": "off"}  # it looks into each of the many templates, once a minute
                url = self._stack.enter_context(embedded.running(version, tree=tree, settings=settings)).url
            # without fsync, copying the files of a small database takes half as long as writing them to the log
            self[version] = server = Server(url, stays_connected=True, strategy="STRATEGY file_copy" * (version > 14))
            server.cheapen_logins()
        else:
            self[version] = server = Server(complete(url), stays_connected=True)
        self._stack.callback(server.drop_templates)
        return server


@contextmanager
def embedded_servers() -> Iterator[dict[int, Server]]:
    """Servers by version, started when first asked for; 0 is the one that SWEEPER_TEST_DATABASE_URL gives."""
    with ExitStack() as stack:
        yield _Servers(stack)
