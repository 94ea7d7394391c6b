"""What the tests share: servers, cloned databases, and the command run in this process."""

import io
import json
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psycopg
from freezegun import freeze_time

import sweeper.cli.progress
import sweeper.sweep.dry_run
import sweeper.sweep.run  # noqa: F401 - what the command imports when it needs it: not while the clock is frozen
from sweeper.cli import run_command
from sweeper.demo import server as embedded

APPS = Path(__file__).parents[1] / "apps"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
_numbers = count(1)


@dataclass(frozen=True)
class Ran:
    """What a command said and how it ended."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> dict[str, Any]:
        """The JSON document on stdout."""
        document: dict[str, Any] = json.loads(self.stdout)
        return document

    @property
    def events(self) -> list[dict[str, Any]]:
        """The log events on stderr."""
        return [json.loads(line) for line in self.stderr.splitlines() if line.startswith("{")]


def neutral_environment() -> dict[str, str]:
    """The environment without anything that names a database or a file of sweeper's."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("PG", "SWEEPER_", "DATABASE_"))}


def command(*arguments: str, environment: Mapping[str, str], now: datetime | None = NOW) -> Ran:
    """Run the command line in this process, with its clock frozen at ``now``."""
    out, err = io.StringIO(), io.StringIO()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    with ExitStack() as stack:
        stack.enter_context(patch.dict(os.environ, {**neutral_environment(), **environment}, clear=True))
        stack.enter_context(redirect_stdout(out))
        stack.enter_context(redirect_stderr(err))
        if now is not None:
            stack.enter_context(freeze_time(now))
        try:
            exit_code = run_command(arguments)
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
    return Ran(int(exit_code), out.getvalue(), err.getvalue())


@dataclass
class AppDatabase:
    """One app's database, made for one test."""

    url: str
    config: Path
    connection: psycopg.Connection[Any] = field(repr=False)

    def sql(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Send a statement as the app would, committed at once; all its rows."""
        cursor = self.connection.execute(statement, parameters or None)  # type: ignore[call-overload]
        return cursor.fetchall() if cursor.description else []

    def value(self, statement: str, *parameters: object) -> Any:
        """The one value that a statement gives."""
        ((value,),) = self.sql(statement, *parameters)
        return value

    @property
    def environment(self) -> dict[str, str]:
        """How the command finds this database and its mapping."""
        return {"SWEEPER_DATABASE_URL": self.url, "SWEEPER_CONFIG": str(self.config)}

    def sweeper(self, *arguments: str, now: datetime | None = NOW, **environment: str) -> Ran:
        """Run any command against this database."""
        ran = command(*arguments, environment={**self.environment, **environment}, now=now)
        if arguments[0] == "install" and "--print" not in arguments and ran.exit_code == 0:
            self.grant(**environment)
        return ran

    def run(self, *flags: str, now: datetime | None = NOW, role: str | None = "sweeper_runner") -> Ran:
        """``sweeper run --json``, by a role that has the rights of a runner and no other."""
        url = self.url_as(role) if role else self.url
        return self.sweeper("run", "--json", *flags, now=now, SWEEPER_DATABASE_URL=url)

    def url_as(self, role: str) -> str:
        """The URL for one of the roles whose rights `install --print` writes down."""
        scheme, _, rest = self.url.partition("://")
        return f"{scheme}://{role}:{role}@{rest.rpartition('@')[2]}"

    def grant(self, **environment: str) -> None:
        """Give the roles their rights, as a DBA would: from what `install --print` writes down."""
        printed = self.sweeper("install", "--print", now=None, **environment)
        assert printed.exit_code == 0, printed.stderr
        rights = printed.stdout.partition("-- 5. Rights")[2].splitlines()
        # what the owner of refund() is lent it gives back; refund() itself stays with whoever installed it
        self.sql("\n".join(line.removeprefix("-- ") for line in rights if line.startswith(("-- GRANT", "-- REVOKE"))))

    def configure(self, old: str, new: str) -> None:
        """Change the mapping file; ``old`` must be in it."""
        text = self.config.read_text()
        assert old in text
        self.config.write_text(text.replace(old, new, 1))

    def append(self, toml: str) -> None:
        """Add to the mapping file."""
        self.config.write_text(self.config.read_text() + "\n" + toml)

    def connect(self, **options: Any) -> psycopg.Connection[Any]:
        """Another connection to this database, such as another layer of the app; not in autocommit."""
        return psycopg.connect(self.url, **options)

    def account(self, account_id: str = "u1", credits: int = 100, spent: int = 0) -> str:
        """Add an account to the first app."""
        self.sql("INSERT INTO users VALUES (%s, %s, %s, %s)", account_id, credits, credits + spent, spent)
        return account_id

    def session(
        self,
        session_id: str,
        status: str = "error",
        *,
        account: str | None = "u1",
        models: int | None = 3,
        created: str | None = "2026-11-23 10:00",
        step: str | None = None,
        error: str | None = None,
    ) -> str:
        """Add a session to the first app; by default one that failed two hours before ``NOW``."""
        selected = None if models is None else [f"m{n}" for n in range(models)]
        self.sql(
            "INSERT INTO prediction_sessions VALUES (%s, %s, %s, %s, %s, %s, %s)",
            session_id, account, status, step, selected, error, created,
        )  # fmt: skip
        return session_id

    def crowd(self, *, accounts: int, sessions: int) -> None:
        """Add many empty accounts to the first app, and a failed session of one credit to each of the first of them."""
        self.sql("INSERT INTO users SELECT 'u' || n, 0, 0, 0 FROM generate_series(1, %s) AS n", accounts)
        self.sql(
            "INSERT INTO prediction_sessions (id, user_id, status, selected_models, created_at) "
            "SELECT 's' || n, 'u' || n, 'error', ARRAY['a'], '2026-11-01' FROM generate_series(1, %s) AS n",
            sessions,
        )

    def credits(self, account_id: str = "u1") -> int:
        """The first app's balance of an account."""
        return int(self.value("SELECT credits FROM users WHERE id = %s", account_id))

    def refunds(self) -> dict[str, int]:
        """What the ledger says, by session."""
        return dict(self.sql("SELECT session_id::text, amount FROM sweeper.refunds"))


@dataclass
class Server:
    """One server, and the template databases on it."""

    url: str
    templates: dict[str, str] = field(default_factory=dict)
    has_roles: bool = False

    def url_of(self, database: str) -> str:
        """The URL of another database on this server."""
        address, _, last = self.url.rpartition("/")
        _, mark, parameters = last.partition("?")
        return f"{address}/{database}{mark}{parameters}"

    def execute(self, statement: str) -> None:
        """Send one statement to the server's own database."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]

    def add_roles(self) -> None:
        """Add the roles whose rights `install --print` writes down, once a server."""
        if not self.has_roles:
            for role in ("sweeper_runner", "sweeper_layer", "sweeper_auditor"):
                with suppress(psycopg.errors.DuplicateObject):
                    self.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{role}'")
            with suppress(psycopg.errors.DuplicateObject):
                self.execute("CREATE ROLE sweeper_owner NOLOGIN")
            self.has_roles = True

    def _template(self, app: str, *, installed: bool) -> str:
        key = f"{app}_{'installed' if installed else 'bare'}"
        if key not in self.templates:
            name = f"template_{key}_{os.getpid()}"
            self.execute(f'CREATE DATABASE "{name}"')
            with psycopg.connect(self.url_of(name), autocommit=True) as connection:
                connection.execute((APPS / f"{app}.sql").read_text())  # type: ignore[call-overload]
            if installed:
                with psycopg.connect(self.url_of(name), autocommit=True) as connection:
                    ran = AppDatabase(self.url_of(name), APPS / f"{app}.toml", connection).sweeper("install", now=None)
                assert ran.exit_code == 0, ran.stderr
            self.templates[key] = name
        return self.templates[key]

    @contextmanager
    def app(self, app: str, folder: Path, *, installed: bool = True) -> Iterator[AppDatabase]:
        """A database for one test, with its own copy of the mapping file."""
        self.add_roles()
        template, name = self._template(app, installed=installed), f"test_{os.getpid()}_{next(_numbers)}"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        config = folder / "sweeper.toml"
        config.write_text((APPS / f"{app}.toml").read_text())
        try:
            with psycopg.connect(self.url_of(name), autocommit=True) as connection:
                yield AppDatabase(self.url_of(name), config, connection)
        finally:
            self.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    @contextmanager
    def blank(self, folder: Path, script: str = "", *, options: str = "") -> Iterator[AppDatabase]:
        """An empty database without a mapping file, filled by one script; ``options`` are those of CREATE DATABASE."""
        self.add_roles()
        name = f"test_{os.getpid()}_{next(_numbers)}"
        self.execute(f'CREATE DATABASE "{name}" {options}')
        try:
            with psycopg.connect(self.url_of(name), autocommit=True) as connection:
                connection.execute(script)  # type: ignore[call-overload]
                yield AppDatabase(self.url_of(name), folder / "sweeper.toml", connection)
        finally:
            self.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def drop_templates(self) -> None:
        """Leave a given server as it was."""
        for name in self.templates.values():
            self.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


class _Servers(dict[int, Server]):
    def __init__(self, stack: ExitStack) -> None:
        super().__init__()
        self._stack = stack

    def __missing__(self, version: int) -> Server:
        url = os.environ.get("SWEEPER_TEST_DATABASE_URL")
        if url is not None and version:  # there is the given one and no other
            return self[0]
        if url is None:
            url = self._stack.enter_context(embedded.running(version)).url
        self[version] = server = Server(url)
        self._stack.callback(server.drop_templates)
        return server


@contextmanager
def embedded_servers() -> Iterator[dict[int, Server]]:
    """Servers by version, started when first asked for; 0 is the one that SWEEPER_TEST_DATABASE_URL gives."""
    with ExitStack() as stack:
        yield _Servers(stack)
