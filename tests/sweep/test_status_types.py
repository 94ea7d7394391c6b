"""The status of a session: a column of any type that has few values, or an expression that is only read."""

from typing import Any

import psycopg
import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.checks import check, items
from tests.helpers.refund_function import refund

pytestmark = pytest.mark.every_version

# how each status is stored: the type, and the values for failed, running and succeeded, as SQL and as the file has them
COLUMNS: dict[str, tuple[str, tuple[object, ...], tuple[str, ...]]] = {
    "text": ("text", ("failed", "running", "done"), ("'failed'", "'running'", "'done'")),
    "enum": ("stage", ("failed", "running", "done"), ("'failed'", "'running'", "'done'")),
    "smallint": ("smallint", (3, 1, 2), ("3", "1", "2")),
    "integer": ("integer", (3, 1, 2), ("3", "1", "2")),
    "bigint": ("bigint", (-3, 10_000_000_000, 0), ("-3", "10000000000", "0")),
    "domain": ("level", ("3", "1", "2"), ("3", "1", "2")),
}


@pytest.fixture
def app(bare: AppDatabase) -> App:
    """An app with a failed, a running and a finished job of one wallet."""
    app = App(bare)
    app.sql("CREATE TYPE stage AS ENUM ('done', 'running', 'failed'); CREATE DOMAIN level AS integer CHECK (value < 9)")
    return app


def with_column(app: App, kind: str) -> None:
    """Give the jobs a status of that type, and the file its values."""
    type_name, (failed, running, succeeded), written = COLUMNS[kind]
    app.sql(f"ALTER TABLE jobs ALTER state TYPE {type_name} USING {written[0]}")
    app.sql(f"INSERT INTO jobs VALUES ('r', 'w', {written[1]}, 5, NULL, '{{}}', '2026-11-23 09:00Z')")
    app.sql(f"INSERT INTO jobs VALUES ('d', 'w', {written[2]}, 7, NULL, '{{}}', '2026-11-23 09:00Z')")
    app.map(failed=[failed], running=[running], succeeded=[succeeded])


def state(app: App, job: str) -> str:
    return str(app.database.value("SELECT state::text FROM jobs WHERE id = %s", job))


@pytest.mark.parametrize("kind", COLUMNS)
def test_a_status_of_any_type_is_read_and_closed(app: App, kind: str) -> None:
    with_column(app, kind)
    assert app.sweep() == {"sessions": 2, "credits": 8, "accounts": 1}
    assert state(app, "r") == str(COLUMNS[kind][1][0])
    assert app.balance() == 108
    audited = app.database.sweeper("audit", "--json")
    assert audited.exit_code == 0, audited.stdout
    explained = app.database.sweeper("explain", "d", "--json").document
    assert explained["verdict"] == "succeeded", explained


@pytest.mark.parametrize("kind", COLUMNS)
def test_refund_and_the_fence_work_with_a_status_of_any_type(app: App, kind: str) -> None:
    with_column(app, kind)
    app.write()
    assert app.database.sweeper("install", "--fence", now=None).exit_code == 0
    assert refund(app.database, "r") == 5
    assert refund(app.database, "r") == 0
    assert refund(app.database, "j") == 3
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        refund(app.database, "d")
    for job in ("r", "j"):
        with pytest.raises(psycopg.errors.RestrictViolation):
            app.sql(f"UPDATE jobs SET state = {COLUMNS[kind][2][2]} WHERE id = %s", job)
    app.sql("UPDATE jobs SET error = 'x'")
    checked = {check["name"]: check["status"] for check in app.database.sweeper("check", "--json").document["checks"]}
    assert [checked[name] for name in ("mapping", "fence", "index", "statuses", "refund_function")] == ["ok"] * 5


def test_a_boolean_is_a_status(app: App) -> None:
    app.sql("ALTER TABLE jobs ALTER state TYPE boolean USING true")
    app.sql("INSERT INTO jobs VALUES ('r', 'w', false, 5, NULL, '{}', '2026-11-23 09:00Z')")
    app.map(failed=[True], running=[False], succeeded=None)
    app.map("policy", stuck_after={"false": "1h"})
    assert app.sweep()["credits"] == 8
    assert state(app, "r") == "true"


@pytest.mark.parametrize(
    ("type_name", "using", "failed", "parts"),
    [
        ("integer", "4", ["broken"], ["'broken'", "not a value of the type integer", "sessions have: 4 (1)"]),
        ("integer", "4", ["04"], ["'04'", "must be written as the database does: 4"]),
        ("boolean", "true", ["t"], ["'t'", "must be written as the database does: true"]),
        ("stage", "'done'", ["fail"], ["did you mean 'failed'?", "sessions have: done (1)"]),
        ("json", "'{}'", ["x"], ["must be text, an enum, an integer or a boolean, and is json"]),
    ],
)
def test_a_wrong_literal_is_an_error_that_lists_what_there_is(
    app: App, type_name: str, using: str, failed: list[Any], parts: list[str]
) -> None:
    app.sql(f"ALTER TABLE jobs ALTER state TYPE {type_name} USING {using}")
    app.map(failed=failed, running=None, succeeded=None)
    app.refused(*parts)


# a status that is worked out from the row, and what closes a job under it
DERIVED = "CASE WHEN s.broken THEN 'failed' WHEN left_over = 0 THEN 'done' ELSE 'running' END"
TYPES = {"text": "", "enum": "::stage", "varchar": "::varchar(20)"}


def with_flags(app: App, **keys: object) -> None:
    """Take the status away: flags and counters say it."""
    app.sql("ALTER TABLE jobs ADD broken boolean NOT NULL DEFAULT false, ADD left_over int NOT NULL DEFAULT 1")
    app.sql("UPDATE jobs SET broken = true; ALTER TABLE jobs DROP state")
    app.sql("INSERT INTO jobs (id, owner, price, began) VALUES ('r', 'w', 5, '2026-11-23 09:00Z')")
    app.sql("INSERT INTO jobs (id, owner, price, began, left_over) VALUES ('d', 'w', 7, '2026-11-23 09:00Z', 0)")
    app.map(**{"status": f"({DERIVED})", **keys})


@pytest.mark.parametrize("kind", TYPES)
def test_an_expression_over_the_row_is_a_status(app: App, kind: str) -> None:
    with_flags(app, status=f"({DERIVED}){TYPES[kind]}")
    app.map("sessions.close", broken="true")
    immutable = kind != "enum"
    assert app.sweep() == {"sessions": 2, "credits": 8, "accounts": 1}
    assert app.sql("SELECT id, broken FROM jobs ORDER BY id") == [("d", False), ("j", True), ("r", True)]
    (index,) = app.sql("SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indexrelid::regclass::text ~ 'live'")
    assert ("broken" in index[0]) == immutable


def test_a_generated_column_is_read_and_never_written(app: App) -> None:
    with_flags(app)
    text = DERIVED.replace("s.", "")
    app.sql(f"ALTER TABLE jobs ADD worked_out text GENERATED ALWAYS AS ({text}) STORED")
    app.map(status="worked_out")
    app.map("sessions.close", broken="true")
    assert app.sweep() == {"sessions": 2, "credits": 8, "accounts": 1}
    (index,) = app.sql("SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indexrelid::regclass::text ~ 'live'")
    assert "(worked_out)" in index[0]


def test_of_a_virtual_column_its_expression_is_read(app: App) -> None:
    if app.database.value("SELECT current_setting('server_version_num')::int") < 180000:
        pytest.skip("no virtual columns")
    with_flags(app)
    text = DERIVED.replace("s.", "")
    app.sql(f"ALTER TABLE jobs ADD worked_out text GENERATED ALWAYS AS ({text}) VIRTUAL")
    app.map(status="worked_out")
    app.map("sessions.close", broken="true")
    app.write()
    assert app.database.sweeper("install", "--fence", now=None).exit_code == 0
    assert app.database.run().document["refunds"]["credits"] == 8
    for change in ("broken = false", "left_over = 0, broken = false"):
        with pytest.raises(psycopg.errors.RestrictViolation):
            app.sql(f"UPDATE jobs SET {change} WHERE id = 'r'")
    (index,) = app.sql("SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indexrelid::regclass::text ~ 'live'")
    assert "CASE" in index[0]


def test_a_virtual_column_is_as_good_as_any_for_an_attempt_and_an_amount(app: App) -> None:
    if app.database.value("SELECT current_setting('server_version_num')::int") < 180000:
        pytest.skip("no virtual columns")
    app.sql(
        "ALTER TABLE jobs ADD charge int GENERATED ALWAYS AS (price * 2), ADD due int GENERATED ALWAYS AS (price + 1)"
    )
    app.sql("ALTER TABLE jobs ADD start timestamptz GENERATED ALWAYS AS (began)")
    app.map(attempt="charge", amount="due", started_at="start")
    app.write()
    assert app.database.sweeper("install", "--fence", now=None).exit_code == 0
    assert app.database.run().document["refunds"]["credits"] == 4
    with pytest.raises(psycopg.errors.RestrictViolation):
        app.sql("UPDATE jobs SET state = 'done'")


def test_a_layer_is_paid_by_what_a_virtual_column_is_now(app: App) -> None:
    if app.database.value("SELECT current_setting('server_version_num')::int") < 180000:
        pytest.skip("no virtual columns")
    app.sql("ALTER TABLE jobs ADD due int GENERATED ALWAYS AS (price)")
    app.map(amount="due")
    app.write()
    assert app.database.sweeper("install", now=None).exit_code == 0
    (was,) = app.sql("SELECT id, due FROM jobs WHERE state = 'failed' LIMIT 1")
    app.sql("ALTER TABLE jobs ALTER due SET EXPRESSION AS (price + 5)")
    assert app.database.value("SELECT sweeper.refund(%s, 'x')", was[0]) == was[1] + 5


def test_the_fence_compares_an_expression_over_the_row_before_and_after(app: App) -> None:
    with_flags(app)
    app.map("sessions.close", broken="true")
    app.write()
    assert app.database.sweeper("install", "--fence", now=None).exit_code == 0
    assert refund(app.database, "r") == 5
    assert app.database.run().document["refunds"]["credits"] == 3
    app.sql("UPDATE jobs SET left_over = 0, error = 'x'")
    for job in ("r", "j"):
        with pytest.raises(psycopg.errors.RestrictViolation):
            app.sql("UPDATE jobs SET broken = false WHERE id = %s", job)
    checked = {check["name"]: check["status"] for check in app.database.sweeper("check", "--json").document["checks"]}
    assert [checked[name] for name in ("mapping", "fence", "index", "refund_function")] == ["ok"] * 4


def test_the_fence_stops_no_update_for_which_the_expression_fails(app: App) -> None:
    with_flags(app, status=f"(CASE 6 / left_over WHEN 0 THEN NULL ELSE {DERIVED} END)::stage")  # no index has it
    app.map("sessions.close", broken="true")
    app.sql("DELETE FROM jobs WHERE left_over = 0")
    app.write()
    assert app.database.sweeper("install", "--fence", now=None).exit_code == 0
    app.sql("UPDATE jobs SET left_over = 0 WHERE id = 'j'")


def test_what_nothing_closes_is_not_refunded(app: App) -> None:
    """The others are: one of them shows that the run is not to blame."""
    with_flags(app)
    app.sql("INSERT INTO wallets VALUES ('v'); UPDATE jobs SET owner = 'v' WHERE id = 'j'")
    app.install()
    ran = app.database.run()
    assert (ran.exit_code, ran.document["refunds"]["credits"], ran.document["held"]) == (3, 3, 1)
    assert app.sql("SELECT session_id, why FROM sweeper.holds") == [("r", "not_closed")]
    assert refund(app.database, "r") == 0, "it is on hold"
    explained = app.database.sweeper("explain", "r", "--json").document
    assert (explained["verdict"], explained["hold_reason"]) == ("held", "not_closed")
    app.map("sessions.close", broken="true")
    app.install()
    assert app.database.run().document["refunds"]["credits"] == 5
    assert app.sql("SELECT id FROM jobs WHERE broken ORDER BY 1") == [("j",), ("r",)]


def test_a_status_that_is_equal_by_its_collation_is_one_that_a_list_names(app: App) -> None:
    try:
        app.sql("CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)")
    except psycopg.errors.FeatureNotSupported as missing:
        pytest.skip(f"this build of Postgres has none: {missing}")
    app.sql("ALTER TABLE jobs ALTER state TYPE text COLLATE any_case; UPDATE jobs SET state = 'FAILED'")
    assert app.sweep()["sessions"] == 1
    assert "no list names" not in items(check(app.database))["statuses"]["message"]
