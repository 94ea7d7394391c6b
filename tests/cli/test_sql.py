"""``sweeper sql``: every statement as it is sent, as a script that psql runs and that changes nothing."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sweeper.postgres.templates import folder
from sweeper.statements.listing import list_statements
from sweeper.statements.psql import variables
from sweeper.statements.rehearsed import OF_LEDGER
from tests.helpers.app_database import AppDatabase
from tests.helpers.command import command
from tests.helpers.psql import refused, scripts
from tests.helpers.server import Server

GOLDEN = Path(__file__).parents[2] / "docs" / "pay.sql"
PSQL = shutil.which("psql")
needs_psql = pytest.mark.skipif(PSQL is None, reason="psql is not installed")

# what an app has no use for is not sent, and not printed
OF_PARTS = {
    "find_distribution", "set_on_nodes", "list_shards", "close_in_shard", "insert_in_shard", "add_in_shard",
    "hold_in_shard", "end_holds_in_shard", "attach_index",
}  # fmt: skip
OF_CHARGES = {"above_charge", "count_uncharged", "find_first_charge"}
OF_NONE = {
    *OF_PARTS, *OF_CHARGES, "find_ambiguous", "find_all_ambiguous", "ambiguous_id", "lock_charges", "lock_marked",
}  # fmt: skip
NEVER_SENT = {
    "first": {
        *OF_NONE, *OF_LEDGER, "note_seen", "find_in_app_ledger", "try_link", "list_double_refunds",
        "probe_guard", "probe_insert", "try_where", "compare_past", "find_missed_refunds", "compare_charge_accounts",
        "sum_shares",
    },
    "prisma": {"sum_shares", "sample_durations", *OF_NONE},
    "ledger_only": {
        *OF_NONE, "balance_drift", "list_accounts", "lock_accounts", "lock_balances", "read_balances",
        "sample_durations", "compare_newest_balances", "compare_sums", "has_account", "compare_held",
        "sum_shares", "compare_periods",
        "compare_invariant",
    },
}  # fmt: skip
# failed, stuck, running and succeeded sessions, some of which no program may refund
ROWS = {
    "first": """
        INSERT INTO users VALUES ('u1', 5, 9, 4), ('o''brien', 0, 0, 0);
        INSERT INTO prediction_sessions (id, user_id, status, selected_models, error, created_at) VALUES
            ('refunded', 'u1', 'error', '{a,b}', 'Failed to queue: 100%', '2026-11-20 10:00'),
            ('closed', 'u1', 'queued', '{a}', NULL, '2026-11-20 11:00'),
            ('done', 'u1', 'finished', '{a}', NULL, '2026-11-20 11:00'),
            ('nobody''s', NULL, 'error', '{a}', NULL, '2026-11-20 12:00');
    """,
    "prisma": """
        INSERT INTO app."User" ("id", "creditBalance") VALUES ('00000000-0000-4000-8000-000000000001', 5.50);
        INSERT INTO app."Job" ("id", "userId", "status", "createdAt", "heartbeatAt", "failedAt")
        SELECT ('00000000-0000-4000-8000-00000000000' || n)::uuid, u."id", s.status::app."JobStatus", s.at, s.at, s.at
        FROM app."User" AS u, (VALUES
            (1, 'FAILED', timestamp '2026-11-20 10:00'), (2, 'RUNNING', '2026-11-20 11:00'),
            (3, 'DONE', '2026-11-20 11:00'), (4, 'FAILED', '2026-11-20 12:00')
        ) AS s (n, status, at);
        INSERT INTO app."JobItem" ("jobId", "price") SELECT j."id", 1.25 FROM app."Job" AS j;
        UPDATE app."Job" SET "userId" = NULL WHERE "createdAt" = '2026-11-20 12:00';
    """,
    "ledger_only": """
        INSERT INTO customers (name) VALUES ('one');
        INSERT INTO projects (owner_id) VALUES (1), (NULL);
        INSERT INTO renders (project_id, state, charge, started, beat, ended) VALUES
            (1, 'failed', 1.125, '2026-11-20 10:00Z', NULL, '2026-11-20 10:30Z'),
            (1, 'working', 2, '2026-11-20 11:00Z', NULL, NULL),
            (1, 'ready', 2, '2026-11-20 11:00Z', NULL, '2026-11-20 11:30Z'),
            (2, 'failed', 3, '2026-11-20 12:00Z', NULL, '2026-11-20 12:30Z');
    """,
}
# the same again, which is owed when the statements are printed
OWED = {
    "first": """
        INSERT INTO prediction_sessions (id, user_id, status, selected_models, created_at) VALUES
            ('ow\\ed', 'o''brien', 'error', '{a,b,c}', '2026-11-21 10:00'),
            ('stuck', 'u1', 'generating', '{a}', '2026-11-21 11:00');
    """,
    "prisma": """
        INSERT INTO app."Job" ("id", "userId", "status", "createdAt", "heartbeatAt", "failedAt")
        SELECT gen_random_uuid(), u."id", s.status::app."JobStatus", s.at, s.at, s.at
        FROM app."User" AS u, (VALUES
            ('FAILED', timestamp '2026-11-21 10:00'), ('RUNNING', '2026-11-21 11:00')
        ) AS s (status, at);
        INSERT INTO app."JobItem" ("jobId", "price")
        SELECT j."id", 1.25 FROM app."Job" AS j WHERE j."createdAt" > '2026-11-21';
    """,
    "ledger_only": """
        INSERT INTO renders (project_id, state, charge, started, beat, ended) VALUES
            (1, 'failed', 1.125, '2026-11-21 10:00Z', NULL, '2026-11-21 10:30Z'),
            (1, 'working', 2, '2026-11-21 11:00Z', NULL, NULL);
    """,
}
CATALOG = (
    "SELECT c.oid::regclass::text, c.relkind, c.relacl::text, c.relowner FROM pg_class AS c ORDER BY c.oid",
    "SELECT a.attrelid, a.attname, a.atttypid, a.attacl::text FROM pg_attribute AS a ORDER BY a.attrelid, a.attnum",
    "SELECT p.oid::regprocedure::text, p.prosrc, p.proowner, p.proacl::text FROM pg_proc AS p ORDER BY p.oid",
    "SELECT t.oid, t.tgname, t.tgenabled, pg_get_triggerdef(t.oid) FROM pg_trigger AS t ORDER BY t.oid",
    "SELECT c.oid, pg_get_constraintdef(c.oid) FROM pg_constraint AS c ORDER BY c.oid",
    "SELECT n.nspname, n.nspowner, n.nspacl::text FROM pg_namespace AS n ORDER BY n.oid",
)
TABLES = """
    SELECT c.oid::regclass::text
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg\\_%%' AND n.nspname <> 'information_schema'
    ORDER BY 1
"""


def contents(database: AppDatabase) -> list[object]:
    """Everything in the database: its catalog, and each row of each table."""
    found: list[object] = [database.sql(question) for question in CATALOG]
    for (table,) in database.sql(TABLES.replace("%%", "%")):
        found.append((table, database.sql(f"SELECT t::text, t.ctid FROM {table} AS t ORDER BY t.ctid")))
    return found


def run_in_psql(database: AppDatabase, script: str) -> subprocess.CompletedProcess[str]:
    assert PSQL is not None
    return subprocess.run(
        [PSQL, "-X", "-q", "-v", "ON_ERROR_STOP=1", database.url],
        input=script,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture(params=["first", "prisma", "ledger_only"])
def used(request: pytest.FixtureRequest, server: Server, tmp_path: Path) -> Iterator[tuple[str, AppDatabase]]:
    """An app with sessions that are refunded, held, reverted, owed and stuck."""
    app = request.param
    with server.app(app, tmp_path) as database:
        database.sql(ROWS[app])
        run = database.run()
        assert run.document["refunds"]["sessions"] == 2, run.stderr
        assert run.document["held"] == 1
        reverted = database.value("SELECT session_id::text FROM sweeper.refunds ORDER BY refund_id LIMIT 1")
        assert database.sweeper("revert", "--session", reverted, "--reason", "a test", "--yes").exit_code == 0
        database.sql(OWED[app])
        yield app, database


@pytest.mark.slow
def test_every_statement_runs_in_psql_as_printed_and_changes_nothing(used: tuple[str, AppDatabase]) -> None:
    app, database = used
    assert database.sweeper("run", "--dry-run", "--json").document["refunds"]["sessions"] == 2
    before = contents(database)
    printed = dict(scripts(database))
    assert {statement.name for statement in list_statements()} - set(printed) == NEVER_SENT[app]
    assert refused(database, printed) == {}
    assert contents(database) == before


@pytest.mark.slow
@needs_psql
def test_statements_over_charges_run_in_psql_where_the_file_has_them(first: AppDatabase) -> None:
    first.configure("exclude ", 'charged = "cardinality(selected_models) * 1.5"\nexclude ')
    assert first.sweeper("install", now=None).exit_code == 0
    first.account()
    first.session("s1")
    assert first.run().document["refunds"]["sessions"] == 1
    first.session("s2")
    for name in (*OF_CHARGES, "pay", "find", "look", "position", "explain_charge", "list_refunds_of_sessions"):
        assert run_in_psql(first, first.sweeper("sql", name).stdout).returncode == 0, name


@needs_psql
def test_what_pays_shows_what_a_run_would_pay(used: tuple[str, AppDatabase]) -> None:
    _, database = used
    ran = run_in_psql(database, "\\x\n" + database.sweeper("sql", "pay").stdout)
    assert re.search(r"^moved_refunds +\| [02]$", ran.stdout, re.MULTILINE), ran.stdout
    assert re.search(r"^booked +\| 2$", ran.stdout, re.MULTILINE)


@needs_psql
def test_an_expression_with_colons_and_percent_signs_stays_what_it_is(first: AppDatabase) -> None:
    """psql would put its variables in: in slices, and where a name of the app's is like one of ours."""
    first.account()
    first.session("s1", step="a:as_of")
    first.configure("cardinality(selected_models)", "cardinality(selected_models[1:limit_of(2)]) % 100")
    first.sql("CREATE FUNCTION limit_of(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1'")
    assert first.sweeper("install", now=None).exit_code == 0
    printed = first.sweeper("sql", "pay").stdout
    assert "selected_models[1\\:limit_of(2)]) % 100" in printed
    ran = run_in_psql(first, printed)
    assert ran.returncode == 0, ran.stderr
    assert "{s1}" in ran.stdout


@needs_psql
@pytest.mark.parametrize("value", ["it's", "a\\b", "two\nlines", ":x `id` ''", 'q"', "\\n"])
def test_psql_reads_a_variable_as_the_value_that_it_is(first: AppDatabase, value: str) -> None:
    (given,) = variables({"x": value}, ["x"])
    ran = run_in_psql(first, f"\\pset format unaligned\n\\t\n\\set x {given['value']}\nSELECT :x::text;\n")
    assert ran.stdout == f"{value}\n"


def test_the_list_is_of_every_file_but_the_parts(tmp_path: Path) -> None:
    files = {path.stem: path.relative_to(folder()).parts[0] for path in folder().rglob("*.sql")}
    listed = command("sql", "--json", environment={}).document
    assert (listed["schema_version"], listed["command"]) == (1, "sql")
    named = {one["name"]: one["group"] for one in listed["statements"]}
    assert named == {name: group for name, group in files.items() if group != "parts"}
    assert all(one["heading"] for one in listed["statements"])


def test_the_list_is_shown_a_line_each_without_database_and_file() -> None:
    shown = command("sql", environment={})
    assert (shown.exit_code, shown.stderr) == (0, "")
    lines = shown.stdout.splitlines()
    assert not [line for line in lines if line.endswith(("…", "."))], "whole first sentences, for grep"
    assert len([line for line in lines if line.startswith("  ")]) == len(list_statements())
    assert [line for line in lines if line and line[0] != " "] == [
        "run", "install", "audit", "explain", "corrections", "check", "init", "app", "monitoring",
    ]  # fmt: skip


def test_an_unknown_name_is_an_error_that_names_the_nearest() -> None:
    ran = command("sql", "payy", environment={})
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert "did you mean pay?" in ran.stderr
    error = command("sql", "payy", "--json", environment={}).document["error"]
    assert error["code"] == "usage"
    assert command("sql", "reading", environment={}).exit_code == 2, "a part is no statement"


def test_a_statement_as_a_document(first: AppDatabase) -> None:
    document = first.sweeper("sql", "find", "--json").document
    assert (list(document), document["name"]) == (["schema_version", "command", "name", "sql"], "find")
    assert document["sql"] + "\n" == first.sweeper("sql", "find").stdout


def test_what_is_never_sent_under_a_mapping_says_so(first: AppDatabase) -> None:
    ran = first.sweeper("sql", "find_in_app_ledger", "--json")
    assert ran.exit_code == 2
    assert ran.document["error"]["code"] == "usage"
    assert "the file has no [ledger]" in ran.document["error"]["message"]


def test_the_statement_that_pays_is_the_golden_one(first: AppDatabase) -> None:
    first.account()
    first.session("s1")
    first.session("s2", "generating", created="2026-11-23 10:30")
    printed = first.sweeper("sql", "pay").stdout
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(printed)
    assert printed == GOLDEN.read_text()
