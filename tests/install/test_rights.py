"""Least privilege: each role can do its own work, and nothing else."""

from pathlib import Path

import psycopg
import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.server import Server

RUNNER, LAYER, AUDITOR = "sweeper_runner", "sweeper_layer", "sweeper_auditor"
APPEND_ONLY = ("UPDATE {} SET amount = 0", "DELETE FROM {}", "TRUNCATE {} CASCADE")


def refused(app: AppDatabase, role: str, statement: str) -> None:
    """The statement fails for want of a right."""
    with psycopg.connect(app.url_as(role)) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE prediction_sessions SET user_id = 'me'",
        "UPDATE users SET total_credits_earned = 0",
        "UPDATE users SET id = 'me'",
        "DELETE FROM prediction_sessions",
        "DELETE FROM users",
        "INSERT INTO users VALUES ('me', 1, 1, 0)",
        "DELETE FROM sweeper.holds",
        "INSERT INTO sweeper.reversals DEFAULT VALUES",
        "UPDATE sweeper.settings SET fingerprint = ''",
        "SELECT sweeper.refund('s1', 'x', NULL, 'worker')",
        "CREATE TABLE sweeper.mine ()",
    ],
)
def test_a_runner_can_do_nothing_that_a_run_does_not_do(first: AppDatabase, statement: str) -> None:
    refused(first, RUNNER, statement)


@pytest.mark.parametrize("table", ["sweeper.refunds", "sweeper.reversals"])
@pytest.mark.parametrize("statement", APPEND_ONLY)
def test_no_role_edits_or_deletes_what_was_written(first: AppDatabase, table: str, statement: str) -> None:
    for role in (RUNNER, LAYER, AUDITOR):
        refused(first, role, statement.format(table))


def test_a_layer_may_refund_and_may_not_look_at_the_books(first: AppDatabase) -> None:
    first.account()
    first.session("s1")
    refused(first, LAYER, "SELECT * FROM sweeper.refunds")
    refused(first, LAYER, "SELECT * FROM users")
    with psycopg.connect(first.url_as(LAYER)) as worker:
        row = worker.execute("SELECT sweeper.refund('s1', 'x', NULL, 'worker')").fetchone()
    assert row == (3,)
    assert first.credits() == 103


@pytest.mark.parametrize("app", ["first", "prisma", "ledger_only"])
def test_an_auditor_sees_what_a_run_would_do(server: Server, tmp_path: Path, app: str) -> None:
    with server.app(app, tmp_path) as database:
        ran = database.run("--dry-run", role=AUDITOR)
    assert (ran.exit_code, ran.stderr) == (0, "")


@pytest.mark.parametrize(
    "statement",
    ["UPDATE users SET credits = 0", "DELETE FROM sweeper.runs", "SELECT sweeper.refund('s1', 'x', NULL, 'worker')"],
)
def test_an_auditor_writes_nothing(first: AppDatabase, statement: str) -> None:
    refused(first, AUDITOR, statement)


def test_a_run_by_an_auditor_fails_and_says_what_is_missing(first: AppDatabase) -> None:
    first.account()
    first.session("s1")
    ran = first.run(role=AUDITOR)
    assert (ran.exit_code, ran.document["error"]["code"]) == (1, "privilege")
    assert first.credits() == 100


def test_a_runner_refunds_with_the_fence_too(first: AppDatabase) -> None:
    assert first.sweeper("install", "--fence", now=None).exit_code == 0
    first.account()
    first.session("failed")
    first.session("stuck", "generating")
    assert first.run().document["refunds"]["sessions"] == 2


def test_a_mapping_that_calls_a_view_and_a_function_is_granted_both(first: AppDatabase) -> None:
    first.sql(
        "CREATE SCHEMA pricing; CREATE TABLE pricing.base (price int); INSERT INTO pricing.base VALUES (4); "
        "CREATE VIEW pricing.now AS SELECT price FROM pricing.base; "
        "CREATE FUNCTION pricing.twice(int) RETURNS int LANGUAGE sql AS 'SELECT 2 * $1'"
    )
    first.configure('"cardinality(selected_models)"', '"pricing.twice((SELECT price FROM pricing.now))"')
    assert first.sweeper("install", now=None).exit_code == 0
    first.account()
    first.session("s1")
    assert first.run().document["refunds"]["credits"] == 8
    refused(first, RUNNER, "SELECT * FROM pricing.base")


def test_a_ledger_whose_ids_come_from_a_sequence_is_granted_that_too(ledger_only: AppDatabase) -> None:
    """A column that the insert leaves out draws from its sequence with the runner's own rights."""
    ledger_only.sql(
        'CREATE SEQUENCE "Entry ids"; CREATE SEQUENCE unused; '
        "ALTER TABLE credit_entries DROP id, ADD id bigint PRIMARY KEY DEFAULT nextval('\"Entry ids\"'), "
        "ALTER kind SET DEFAULT nextval('unused')::text"
    )
    ledger_only.configure('id          = "refund_id"\n', "")
    ledger_only.configure('id          = "gen_random_uuid()"\n', "")
    assert ledger_only.sweeper("install", now=None).exit_code == 0
    ledger_only.sql("INSERT INTO customers DEFAULT VALUES; INSERT INTO projects (owner_id) VALUES (1)")
    ledger_only.sql(
        "INSERT INTO renders (project_id, state, charge, started, ended) "
        "VALUES (1, 'failed', 2, '2026-11-20', '2026-11-20')"
    )
    assert ledger_only.run().document["refunds"]["sessions"] == 1
    assert ledger_only.value("SELECT id FROM credit_entries") == 1
    refused(ledger_only, RUNNER, "SELECT nextval('unused')")


def test_a_schema_that_the_role_may_not_look_into_is_named_as_the_reason(first: AppDatabase) -> None:
    """The table is there, and its own name would be the nearest one."""
    first.sql(f"REVOKE USAGE ON SCHEMA public FROM PUBLIC, {RUNNER}")
    ran = first.sweeper("run", SWEEPER_DATABASE_URL=first.url_as(RUNNER))
    assert ran.exit_code == 2
    assert "lacks USAGE on the schema of public.prediction_sessions" in ran.stderr


def test_everybody_may_call_only_what_the_index_on_sessions_calls(first: AppDatabase) -> None:
    """A trigger on anybody's own table could run the fence with its owner's rights."""
    assert first.sweeper("install", "--fence", now=None).exit_code == 0
    callable_by_all = first.sql(
        "SELECT p.proname FROM pg_proc AS p WHERE p.pronamespace = 'sweeper'::regnamespace "
        "AND p.prosecdef AND has_function_privilege('public', p.oid, 'EXECUTE')"
    )
    assert callable_by_all == []
