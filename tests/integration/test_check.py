"""``sweeper check``: all well on a good set-up, and each thing that can be wrong by its name, with what mends it."""

import os
import shlex
import signal
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from sweeper.demo import server as embedded
from tests.integration.test_dry_run import role
from tests.support import APPS, AppDatabase, Ran, Server, command

GOOD = """
ALTER TABLE prediction_sessions ADD heartbeat timestamp, ADD failed_at timestamp;
INSERT INTO users SELECT 'u' || n, 100, 100, 0 FROM generate_series(1, 3) AS n;
INSERT INTO prediction_sessions (id, user_id, status, selected_models, created_at, completed_at, failed_at, heartbeat)
SELECT 's' || n, 'u1', (ARRAY['finished', 'error', 'generating'])[1 + n % 3]::session_status, ARRAY['m'],
       now() AT TIME ZONE 'UTC' - interval '20 minutes', now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC',
       now() AT TIME ZONE 'UTC'
FROM generate_series(1, 30) AS n;
"""
NAMES = [
    "file", "connection", "version", "primary", "clock", "pooler", "privileges", "row_security", "search_path",
    "mapping", "installed", "guard", "index", "horizon", "holds", "last_run", "amounts", "future_times", "grants",
    "append_only", "refund_function", "fence", "triggers", "migrations",
    "statuses", "stuck_after", "grace", "time_zone", "caps",
]  # fmt: skip


@pytest.fixture
def good(bare: AppDatabase) -> AppDatabase:
    """The first app as a careful team would run it: a heartbeat, a time of failure, every cap, and installed."""
    bare.sql(GOOD)
    bare.configure('active_at  = "created_at"', 'active_at  = "heartbeat"')
    bare.configure('failed_at  = "created_at"', 'failed_at  = "failed_at"')
    bare.configure('max_clock_skew = "100y"', "max_credits = 1000\nmax_amount = 50")
    assert bare.sweeper("install", now=None).exit_code == 0
    return bare


def check(database: AppDatabase, now: datetime | None = None, **environment: str) -> Ran:
    return database.sweeper("check", "--json", now=now, **environment)


def items(ran: Ran) -> dict[str, dict[str, Any]]:
    return {item["name"]: item for item in ran.document["checks"]}


def not_ok(ran: Ran) -> dict[str, str]:
    return {name: item["status"] for name, item in items(ran).items() if item["status"] != "ok"}


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


def test_all_is_well_for_a_role_that_has_the_rights_of_a_runner_and_no_other(good: AppDatabase) -> None:
    ran = check(good, SWEEPER_DATABASE_URL=good.url_as("sweeper_runner"))
    assert (ran.exit_code, not_ok(ran)) == (0, {})


def test_each_right_of_a_runner_is_missed_when_it_is_not_there(good: AppDatabase) -> None:
    printed = good.sweeper("install", "--print", now=None).stdout.partition("-- 5. Rights")[2]
    lines = (line.removeprefix("-- ") for line in printed.splitlines())
    rights = [line for line in lines if line.startswith("GRANT") and line.endswith("TO sweeper_runner;")]
    assert len(rights) == 12
    for right in rights:
        if right == 'GRANT USAGE ON SCHEMA "public" TO sweeper_runner;':
            continue  # everybody has it
        good.sql(right.replace("GRANT", "REVOKE", 1).replace(" TO ", " FROM "))
        ran = check(good, SWEEPER_DATABASE_URL=good.url_as("sweeper_runner"))
        assert (ran.exit_code, not_ok(ran)) == (5, {"privileges": "failure"}), right
        good.sql(right)


def test_row_level_security_that_hides_rows_fails(good: AppDatabase) -> None:
    good.sql("ALTER TABLE users ENABLE ROW LEVEL SECURITY")
    ran = check(good, SWEEPER_DATABASE_URL=good.url_as("sweeper_runner"))
    assert (ran.exit_code, not_ok(ran)) == (5, {"row_security": "failure"})
    assert items(ran)["row_security"]["fix"] == "ALTER ROLE sweeper_runner BYPASSRLS;"
    good.sql(
        "CREATE TABLE plans (id int); ALTER TABLE plans ENABLE ROW LEVEL SECURITY; GRANT SELECT ON plans TO PUBLIC"
    )
    good.sql("ALTER TABLE users DISABLE ROW LEVEL SECURITY")
    good.configure('"cardinality(selected_models)"', '"(SELECT count(*) FROM plans)"')
    assert not_ok(check(good, SWEEPER_DATABASE_URL=good.url_as("sweeper_runner"))) == {"row_security": "failure"}


def test_it_is_read_only_for_a_role_that_cannot_write(good: AppDatabase) -> None:
    grants = (
        "GRANT USAGE ON SCHEMA sweeper, public TO {}",
        "GRANT SELECT ON ALL TABLES IN SCHEMA sweeper, public TO {}",
    )
    with role(good, *grants) as url:
        ran = check(good, SWEEPER_DATABASE_URL=url)
    assert (ran.exit_code, not_ok(ran)) == (5, {"privileges": "failure"}), ran.stdout


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
        ("UPDATE prediction_sessions SET selected_models = NULL", "amounts", "10 of the 10"),
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
    ],
)  # fmt: skip
def test_what_may_go_wrong_is_a_warning(good: AppDatabase, statement: str, name: str, said: str) -> None:
    good.sql(statement)
    ran = check(good)
    assert (ran.exit_code, not_ok(ran)) == (0, {name: "warning"})
    assert said in items(ran)[name]["message"]
    assert items(ran)[name]["fix"]


def test_a_failure_in_the_future_that_is_refunded_is_no_concern(good: AppDatabase) -> None:
    good.sql("UPDATE prediction_sessions SET failed_at = '2999-01-01' WHERE id = 's1'")
    assert good.sweeper("run", "--session", "s1", now=None).exit_code == 0
    ran = check(good)
    assert items(ran)["future_times"]["status"] == "ok"
    # nor is one that is ahead by less than two clocks may differ
    good.sql("UPDATE prediction_sessions SET failed_at = now() AT TIME ZONE 'UTC' + interval '30 s' WHERE id = 's4'")
    assert items(check(good))["future_times"]["status"] == "ok"


def test_one_row_whose_expression_fails_is_a_warning_because_a_run_goes_on_beside_it(first: AppDatabase) -> None:
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


def test_a_missing_privilege_comes_with_its_grant(good: AppDatabase) -> None:
    """Each grant that is named is run, until nothing is missing."""
    with role(good) as url:
        for _ in range(5):
            ran = check(good, SWEEPER_DATABASE_URL=url)
            if ran.exit_code == 0:
                break
            assert set(not_ok(ran)) == {"privileges"}, ran.stdout
            assert items(ran)["privileges"]["fix"].startswith("GRANT ")
            good.sql(items(ran)["privileges"]["fix"])
        assert not_ok(ran) == {}
        good.sql("UPDATE prediction_sessions SET failed_at = failed_at - interval '1 hour'")
        paid = good.sweeper("run", "--json", now=None, SWEEPER_DATABASE_URL=url)
        assert (paid.exit_code, paid.document["refunds"]["sessions"]) == (0, 10)


def test_a_privilege_on_one_column_too_few_is_found(good: AppDatabase) -> None:
    grants = (
        "GRANT USAGE ON SCHEMA sweeper, public TO {}",
        "GRANT ALL ON ALL TABLES IN SCHEMA sweeper, public TO {}",
        "REVOKE UPDATE ON users FROM {}",
        "GRANT UPDATE (credits) ON users TO {}",
    )
    with role(good, *grants) as url:
        ran = check(good, SWEEPER_DATABASE_URL=url)
    assert (ran.exit_code, not_ok(ran)) == (5, {"privileges": "failure", "grants": "failure"})
    assert items(ran)["privileges"]["fix"].startswith('GRANT SELECT, UPDATE ON "public"."users" TO ')


def test_a_privilege_on_a_table_of_another_schema_is_granted_with_its_schema(prisma: AppDatabase) -> None:
    """The server's message names the table alone."""
    prisma.sql('REVOKE SELECT ON app."JobItem" FROM sweeper_runner')
    for column in prisma.sql("SELECT attname FROM pg_attribute WHERE attrelid = 'app.\"JobItem\"'::regclass"):
        prisma.sql(f'REVOKE SELECT ("{column[0]}") ON app."JobItem" FROM sweeper_runner')
    ran = check(prisma, SWEEPER_DATABASE_URL=prisma.url_as("sweeper_runner"))
    assert items(ran)["privileges"]["fix"] == 'GRANT SELECT ON app."JobItem" TO sweeper_runner;'


@pytest.mark.parametrize("off", [timedelta(minutes=2), timedelta(minutes=-2)])
def test_a_clock_that_is_off_fails(good: AppDatabase, off: timedelta) -> None:
    ran = check(good, now=datetime.now(UTC) + off)
    assert ran.exit_code == 5
    assert not_ok(ran)["clock"] == "failure"
    assert "max_clock_skew = 60 s" in items(ran)["clock"]["message"]


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


def test_a_server_that_is_not_there_fails_without_telling_the_password(good: AppDatabase) -> None:
    ran = check(good, SWEEPER_DATABASE_URL="postgresql://me:secret@127.0.0.1:1/db")
    assert (ran.exit_code, not_ok(ran)) == (5, {"connection": "failure"})
    assert "secret" not in ran.stdout + ran.stderr


def test_a_role_that_is_read_only_by_default_fails(good: AppDatabase) -> None:
    name = good.value("SELECT current_database()")
    good.sql(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    assert not_ok(check(good)) == {"primary": "failure"}


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
def test_stuck_after_is_held_against_how_long_sessions_took(good: AppDatabase, took: str, status: str) -> None:
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


def test_a_standby_fails() -> None:
    """A dry run works there; a run does not."""
    kept = embedded.start_kept(18)
    environment = {"SWEEPER_DATABASE_URL": kept.url, "SWEEPER_CONFIG": str(APPS / "first.toml")}
    standby = None
    try:
        with psycopg.connect(kept.url, autocommit=True) as connection:
            connection.execute((APPS / "first.sql").read_text())
        assert command("install", environment=environment, now=None).exit_code == 0
        data = kept.folder / "data"
        how = (data / "postmaster.opts").read_text()
        owner = data.stat()
        os.kill(kept.pid, signal.SIGINT)
        while (data / "postmaster.pid").exists():
            time.sleep(0.05)
        (data / "standby.signal").touch()
        as_owner = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        standby = subprocess.Popen(
            shlex.split(how), cwd=kept.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **as_owner
        )
        ran = _check_when_up(environment)
        assert ran.exit_code == 5, ran.stdout
        assert items(ran)["primary"]["status"] == "failure"
        assert "standby" in items(ran)["primary"]["message"]
        assert {name for name, status in not_ok(ran).items() if status == "failure"} == {"primary"}
    finally:
        if standby:
            standby.send_signal(signal.SIGINT)
            standby.wait(timeout=30)
        kept.stop()


def _check_when_up(environment: dict[str, str]) -> Ran:
    deadline = time.monotonic() + 30
    while True:
        ran = command("check", "--json", environment=environment, now=None)
        if "failure" not in items(ran)["connection"]["status"] or time.monotonic() > deadline:
            return ran
        time.sleep(0.1)
