"""Any app's tables: what the file may name, and that each mistake in it is one clear message before any write."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.command import Ran
from tests.helpers.server import Server

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


@pytest.fixture(scope="module")
def shared(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppDatabase]:
    """One database for the whole file: each test makes its tables anew, which takes a tenth of a clone's time."""
    with server.app("first", tmp_path_factory.mktemp("mapping"), installed=False) as database:
        yield database


@pytest.fixture
def app(shared: AppDatabase) -> App:
    schemas = shared.sql("SELECT quote_ident(nspname) FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema)'")
    shared.sql("RESET ALL; DROP SCHEMA " + ", ".join(name for (name,) in schemas) + " CASCADE; CREATE SCHEMA public")
    return App(shared)


# --- what the file may name


@pytest.mark.parametrize(
    ("table", "written"),
    [
        ("order", '"order"'),
        ('we"ird %s {x}', '"we""ird %s {x}"'),
        ("Jobs", 'public."Jobs"'),
    ],
)
def test_a_table_may_have_any_name(app: App, table: str, written: str) -> None:
    quoted = '"' + table.replace('"', '""') + '"'
    app.sql(f"ALTER TABLE jobs RENAME TO {quoted}")
    app.map(table=written)
    assert app.sweep()["credits"] == 3
    assert app.balance() == 103


def test_a_schema_may_have_any_name(app: App) -> None:
    app.sql('CREATE SCHEMA "The App"; ALTER TABLE jobs SET SCHEMA "The App"; ALTER TABLE wallets SET SCHEMA "The App"')
    app.map(table='"The App".jobs')
    app.map("accounts", table='"The App".wallets')
    assert app.sweep()["sessions"] == 1


def test_a_camel_case_column_is_understood_with_quotes_and_without(app: App) -> None:
    app.sql('ALTER TABLE jobs RENAME began TO "createdAt"; ALTER TABLE jobs RENAME id TO "jobId"')
    app.map(started_at="createdAt", id='"jobId"')
    assert app.sweep()["sessions"] == 1


@pytest.mark.parametrize("kind", ["text", "varchar(12)", "char(12)", "state_enum", "state_domain", "enum_domain"])
def test_a_status_may_be_text_or_an_enum(app: App, kind: str) -> None:
    app.sql("CREATE TYPE state_enum AS ENUM ('running', 'failed', 'done')")
    app.sql("CREATE DOMAIN state_domain AS text; CREATE DOMAIN enum_domain AS state_enum")
    app.sql(f"ALTER TABLE jobs ALTER state TYPE {kind} USING state::{kind}")
    app.sql("INSERT INTO jobs VALUES ('stuck', 'w', 'running', 4, '', '{}', '2026-11-23 10:00Z')")
    assert app.sweep()["credits"] == 7
    assert app.sql("SELECT DISTINCT trim(state::text) FROM jobs") == [("failed",)]


def test_a_status_may_have_any_letters(app: App) -> None:
    odd = ["it's", "100%", "%s", r"back\slash\'", '"', "{failed}", "ünïcode"]
    for status in odd:
        app.sql("INSERT INTO jobs VALUES (%s, 'w', %s, 1, '', '{}', '2026-11-23 10:00Z')", status, status)
        app.sql(
            "INSERT INTO jobs VALUES ('on ' || %s, 'w', %s, 1, '', '{}', '2026-11-23 10:00Z')", status, f"on {status}"
        )
    app.map(failed=odd, running=[f"on {status}" for status in odd])
    assert app.sweep()["sessions"] == 2 * len(odd)
    assert set(app.sql("SELECT state FROM jobs WHERE id LIKE 'on %%'")) == {(odd[0],)}


def test_without_running_statuses_failed_sessions_are_refunded(app: App) -> None:
    app.map(running=None, succeeded=None)
    assert app.sweep()["credits"] == 3


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        ("text", "'a''b%s'", "text"),
        ("uuid", "'6f1f7a4e-0000-4000-8000-000000000001'", "uuid"),
        ("bigint", "9223372036854775807", "bigint"),
        ("varchar(40)", "'v'", "character varying"),
        ("char(5)", "'c'", "character"),
        ("nested", "9", "bigint"),
    ],
)
def test_ids_keep_their_types_in_sweepers_tables(app: App, kind: str, value: str, kept: str) -> None:
    app.sql("CREATE DOMAIN positive AS bigint CHECK (VALUE > 0); CREATE DOMAIN nested AS positive CHECK (VALUE < 99)")
    app.sql("TRUNCATE jobs, wallets")
    for column in ("jobs ALTER id", "jobs ALTER owner", "wallets ALTER id"):
        app.sql(f"ALTER TABLE {column} TYPE {kind} USING NULL")
    app.sql(f"INSERT INTO wallets VALUES ({value})")
    app.sql(f"INSERT INTO jobs VALUES ({value}, {value}, 'failed', 3, '', '{{}}', '2026-11-23 10:00Z')")
    assert app.sweep()["credits"] == 3
    assert app.balance() == 103
    types = app.sql(
        "SELECT data_type FROM information_schema.columns WHERE table_schema = 'sweeper' "
        "AND table_name IN ('refunds', 'holds') AND column_name IN ('session_id', 'account_id')"
    )
    assert types == [(kept,)] * 4
    assert app.sql("SELECT r.session_id = j.id FROM sweeper.refunds AS r, jobs AS j") == [(True,)]


@pytest.mark.parametrize("kind", ["timestamp", "timestamptz", "moment"])
def test_times_without_a_zone_are_read_in_the_mappings(app: App, kind: str) -> None:
    app.sql("CREATE DOMAIN moment AS timestamp")
    app.sql("SET TimeZone = 'Asia/Tokyo'")
    app.sql(f"ALTER TABLE jobs ALTER began TYPE {kind}")  # wall-clock time of Tokyo, where there is no zone
    app.sql("INSERT INTO jobs VALUES ('on the limit', 'w', 'failed', 4, '', '{}', '2026-11-23 20:45')")
    app.sql("INSERT INTO jobs VALUES ('in grace', 'w', 'failed', 5, '', '{}', '2026-11-23 20:45:00.000001')")
    app.map(timezone="Asia/Tokyo")
    assert app.sweep()["credits"] == 7


@pytest.mark.parametrize(
    ("kind", "value", "credits"),
    [
        ("int", "3", 3),
        ("bigint", "9007199254740993", 9007199254740993),
        ("numeric(14,3)", "12345678901.120", "12345678901.120"),
        ("price", "1.50", "1.50"),
    ],
)
def test_amounts_come_out_exactly_as_they_went_in(app: App, kind: str, value: str, credits: object) -> None:
    app.sql("CREATE DOMAIN price AS numeric(10, 2) CHECK (VALUE >= 0)")
    app.sql(f"ALTER TABLE jobs ALTER price TYPE {kind} USING {value}")
    assert app.sweep()["credits"] == credits
    assert app.balance() == 100 + Decimal(str(credits))
    assert app.refunds() == [("j", "w", Decimal(str(credits)))]


COLUMNS = {"account": "owner", "amount": "price", "active_at": "began", "failed_at": "began", "error": "error"}
QUALIFIED = {"account": "s.owner", "amount": "s.price", "started_at": "s.began", "exclude": "s.price IS NULL"}
EXPRESSIONS = {
    "account": "lower(upper(owner))",
    "amount": "price + 0",
    "started_at": "began + interval '1 second'",
    "active_at": "coalesce(began, now())",
    "failed_at": "(meta ->> 'failed')::timestamptz",
    "exclude": "NULL::boolean",
    "error": "meta",
}
SUBQUERIES = {
    "account": "(SELECT w.id FROM wallets AS w WHERE w.id = s.owner)",
    "amount": "(SELECT sum(p.price) FROM jobs AS p WHERE p.id = s.id)::int",
    "active_at": "(SELECT max(p.began) FROM jobs AS p WHERE p.id = s.id)",
    "failed_at": "(SELECT max(p.began) FROM jobs AS p WHERE p.id = s.id)",
    "exclude": "EXISTS (SELECT FROM wallets AS w WHERE w.id = s.owner AND w.balance < 0)",
    "error": "(SELECT p.error FROM jobs AS p WHERE p.id = s.id)",
}
COMMENTS = {key: f"{value} -- what's {{this}}, 100%?" for key, value in SUBQUERIES.items()}
SIGNS = {
    "account": "CASE WHEN owner LIKE '%%{x}%' THEN owner ELSE owner END",
    "amount": """CASE WHEN meta @> '{"free": {"table": 1}}' THEN 0 ELSE price % 10 END""",
    "exclude": """meta @> '{"refunded": true}' OR error LIKE '%(refunded)%s'""",
    "error": "error || ' 100%'",
}
CONSTANTS = {"account": "'w'", "amount": 3, "exclude": False, "error": "''"}


@pytest.mark.parametrize(
    "keys",
    [COLUMNS, QUALIFIED, EXPRESSIONS, SUBQUERIES, COMMENTS, SIGNS, CONSTANTS],
    ids=["columns", "qualified", "expressions", "subqueries", "comments", "signs", "constants"],
)
def test_a_value_may_be_a_column_an_expression_or_a_subquery(app: App, keys: dict[str, object]) -> None:
    app.map(**keys)
    app.sql("INSERT INTO jobs VALUES ('stuck', 'w', 'running', 3, '', '{}', '2026-11-23 10:00Z')")
    assert app.sweep() == {"sessions": 2, "credits": 6, "accounts": 1}
    assert app.balance() == 106


def test_what_exclude_says_is_never_refunded(app: App) -> None:
    app.map(exclude="error LIKE '%refunded%' -- by the app")
    app.sql("UPDATE jobs SET error = 'was refunded by hand'")
    app.sql("INSERT INTO jobs VALUES ('unknown', 'w', 'failed', 4, NULL, '{}', '2026-11-23 10:00Z')")
    assert app.sweep()["credits"] == 4


# every name that our own statements use for a column or an alias
OURS = (
    "session_id", "account_id", "attempt", "verdict", "reason", "detail", "v", "s", "r", "a", "h", "l", "excluded",
    "stuck", "refund_id", "at", "amount", "status", "started_at", "active_at", "failed_at", "error", "layer", "run_id",
    "rounds", "hold_reason", "seen", "due", "picked", "owed", "value", "as_of", "new", "old",
)  # fmt: skip


def test_a_column_of_the_app_named_like_one_of_ours_is_still_the_apps(app: App) -> None:
    extra = ", ".join(f'ADD "{name}" int DEFAULT 1' for name in OURS if name not in ("error",))
    app.sql(f"ALTER TABLE jobs {extra}")
    app.sql(f"ALTER TABLE wallets {extra}, ADD error int")
    app.sql("ALTER TABLE jobs RENAME id TO refund")
    total = " + ".join(f'"{name}"' for name in OURS if name != "error")
    app.map(
        id="refund",
        amount=f"{total} - {len(OURS) - 1} + price",
        exclude=f"({total}) > {len(OURS) - 1}",
        attempt="attempt",
        active_at="began + make_interval(secs => (stuck - excluded) + v - s)",
        close={"at": "amount + verdict", "reason": "v"},
    )
    app.sql("INSERT INTO jobs VALUES ('stuck', 'w', 'running', 4, '', '{}', '2026-11-23 10:00Z')")
    assert app.sweep()["credits"] == 7
    assert app.refunds() == [("j", "w", 3), ("stuck", "w", 4)]
    assert app.sql("SELECT refund, at, reason FROM jobs ORDER BY 1") == [("j", 1, 1), ("stuck", 2, 1)]
    assert app.sql("SELECT DISTINCT attempt FROM sweeper.refunds") == [(1,)]


@pytest.mark.parametrize("name", ["amount", "at", "owed", "account_id"])
def test_a_balance_named_like_one_of_ours_is_still_the_apps(app: App, name: str) -> None:
    app.sql(f'ALTER TABLE wallets RENAME balance TO "{name}"')
    app.map("accounts", balance=name)
    app.sweep()
    assert app.sql(f'SELECT "{name}" FROM wallets') == [(103,)]


# --- balances and ledgers


def test_every_column_of_an_account_that_is_mapped_moves(app: App) -> None:
    app.sql("ALTER TABLE wallets ADD spent int DEFAULT 50, ADD touched timestamp")
    app.map("accounts", spent="spent", updated_at="touched", invariant="balance >= 0")
    app.sweep()
    ((balance, spent, touched),) = app.sql("SELECT balance, spent, touched::text FROM wallets")
    assert (balance, spent, touched) == (103, 47, "2026-11-23 12:00:00")


def test_without_accounts_and_ledger_the_refund_is_in_sweepers_ledger(app: App) -> None:
    del app.sections["accounts"]
    assert app.sweep() == {"sessions": 1, "credits": 3, "accounts": 1}
    assert app.refunds() == [("j", "w", 3)]
    assert app.balance() == 100


def with_ledger(app: App, **keys: object) -> None:
    """Give the app a ledger."""
    app.sql("CREATE TABLE entries (id uuid, job text, wallet text, kind text NOT NULL, amount numeric, charge text)")
    app.map("ledger", table="entries", session="job", where="kind = 'refund'", **keys)
    app.map(
        "ledger.insert", id="refund_id", job="session_id", wallet="account_id", kind="'refund'", amount="amount",
    )  # fmt: skip


def test_with_a_ledger_the_refund_is_in_both_and_the_balance_moves(app: App) -> None:
    with_ledger(app)
    app.sql("INSERT INTO jobs VALUES ('app', 'w', 'failed', 9, '', '{}', '2026-11-23 10:00Z')")
    app.sql("INSERT INTO entries (job, kind) VALUES ('app', 'refund'), ('j', 'charge'), (NULL, 'refund')")
    assert app.sweep()["credits"] == 3
    booked = app.sql(
        "SELECT e.job, e.wallet, e.amount FROM entries AS e JOIN sweeper.refunds AS r ON r.refund_id = e.id"
    )
    assert booked == [("j", "w", 3)]
    assert app.balance() == 103


@pytest.mark.parametrize(
    ("where", "session"),
    [
        ("kind = 'refund' -- only these", "job"),
        ("kind LIKE 'ref%' AND kind <> '{x}'", "job"),
        ("kind = 'refund'", "info ->> 'job' -- as the app has it"),
    ],
)
def test_a_ledger_may_be_told_by_expressions(app: App, where: str, session: str) -> None:
    with_ledger(app)
    app.sql("ALTER TABLE entries ADD info jsonb")
    app.map("ledger", where=where, session=session)
    app.map("ledger.insert", info="jsonb_build_object('job', session_id)")
    app.sql("INSERT INTO jobs VALUES ('app', 'w', 'failed', 9, '', '{}', '2026-11-23 10:00Z')")
    app.sql("""INSERT INTO entries (job, kind, info) VALUES ('app', 'refund', '{"job": "app"}')""")
    assert app.sweep()["credits"] == 3


def test_the_app_and_the_sweep_cannot_both_book_a_refund_told_by_an_expression(app: App) -> None:
    with_ledger(app)
    app.map("ledger", session="lower(job)")
    app.sweep()
    with pytest.raises(Exception, match="duplicate key"):
        app.sql("INSERT INTO entries (job, kind) VALUES ('J', 'refund')")


@pytest.mark.parametrize("ledger", [False, True])
def test_a_session_that_is_charged_again_is_refunded_again_by_its_attempt(app: App, ledger: bool) -> None:
    app.sql("ALTER TABLE jobs ADD charge uuid DEFAULT gen_random_uuid()")
    app.map(attempt="charge")
    if ledger:
        with_ledger(app, attempt="charge")
        app.map("ledger.insert", charge="attempt")
    assert app.sweep()["credits"] == 3
    assert app.database.run().document["refunds"]["sessions"] == 0
    app.sql("UPDATE jobs SET charge = gen_random_uuid()")
    assert app.database.run().document["refunds"]["credits"] == 3
    assert app.database.run().document["refunds"]["sessions"] == 0
    assert app.balance() == 106


def test_an_attempt_that_the_ledger_leaves_null_is_held(app: App) -> None:
    """Nulls repeat in a unique index: nothing would stop a second refund."""
    app.sql("ALTER TABLE jobs ADD charge text DEFAULT 'c1'")
    app.map(attempt="charge")
    with_ledger(app, attempt="charge")
    app.map("ledger.insert", charge="nullif(attempt, 'c1')")
    assert app.install().exit_code == 0
    ran = app.database.run()
    assert (ran.exit_code, ran.document["held"]) == (3, 1)
    assert app.sql("SELECT count(*) FROM entries") == [(0,)]


def test_each_running_status_has_its_own_limit_and_the_unnamed_ones_an_hour(app: App) -> None:
    app.map(running=["slow", "running"])
    app.map("policy", stuck_after={"slow": "6h"})
    for name, state, began in (
        ("slow, stuck", "slow", "06:00"),
        ("slow, alive", "slow", "06:00:00.000001"),
        ("running, stuck", "running", "11:00"),
        ("running, alive", "running", "11:00:00.000001"),
    ):
        app.sql("INSERT INTO jobs VALUES (%s, 'w', %s, 1, '', '{}', %s)", name, state, f"2026-11-23 {began}Z")
    app.sweep()
    assert [row[0] for row in app.refunds()] == ["j", "running, stuck", "slow, stuck"]


def test_a_role_named_like_the_schema_resolves_nothing_through_it(app: App) -> None:
    """The app has tables of the same names as sweeper's, and "$user" would find sweeper's first."""
    app.sql("ALTER TABLE jobs RENAME TO runs; ALTER TABLE wallets RENAME TO refunds")
    role = app.database.url.split("://")[1].split(":")[0].split("@")[0]
    app.sections["database"] = {"schema": role}
    app.map(table="runs")
    app.map("accounts", table="refunds")
    for _ in range(2):
        assert app.install().exit_code == 0
    assert app.database.run().document["refunds"]["credits"] == 3
    assert app.sql("SELECT balance FROM public.refunds") == [(103,)]


# --- mistakes: one message that names the key, the value and the nearest right one; nothing is written


@pytest.mark.parametrize(
    ("section", "key", "value", "near"),
    [
        ("sessions", "table", "job", "there is no such table; did you mean jobs?"),
        ("sessions", "table", "jobs.nope", "there is no such table"),
        ("sessions", "table", "a b c(", "there is no such table"),
        ("sessions", "id", "idd", "is not a column of jobs; did you mean id?"),
        ("sessions", "status", "stat", "is not a column of jobs; did you mean state?"),
        ("sessions", "status", "upper(state)", "is not a column of jobs"),
        ("sessions", "amount", "prise", "is not a column of jobs; did you mean price?"),
        ("sessions", "amount", "prise + 1", 'column "prise" does not exist'),
        ("sessions", "amount", "s.prise + 1", "did you mean price?"),
        ("sessions", "amount", "error", "must be smallint or integer or bigint"),
        ("sessions", "amount", "price +", "syntax error"),
        ("sessions", "amount", "nonsense(price)", "function nonsense(integer) does not exist"),
        ("sessions", "amount", "price, price", "gives several columns"),
        ("sessions", "amount", "sum(price)", "aggregate functions are not allowed"),
        ("sessions", "amount", "generate_series(1, price)", "set-returning functions are not allowed"),
        ("sessions", "amount", "(SELECT price, price FROM jobs)", "subquery must return only one column"),
        ("sessions", "amount", "1; DROP TABLE jobs", "cannot be used"),
        ("sessions", "exclude", "price", "must be boolean, and is integer"),
        ("sessions", "started_at", "error", "must be timestamp without time zone or timestamp with"),
        ("sessions", "active_at", "price", "must be timestamp without time zone or timestamp with"),
        ("sessions", "failed_at", "begn", "is not a column of jobs; did you mean began?"),
        ("sessions", "error", "eror", "is not a column of jobs; did you mean error?"),
        ("sessions", "attempt", "charge_id", "is not a column of jobs"),
        ("accounts", "table", "walets", "there is no such table; did you mean wallets?"),
        ("accounts", "id", "idd", "is not a column of wallets; did you mean id?"),
        ("accounts", "id", "balance", "is not unique in wallets"),
        ("accounts", "balance", "balanse", "is not a column of wallets; did you mean balance?"),
        ("accounts", "balance", "id", "must be smallint or integer or bigint"),
        ("accounts", "spent", "spend", "is not a column of wallets"),
        ("accounts", "updated_at", "balance", "must be timestamp without time zone or timestamp with"),
        ("accounts", "invariant", "balance", "must be true or false, and is numeric"),
        ("sessions", "close", {"stat": "1"}, "is not a column of jobs; did you mean state?"),
        ("sessions", "close", {"state": "'x'"}, "is set by the sweep itself, or is the key"),
        ("sessions", "close", {"error": "nope"}, "is not a column of jobs"),
    ],
)
def test_a_wrong_name_is_one_message_with_the_nearest_right_one(
    app: App, section: str, key: str, value: Any, near: str
) -> None:
    app.map(section, **{key: value})
    shown = next(iter(value)) if isinstance(value, dict) else value
    message = app.refused(f"{section}.{key}", str(shown), near)
    assert "\n" not in message


def test_a_table_with_capitals_and_without_quotes_is_explained(app: App) -> None:
    app.sql('ALTER TABLE jobs RENAME TO "Jobs"')
    app.map(table="Jobs")
    app.refused("sessions.table = 'Jobs': there is no such table", 'did you mean "Jobs"?')


def test_a_table_in_another_schema_is_offered_with_it(app: App) -> None:
    app.sql('CREATE SCHEMA "App"; ALTER TABLE jobs SET SCHEMA "App"')
    app.refused("sessions.table = 'jobs'", 'did you mean "App".jobs?')


def test_a_column_with_capitals_in_an_expression_is_offered_with_its_quotes(app: App) -> None:
    app.sql('ALTER TABLE jobs RENAME price TO "finalPrice"')
    app.map(amount="finalPrice * 2")
    app.refused("sessions.amount = 'finalPrice * 2'", 'did you mean "finalPrice"?')


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("ALTER TABLE jobs RENAME TO real; CREATE VIEW jobs AS SELECT * FROM real", "rows of a view"),
        ("CREATE TABLE more () INHERITS (jobs)", "has child tables"),
    ],
)
def test_a_table_whose_rows_cannot_be_kept_apart_is_refused(app: App, change: str, why: str) -> None:
    app.sql(change)
    app.refused("sessions.table = 'jobs'", why)


@pytest.mark.parametrize("table", ["jobs", "wallets"])
@pytest.mark.parametrize(
    "index",
    [
        None,
        "ALTER TABLE {table} ADD UNIQUE (id) DEFERRABLE",
        "CREATE UNIQUE INDEX ON {table} (id) WHERE id > ''",
        "CREATE UNIQUE INDEX ON {table} (id, {other})",
        "CREATE UNIQUE INDEX ON {table} (lower(id))",
        "CREATE INDEX ON {table} (id)",
        "CREATE UNIQUE INDEX CONCURRENTLY broken ON {table} (id)",
    ],
)
def test_an_id_that_may_repeat_is_refused(app: App, table: str, index: str | None) -> None:
    app.sql(f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey")
    if index:
        broken = "CONCURRENTLY" in index
        if broken:
            app.sql(f"INSERT INTO {table} (id) VALUES ('x'), ('x')")
        try:
            app.sql(index.format(table=table, other={"jobs": "owner", "wallets": "balance"}[table]))
        except Exception:
            assert broken
    app.refused(f"{ {'jobs': 'sessions', 'wallets': 'accounts'}[table] }.id = 'id': is not unique in {table}")


def test_an_id_that_is_unique_by_an_index_of_its_own_is_accepted(app: App) -> None:
    app.sql("ALTER TABLE jobs DROP CONSTRAINT jobs_pkey; CREATE UNIQUE INDEX ON jobs (id) INCLUDE (price)")
    assert app.sweep()["sessions"] == 1


def test_an_id_that_may_be_null_is_refused(app: App) -> None:
    app.sql("ALTER TABLE jobs DROP CONSTRAINT jobs_pkey; ALTER TABLE jobs ALTER id DROP NOT NULL, ADD UNIQUE (id)")
    app.refused("sessions.id = 'id': may be null")


@pytest.mark.parametrize("key", ["failed", "running", "succeeded"])
def test_a_status_that_the_enum_does_not_have_is_named_with_the_nearest(app: App, key: str) -> None:
    app.sql("CREATE TYPE kind AS ENUM ('running', 'failed', 'done')")
    app.sql("ALTER TABLE jobs ALTER state TYPE kind USING state::kind")
    value = {"failed": "faild", "running": "runing", "succeeded": "Dome"}[key]
    near = {"failed": "failed", "running": "running", "succeeded": "done"}[key]
    app.map(**{key: [value]})
    app.refused(f"sessions.{key} = {value!r}: is not a value of the enum kind; did you mean {near!r}?")


def test_a_status_that_is_neither_text_nor_enum_is_refused(app: App) -> None:
    app.map(status="price")
    app.refused("sessions.status = 'price': must be text or an enum, and is integer")


def test_an_account_that_cannot_be_an_accounts_id_is_refused(app: App) -> None:
    app.sql("ALTER TABLE wallets ALTER id TYPE uuid USING gen_random_uuid()")
    app.map(account="price")
    app.refused("sessions.account = 'price'", "cannot cast type integer to uuid")


def test_a_generated_column_cannot_be_written(app: App) -> None:
    app.sql("ALTER TABLE jobs ADD shout text GENERATED ALWAYS AS (upper(error)) STORED")
    app.map(close={"shout": "'x'"})
    app.refused("sessions.close = 'shout': is generated by the database")


def test_a_value_for_closing_that_does_not_fit_its_column_is_refused(app: App) -> None:
    app.map(close={"began": "'soon'::text"})
    app.refused("sessions.close", 'column "began" is of type timestamp with time zone')


@pytest.mark.parametrize(
    ("section", "keys", "parts"),
    [
        ("ledger", {"table": "entrys"}, ["ledger.table = 'entrys'", "did you mean entries?"]),
        ("ledger", {"session": "jobb"}, ["ledger.session = 'jobb'", "did you mean job?"]),
        ("ledger", {"session": "charge"}, ["ledger.insert", "must set charge"]),
        ("ledger", {"where": "kind"}, ["ledger.where = 'kind': must be true or false, and is text"]),
        ("ledger", {"where": "knd = 'refund'"}, ["ledger.where", "did you mean kind?"]),
        ("ledger", {"guard": "amount"}, ["ledger.guard = 'amount': must be true or false"]),
        ("ledger", {"guard": "booked > now()"}, ["WHERE (booked > now())", "must be marked IMMUTABLE"]),
        ("ledger", {"guard": "l.kind = 'refund'"}, ["l.kind = 'refund'", 'FROM-clause entry for table "l"']),
        ("ledger", {"guard": "EXISTS (SELECT FROM jobs)"}, ["cannot use subquery in index predicate"]),
        ("ledger.insert", {"jobb": "1"}, ["ledger.insert = 'jobb'", "did you mean job?"]),
        ("ledger.insert", {"kind": None}, ["ledger.insert = 'kind'", "NOT NULL and without a default"]),
        ("ledger.insert", {"job": None}, ["ledger.insert", "must set job"]),
        ("ledger.insert", {"amount": "amonut"}, ["ledger.insert.amount = 'amonut'", "does not exist"]),
        ("ledger.insert", {"amount": "reason"}, ["ledger.insert", "is of type numeric but expression is of type text"]),
        ("ledger.insert", {"shout": "'x'"}, ["ledger.insert = 'shout'", "is generated"]),
        ("ledger.reverse", {"kind": "'x'", "jobb": "1"}, ["ledger.reverse = 'jobb'", "did you mean job?"]),
        ("ledger.reverse", {"job": "session_id"}, ["ledger.reverse = 'kind'", "NOT NULL and without a default"]),
        ("ledger.reverse", {"kind": "'x'", "amount": "reason"}, ["ledger.reverse", "is of type numeric"]),
    ],
)
def test_a_mistake_about_the_ledger_is_one_message(
    app: App, section: str, keys: dict[str, Any], parts: list[str]
) -> None:
    with_ledger(app)
    app.sql(
        "ALTER TABLE entries ADD info point, ADD booked timestamptz DEFAULT now(), "
        "ADD shout text GENERATED ALWAYS AS (upper(kind)) STORED"
    )
    app.map(section, **keys)
    app.refused(*parts)


def test_a_ledger_that_cannot_hold_the_sessions_id_is_refused(app: App) -> None:
    with_ledger(app)
    app.sql("ALTER TABLE jobs ALTER id TYPE int USING 1; ALTER TABLE entries ALTER job TYPE uuid USING NULL")
    app.refused("ledger.session = 'job'", "cannot cast type integer to uuid")


def test_a_column_of_prismas_that_has_no_default_must_be_given(app: App) -> None:
    with_ledger(app)
    app.sql('ALTER TABLE entries ADD "updatedAt" timestamp(3) NOT NULL')
    app.refused("ledger.insert = 'updatedAt': must have a value: NOT NULL and without a default")


def test_tables_of_the_app_in_the_schema_meant_for_sweeper_are_refused(app: App) -> None:
    app.sections["database"] = {"schema": "public"}
    app.refused("sessions.table = 'jobs': lies in public, the schema for sweeper's own tables", "database.schema")


def test_a_schema_with_a_table_of_ours_that_is_not_ours_is_refused(app: App) -> None:
    app.sql("CREATE SCHEMA sweeper; CREATE TABLE sweeper.settings (a int)")
    app.refused("database.schema = 'sweeper': it has tables that are not sweeper's (settings)")
