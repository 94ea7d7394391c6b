"""`sweeper sql` under a mapping whose status is worked out and whose refunds set columns of the session."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.psql import psql, refused, scripts

STATEMENTS = (
    "pay", "read_back", "refund", "fence", "live", "find", "find_in_history", "count_live", "reverse", "lock_marked",
    "explain_charge", "probe_close", "probe_expression", "probe_reading", "read_literals", "list_seen_statuses",
)  # fmt: skip


@pytest.fixture
def app(bare: AppDatabase) -> App:
    app = App(bare)
    app.sql(
        "ALTER TABLE jobs ADD broken boolean DEFAULT true, ADD refunded_at timestamptz; ALTER TABLE jobs DROP state"
    )
    app.sql("INSERT INTO jobs (id, owner, price, began, broken) VALUES ('r', 'w', 5, '2026-11-23 09:00Z', false)")
    app.map(status="CASE WHEN broken THEN 'failed' ELSE 'running' END", never="meta->>'kind' = 'trial'", succeeded=[])
    app.map("sessions.close", broken="true")
    app.map("sessions.refunded", refunded_at="at")
    app.map("sessions.reversed", refunded_at="NULL", error="reason || s.id")
    app.map("policy", stuck_after={"running": "never"})
    assert app.install().exit_code == 0
    return app


@pytest.mark.slow
def test_each_statement_runs_in_psql_as_printed(app: App) -> None:
    printed = dict(scripts(app.database))
    assert refused(app.database, {name: printed[name] for name in STATEMENTS}) == {}
    assert app.sql("SELECT count(*) FROM sweeper.refunds") == [(0,)]


def test_what_is_printed_for_a_dba_is_what_install_does(app: App) -> None:
    """With the rights of the one that runs: to read what the values read, to write what they write."""
    printed = app.database.sweeper("install", "--print", now=None)
    assert printed.exit_code == 0, printed.stderr
    (update,) = [
        line for line in printed.stdout.splitlines() if "GRANT UPDATE" in line and "jobs" in line and "runner" in line
    ]
    assert update == '-- GRANT UPDATE ("broken", "refunded_at") ON "public"."jobs" TO sweeper_runner;'
    app.sql("DROP SCHEMA sweeper CASCADE")
    ran = psql(app.database, app.database.sweeper("install", "--print", now=None).stdout)
    assert ran.returncode == 0, ran.stderr
    app.database.grant()
    assert app.database.run().document["refunds"]["credits"] == 3
    assert app.sql("SELECT id FROM jobs WHERE refunded_at IS NOT NULL") == [("j",)]
