"""One app with columns of any type, and any mapping of it."""

from decimal import Decimal
from typing import Any

from tests.helpers.app_database import AppDatabase
from tests.helpers.command import Ran

# one failed session that is owed 3 credits, in tables that a test may change as it likes
APP = """
CREATE TABLE wallets (id text PRIMARY KEY, balance numeric NOT NULL DEFAULT 100);
CREATE TABLE jobs (id text PRIMARY KEY, owner text, state text, price int, error text, meta jsonb, began timestamptz);
INSERT INTO wallets VALUES ('w');
INSERT INTO jobs VALUES ('j', 'w', 'failed', 3, 'no', '{}', '2026-11-23 10:00Z');
"""
SESSIONS = {
    "table": "jobs",
    "id": "id",
    "account": "owner",
    "status": "state",
    "failed": ["failed"],
    "running": ["running"],
    "succeeded": ["done"],
    "started_at": "began",
    "amount": "price",
}
ACCOUNTS = {"table": "wallets", "id": "id", "balance": "balance"}
POLICY = {"max_clock_skew": "100y", "since": "2020-01-01"}


def toml(value: object) -> str:
    """A value as TOML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml(key)} = {toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, bool | int):
        return str(value).lower()
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


class App:
    """An app made up by a test, in the empty corner of the first app's database."""

    def __init__(self, database: AppDatabase) -> None:
        self.database = database
        self.sections: dict[str, dict[str, Any]] = {"sessions": dict(SESSIONS), "accounts": dict(ACCOUNTS)}
        self.sections["policy"] = dict(POLICY)
        database.sql(APP)

    def map(self, section: str = "sessions", **keys: object) -> None:
        """Change the mapping; None takes a key away."""
        changed = {**self.sections.get(section, {}), **keys}
        self.sections[section] = {key: value for key, value in changed.items() if value is not None}

    def write(self) -> None:
        """Write the file."""
        lines = []
        for name, section in self.sections.items():
            lines += [f"[{name}]", *(f"{toml(key)} = {toml(value)}" for key, value in section.items())]
        self.database.config.write_text("\n".join(lines))

    def sql(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        return self.database.sql(statement, *parameters)

    def install(self) -> Ran:
        self.write()
        return self.database.sweeper("install", now=None)

    def sweep(self) -> dict[str, Any]:
        """Install, look, run: the plan and the run must agree, and a second run must find nothing."""
        installed = self.install()
        assert installed.exit_code == 0, installed.stderr
        planned, ran = self.database.run("--dry-run"), self.database.run()
        assert (planned.exit_code, ran.exit_code) == (0, 0), planned.stderr + ran.stderr
        assert planned.document["refunds"] == ran.document["refunds"]
        again = self.database.run()
        assert again.document["refunds"]["sessions"] == 0, again.stderr
        refunds: dict[str, Any] = ran.document["refunds"]
        return refunds

    def refunds(self) -> list[tuple[Any, ...]]:
        """The ledger of sweeper."""
        return self.sql("SELECT session_id, account_id, amount FROM sweeper.refunds ORDER BY session_id")

    def balance(self) -> Decimal:
        """What the one wallet holds."""
        return Decimal(self.database.value("SELECT balance FROM wallets"))

    def objects(self) -> tuple[Any, ...]:
        """How much there is in the database, to see that nothing was added."""
        ((found,),) = self.sql("SELECT ROW((SELECT count(*) FROM pg_class), (SELECT count(*) FROM pg_namespace))::text")
        return (found,)

    def refused(self, *parts: str) -> str:
        """The one message of an installation that must not happen."""
        before = self.objects()
        ran = self.install()
        assert ran.exit_code == 2, ran.stderr
        assert self.objects() == before, "nothing was written"
        assert ran.stdout == ""
        message = ran.stderr.removeprefix("sweeper: ").strip()
        for part in parts:
            assert part in message
        return message


def with_ledger(app: App, **keys: object) -> None:
    """Give the app a ledger."""
    app.sql("CREATE TABLE entries (id uuid, job text, wallet text, kind text NOT NULL, amount numeric, charge text)")
    app.map("ledger", table="entries", session="job", where="kind = 'refund'", **keys)
    app.map(
        "ledger.insert", id="refund_id", job="session_id", wallet="account_id", kind="'refund'", amount="amount",
    )  # fmt: skip
