"""One app's database, as the app and its operator use it."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from tests.helpers import rights
from tests.helpers.command import NOW, Ran, command


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
        with rights.worked_out() as lines:
            ran = command(*arguments, environment={**self.environment, **environment}, now=now)
        if lines and ran.exit_code == 0:
            self.sql(rights.granted(lines))
        return ran

    def run(self, *flags: str, now: datetime | None = NOW, role: str | None = "sweeper_runner") -> Ran:
        """``sweeper run --json``, by a role that has the rights of a runner and no other."""
        url = self.url_as(role) if role else self.url
        return self.sweeper("run", "--json", *flags, now=now, SWEEPER_DATABASE_URL=url)

    def url_as(self, role: str) -> str:
        """The URL for one of the roles whose rights `install --print` writes down."""
        scheme, _, rest = self.url.partition("://")
        return f"{scheme}://{role}:{role}@{rest.rpartition('@')[2]}"

    def url_with(self, parameters: str) -> str:
        """The URL with more parameters, such as ``schema=app``."""
        return f"{self.url}{'&' if '?' in self.url else '?'}{parameters}"

    @property
    def missing_url(self) -> str:
        """The URL of a database on the same server that is not there."""
        address, mark, parameters = self.url.partition("?")
        return f"{address}_gone{mark}{parameters}"

    def grant(self, **environment: str) -> None:
        """Give the roles their rights, as a DBA would: from what `install --print` writes down."""
        printed = self.sweeper("install", "--print", now=None, **environment)
        assert printed.exit_code == 0, printed.stderr
        lines = printed.stdout.partition("-- 5. Rights")[2].splitlines()
        self.sql(rights.granted([line.removeprefix("-- ") for line in lines]))

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
