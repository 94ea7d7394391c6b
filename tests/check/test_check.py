"""``sweeper check``: all well on a good set-up, and each thing that can be wrong by its name, with what fixes it."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.checks import check, items, not_ok
from tests.helpers.server import Server

pytestmark = pytest.mark.every_version

NAMES = [
    "file", "connection", "version", "primary", "clock", "pooler", "privileges", "row_security", "search_path",
    "mapping", "installed", "guard", "index", "horizon", "holds", "last_run", "amounts", "uncharged", "future_times",
    "grants", "append_only", "refund_function", "hooks", "other_tables", "fence", "moves", "unlogged", "rules",
    "triggers", "migrations", "grace", "statuses", "past_refunds", "charges", "marks", "ledger", "accounts", "balances",
    "active_at", "deadlines", "stuck_after", "caps", "time_zone",
]  # fmt: skip


def everything(database: AppDatabase) -> list[tuple[Any, ...]]:
    tables = ("prediction_sessions", "users", "sweeper.refunds", "sweeper.runs", "sweeper.holds", "sweeper.settings")
    return [row for table in tables for row in database.sql(f"SELECT ctid, xmin, t::text FROM {table} AS t")]


def test_all_is_well_on_a_good_set_up(good: AppDatabase) -> None:
    before = everything(good)
    ran = check(good)
    assert (ran.exit_code, not_ok(ran)) == (0, {}), ran.stdout
    assert [item["name"] for item in ran.document["checks"]] == NAMES
    assert everything(good) == before
    shown = good.sweeper("check", now=None)
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert "All is well." in shown.stdout


def test_what_is_wrong_stands_last(first: AppDatabase) -> None:
    """Where one looks first on a terminal; the document keeps its order."""
    first.sql("DROP FUNCTION sweeper.refund")
    shown = re.findall(r"^(ok|warning|failure) ", first.sweeper("check", now=None).stdout, re.MULTILINE)
    assert shown == sorted(shown, key=["ok", "warning", "failure"].index)
    assert set(shown) == {"ok", "warning", "failure"}


def test_all_is_well_after_a_run_too(good: AppDatabase) -> None:
    good.sql("UPDATE prediction_sessions SET failed_at = failed_at - interval '1 hour'")
    assert good.run(now=None).document["refunds"]["sessions"] == 10
    assert not_ok(check(good)) == {}
    assert "ago" in items(check(good))["last_run"]["message"]


@pytest.mark.parametrize("app", ["prisma", "ledger_only"])
def test_no_app_fails_right_after_its_installation(server: Server, tmp_path: Path, app: str) -> None:
    """Whatever is unset is a warning: caps, and nothing else."""
    with server.app(app, tmp_path) as database:
        ran = check(database)
        assert (ran.exit_code, not_ok(ran)) == (0, {"caps": "warning"}), ran.stdout


@pytest.mark.parametrize(
    ("statement", "name", "said", "fix"),
    [
        ("ALTER TABLE sweeper.refunds DROP CONSTRAINT refunds_session_id_attempt_again_key", "guard", "missing",
         "install"),
        (
            "UPDATE pg_index SET indisvalid = false "
            "WHERE indexrelid = 'sweeper.refunds_session_id_attempt_again_key'::regclass",
            "guard", "not valid", "install",
        ),
        ("DO $$ BEGIN EXECUTE 'DROP INDEX ' || (SELECT live_index FROM sweeper.settings); END $$", "index", "missing",
         "install"),
        (
            "UPDATE pg_index SET indisvalid = false "
            "WHERE indexrelid = (SELECT live_index FROM sweeper.settings)::regclass",
            "index", "not valid", "install",
        ),
        ("UPDATE sweeper.settings SET fingerprint = 'another'", "installed", "not the one", "install"),
        ("DROP SCHEMA sweeper CASCADE", "installed", "not installed", "install"),
        ("ALTER TABLE users RENAME credits TO coins", "mapping", "credits", "mapping"),
    ],
)  # fmt: skip
def test_what_is_broken_fails_by_its_name(good: AppDatabase, statement: str, name: str, said: str, fix: str) -> None:
    good.sql(statement)
    ran = check(good)
    assert ran.exit_code == 5
    assert not_ok(ran) == {name: "failure"}
    assert said in items(ran)[name]["message"]
    assert fix in items(ran)[name]["fix"]


@pytest.mark.parametrize(
    ("statement", "name", "said"),
    [
        ("UPDATE prediction_sessions SET status = NULL WHERE id = 's1'", "statuses", "null (1)"),
        ("UPDATE prediction_sessions SET selected_models = NULL", "amounts", "none of the 10"),
        ("UPDATE prediction_sessions SET selected_models = NULL WHERE id < 's2'", "amounts", "5 of the 10"),
        ("UPDATE prediction_sessions SET created_at = created_at + interval '9 hours'", "time_zone", "read in UTC"),
        (
            "UPDATE prediction_sessions SET failed_at = '2999-01-01' WHERE id = 's1'",
            "future_times", "1 failed later than now, such as s1:",
        ),
        (
            "UPDATE prediction_sessions SET heartbeat = 'infinity' WHERE id = 's2'",
            "future_times", "1 last active later than now, such as s2:",
        ),
        ("INSERT INTO sweeper.holds (hold_key, session_id, why, first_seen, last_seen) "
         "VALUES (1, 's1', 'no_account', now(), now())",
         "holds", "1 session"),
        (
            "INSERT INTO sweeper.runs (run_id, version, host, db_role, told, as_of, started_at, outcome) VALUES "
            "(gen_random_uuid(), '1', 'h', 'r', '{\"sessions\": []}', now() - interval '3 days', now(), 'complete')",
            "last_run", "3 d ago",
        ),
        (
            "CREATE FUNCTION bonus() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'; "
            "CREATE TRIGGER bonus BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION bonus()",
            "triggers", "bonus on users (bonus)",
        ),
        (
            "CREATE FUNCTION bonus() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'; CREATE CONSTRAINT "
            "TRIGGER bonus AFTER UPDATE ON users DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION bonus()",
            "triggers", "a handler sends SET CONSTRAINTS ALL IMMEDIATE",
        ),
    ],
)  # fmt: skip
def test_what_may_go_wrong_is_a_warning(good: AppDatabase, statement: str, name: str, said: str) -> None:
    good.sql(statement)
    ran = check(good)
    assert (ran.exit_code, not_ok(ran)) == (0, {name: "warning"})
    assert said in items(ran)[name]["message"]
    assert items(ran)[name]["fix"]


def test_a_refunded_failure_in_the_future_is_not_reported(good: AppDatabase) -> None:
    good.sql("UPDATE prediction_sessions SET failed_at = '2999-01-01' WHERE id = 's1'")
    assert good.sweeper("run", "--session", "s1", now=None).exit_code == 0
    ran = check(good)
    assert items(ran)["future_times"]["status"] == "ok"
    # nor is one that is ahead by less than two clocks may differ
    good.sql("UPDATE prediction_sessions SET failed_at = now() AT TIME ZONE 'UTC' + interval '30 s' WHERE id = 's4'")
    assert items(check(good))["future_times"]["status"] == "ok"


def test_a_row_whose_expression_fails_is_a_warning_because_a_run_goes_on(first: AppDatabase) -> None:
    first.configure("amount     = ", "amount = \"cardinality(selected_models) / (id <> 's1')::int\"\n# ")
    assert first.sweeper("install").exit_code == 0
    first.account()
    first.session("s1")
    first.session("s2")
    ran = check(first)
    assert ran.exit_code == 0
    assert items(ran)["amounts"]["status"] == "warning"
    assert "22012" in items(ran)["amounts"]["message"]
    assert "sweeper run --dry-run" in items(ran)["amounts"]["fix"]
    assert first.run().document["refunds"]["sessions"] == 1


def test_a_dropped_guard_of_the_apps_ledger_points_at_prisma(prisma: AppDatabase) -> None:
    name = prisma.value("SELECT guard_index FROM sweeper.settings")
    prisma.sql(f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{name}'::regclass")
    assert "not valid" in items(check(prisma))["guard"]["message"]
    prisma.sql(f"UPDATE pg_index SET indisvalid = true WHERE indexrelid = '{name}'::regclass")
    assert items(check(prisma))["guard"]["status"] == "ok"
    prisma.sql(f"DROP INDEX {name}")
    ran = check(prisma)
    assert ran.exit_code == 5
    assert not_ok(ran)["guard"] == "failure"
    assert "Prisma" in items(ran)["guard"]["message"]


def test_an_open_question_fails_and_the_server_is_looked_at_all_the_same(good: AppDatabase) -> None:
    good.configure('"cardinality(selected_models)"', '"?"')
    ran = check(good)
    assert (ran.exit_code, not_ok(ran)) == (5, {"file": "failure"})
    assert "sessions.amount" in items(ran)["file"]["message"]
    assert items(ran)["primary"]["status"] == "ok"


def test_without_a_file_init_is_named(good: AppDatabase) -> None:
    good.config.unlink()
    ran = check(good)
    assert (ran.exit_code, items(ran)["file"]["fix"]) == (5, "sweeper init")


def test_no_heartbeat_and_no_fence_is_a_warning_until_there_is_one(good: AppDatabase) -> None:
    good.configure('active_at  = "heartbeat"', 'active_at  = "created_at"')
    assert good.sweeper("install", now=None).exit_code == 0
    assert not_ok(check(good)) == {"fence": "warning"}
    assert good.sweeper("install", "--fence", now=None).exit_code == 0
    assert not_ok(check(good)) == {}


def test_grace_that_counts_from_the_start_is_a_warning(good: AppDatabase) -> None:
    good.configure('failed_at  = "failed_at"', 'failed_at  = "created_at"')
    assert good.sweeper("install", now=None).exit_code == 0
    assert not_ok(check(good)) == {"grace": "warning"}


@pytest.mark.parametrize(("took", "status"), [("59 min", "ok"), ("1 h 1 min", "warning")])
def test_stuck_after_is_compared_with_how_long_sessions_took(good: AppDatabase, took: str, status: str) -> None:
    good.configure('active_at  = "heartbeat"', 'active_at  = "created_at"')
    assert good.sweeper("install", "--fence", now=None).exit_code == 0
    good.sql(f"UPDATE prediction_sessions SET completed_at = created_at + interval '{took}' WHERE id = 's3'")
    item = items(check(good))["stuck_after"]
    assert item["status"] == status
    assert f"up to {took}" in item["message"]


def test_a_large_table_is_read_through_the_index(good: AppDatabase) -> None:
    """And when the planner cannot know, for want of statistics, ANALYZE is named."""
    good.sql(
        "INSERT INTO prediction_sessions (id, user_id, status, created_at) "
        "SELECT 'x' || n, 'u1', 'finished', now() - interval '1 day' FROM generate_series(1, 150000) AS n"
    )
    good.sql("ANALYZE prediction_sessions")
    item = items(check(good))["index"]
    assert (item["status"], item["message"]) == ("ok", "in place, and the planner uses it")


def test_a_rule_on_what_a_refund_writes_to_is_named(prisma: AppDatabase) -> None:
    prisma.sql(
        'CREATE TABLE copied AS SELECT * FROM app."CreditTransaction"; '
        'CREATE RULE copy_it AS ON INSERT TO app."CreditTransaction" DO ALSO INSERT INTO copied VALUES (new.*)'
    )
    ran = prisma.sweeper("check", "--json")
    item = {item["name"]: item for item in ran.document["checks"]}["rules"]
    assert ran.exit_code == 5
    assert item["status"] == "failure"
    assert "copy_it on CreditTransaction" in item["message"]
    prisma.sql(item["fix"])
    again = prisma.sweeper("check", "--json").document["checks"]
    assert {item["name"]: item for item in again}["rules"]["status"] == "ok"
