"""A tenant's schema on a node of Citus: every command gives what it gives on one server."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from sweeper.postgres.connection import from_url
from sweeper.postgres.database import Database
from sweeper.postgres.timeouts import Timeouts
from tests.helpers.app_database import AppDatabase
from tests.helpers.checks import check, items, not_ok
from tests.helpers.citus import Cluster
from tests.helpers.first_app import fill
from tests.helpers.sharded import ACCOUNTS
from tests.helpers.tenants import assert_paid, tenant


@pytest.fixture
def app(cluster: Cluster, tmp_path: Path) -> Iterator[AppDatabase]:
    with tenant(cluster, tmp_path) as database:
        yield database


def test_a_run_pays_what_a_dry_run_names_and_once(app: AppDatabase) -> None:
    fill(app, accounts=ACCOUNTS, sessions=200)
    app.session("gone", account="nobody")
    app.session("done", "finished")
    planned = app.run("--dry-run", now=None, role=None)
    ran = app.run(now=None, role=None)
    assert ran.exit_code == 3, ran.stderr
    assert planned.document["refunds"] == ran.document["refunds"]
    assert ran.document["refunds"] == {"sessions": 200, "credits": 600, "accounts": 20}
    assert ran.document["reasons"]["stuck"] == {"sessions": 100, "credits": 300}
    again = app.run("--full", now=None, role=None)
    assert (again.exit_code, again.document["refunds"]["sessions"]) == (0, 0)
    app.sql("DELETE FROM prediction_sessions WHERE id IN ('gone', 'done')")
    assert_paid(app, 200)
    assert app.value("SELECT count(*) FROM prediction_sessions WHERE step = 'Closed: no sign of life'") == 100


def test_a_full_sweep_ends_holds_of_what_has_succeeded(app: AppDatabase) -> None:
    app.session("s1", account="nobody")
    assert app.run(now=None, role=None).document["held"] == 1
    app.sql("UPDATE prediction_sessions SET status = 'finished'")
    assert app.run("--full", now=None, role=None).exit_code == 0
    assert app.value("SELECT count(*) FROM holds WHERE ended_at IS NULL") == 0


def test_corrections_and_books(app: AppDatabase) -> None:
    fill(app, accounts=ACCOUNTS, sessions=20)
    app.session("none", account=None)
    run_id = app.run(now=None, role=None).document["run_id"]
    assert app.sweeper("revert", "--session", "s1", "--reason", "twice", "--yes", now=None).exit_code == 0
    assert app.run("--session", "s1", now=None, role=None).document["refunds"]["sessions"] == 1
    assert app.sweeper("revert", "--run", run_id, "--reason", "wrong", "--yes", now=None).exit_code == 0
    adopted = app.sweeper("adopt", "--session", "none", "--amount", "0", "--reason", "waived", "--yes", now=None)
    assert adopted.exit_code == 0, adopted.stderr
    ran = app.sweeper("audit", "--format", "json", now=None)
    assert ran.exit_code == 0, ran.stderr
    period = ran.document["period"]
    assert period["refunded"] == {"sessions": 21, "credits": 63}
    assert period["reversed"] == {"sessions": 20, "credits": 60}
    assert period["adopted"] == {"sessions": 1, "credits": 0}
    assert app.value("SELECT sum(credits) FROM users") == 20 * 1000 + 3
    explained = app.sweeper("explain", "s1", "--json", now=None).document
    assert explained["verdict"] == "refunded"
    assert len(app.sweeper("history", "--json", now=None).document["runs"]) == 2
    for format_ in ("csv", "html", "table"):
        assert app.sweeper("audit", "--format", format_, now=None).exit_code == 0


def test_check_finds_no_failure(app: AppDatabase) -> None:
    fill(app, accounts=ACCOUNTS, sessions=20)
    ran = check(app)
    assert "failure" not in not_ok(ran).values(), ran.stdout
    assert items(ran)["append_only"]["status"] == "ok"
    assert items(ran)["refund_function"]["status"] == "ok"


def test_refund_function_pays_once_and_leaves_the_callers_zone(app: AppDatabase, cluster: Cluster) -> None:
    app.account()
    app.session("stuck", "generating", created="2026-11-20 10:00")
    with app.connect() as connection:
        paid = "SELECT tenant.refund('stuck', 'worker', 'it broke', 'worker')"
        assert connection.execute(paid).fetchone() == (3,)
        assert connection.execute(paid).fetchone() == (0,)
        zones = connection.execute("SELECT current_setting('TimeZone') || left(id, 0) FROM tenant.users").fetchone()
    assert zones == (app.value("SELECT reset_val FROM pg_settings WHERE name = 'TimeZone'"),)
    assert app.sql("SELECT amount, layer, failed_at AT TIME ZONE 'UTC' FROM refunds") == [
        (3, "worker", app.value("SELECT created_at FROM prediction_sessions"))
    ]
    assert app.sql("SELECT credits, status::text FROM users, prediction_sessions") == [(103, "error")]


def test_times_without_a_zone_are_read_in_the_mappings_on_every_node(app: AppDatabase, cluster: Cluster) -> None:
    """Grace and stuck_after to the microsecond, on nodes that are nine hours off."""
    name = app.value("SELECT current_database()")
    cluster.execute(f"ALTER DATABASE \"{name}\" SET TimeZone = 'Asia/Tokyo'")
    app.configure('id         = "id"', 'id         = "id"\ntimezone   = "America/New_York"')
    assert app.sweeper("install", now=None).exit_code == 0
    app.account()
    app.session("at-the-limit", created="2026-11-23 06:45:00")
    app.session("in-grace", created="2026-11-23 06:45:00.000001")
    app.session("stuck", "generating", created="2026-11-23 06:00:00")
    app.session("alive", "generating", created="2026-11-23 06:00:00.000001")
    planned, ran = app.run("--dry-run", role=None), app.run(role=None)
    assert ran.exit_code == 0, ran.stderr
    assert planned.document["refunds"] == ran.document["refunds"]
    paid = app.sql("SELECT session_id, failed_at AT TIME ZONE 'UTC' FROM refunds ORDER BY 1")
    assert [(session, str(at)) for session, at in paid] == [
        ("at-the-limit", "2026-11-23 11:45:00"),
        ("stuck", "2026-11-23 11:00:00"),
    ]
    assert str(app.value("SELECT updated_at FROM users")) == "2026-11-23 07:00:00"


def test_bounds_and_zone_of_a_transaction_are_those_of_every_node(app: AppDatabase) -> None:
    """Nobody there waits longer for a lock than here, or reads another time; nothing of it outlives the transaction."""
    app.account()
    bounds = "current_setting('lock_timeout'), ' ', current_setting('TimeZone')"
    there = f"SELECT concat({bounds}, left(id, 0)) FROM tenant.users"
    zone = app.value("SELECT reset_val FROM pg_settings WHERE name = 'TimeZone'")
    database = Database(from_url(app.url, "URL"), application_name="test")
    try:
        with database.transaction(timeouts=Timeouts(lock_ms=77), timezone="Asia/Tokyo") as transaction:
            assert transaction.row(there)[0] == "77ms Asia/Tokyo"
        with database.outside_transaction() as connection:
            assert connection.row(there)[0] == f"0 {zone}"
    finally:
        database.close()


def test_refunds_cannot_be_edited_on_their_node(app: AppDatabase, cluster: Cluster) -> None:
    """Nor after the schema has moved to another."""
    fill(app, accounts=ACCOUNTS, sessions=2)
    app.run(now=None, role=None)
    assert app.sweeper("revert", "--session", "s1", "--reason", "x", "--yes", now=None).exit_code == 0
    for moved in (False, True):
        if moved:
            _move(app, cluster)
        for table in ("refunds", "reversals"):
            for statement in (f"UPDATE {table} SET amount = 0", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
                with pytest.raises(psycopg.Error, match="is append-only"):
                    app.sql(statement)
    app.session("s9", account="u1", created="2026-11-20 10:00")
    assert app.run(now=None, role=None).document["refunds"]["sessions"] == 1
    assert "failure" not in not_ok(check(app)).values()


def _move(app: AppDatabase, cluster: Cluster) -> None:
    here = app.value("SELECT nodeport FROM citus_shards WHERE table_name = 'tenant.refunds'::regclass")
    ((host, port),) = [place for place in cluster.workers if place[1] != here]
    app.sql("SELECT citus_schema_move('tenant', %s, %s, shard_transfer_mode => 'block_writes')", host, port)


def test_sweepers_tables_outside_the_tenants_schema_are_refused(app: AppDatabase) -> None:
    app.configure('"tenant"', '"sweeper"')
    app.configure('"prediction_sessions"', '"tenant.prediction_sessions"')
    for command in ("install", "run"):
        ran = app.sweeper(command, now=None)
        assert ran.exit_code == 2
        if command == "install":
            assert 'Set database.schema = "tenant"' in ran.stderr
    assert app.value("SELECT count(*) FROM refunds") == 0


def test_there_is_no_fence(app: AppDatabase) -> None:
    ran = app.sweeper("install", "--fence", now=None)
    assert (ran.exit_code, "takes no trigger of ours" in ran.stderr) == (2, True)
