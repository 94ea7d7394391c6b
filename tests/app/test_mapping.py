"""Any app's tables: what the file may name, and that each mistake in it is one clear message before any write."""

from decimal import Decimal

import pytest

from tests.helpers.any_app import App


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
        close={"at": "s.amount + s.verdict", "reason": "s.v", "layer": "amount"},
    )
    app.sql("INSERT INTO jobs VALUES ('stuck', 'w', 'running', 4, '', '{}', '2026-11-23 10:00Z')")
    assert app.sweep()["credits"] == 7
    assert app.refunds() == [("j", "w", 3), ("stuck", "w", 4)]
    assert app.sql("SELECT refund, at, reason, layer FROM jobs ORDER BY 1") == [("j", 1, 1, 1), ("stuck", 2, 1, 4)]
    assert app.sql("SELECT DISTINCT attempt FROM sweeper.refunds") == [(1,)]


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
