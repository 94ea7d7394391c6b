"""Tables that Citus has distributed by the account: every command gives what it gives on one server."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.checks import check, items, not_ok
from tests.helpers.citus import Cluster
from tests.helpers.first_app import fill
from tests.helpers.sharded import ACCOUNTS
from tests.helpers.shards import assert_paid, by_account


@pytest.fixture
def app(cluster: Cluster, tmp_path: Path) -> Iterator[AppDatabase]:
    with by_account(cluster, tmp_path) as database:
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
    assert ran.document["batches"] > 1
    again = app.run("--full", now=None, role=None)
    assert (again.exit_code, again.document["refunds"]["sessions"]) == (0, 0)
    app.sql("DELETE FROM prediction_sessions WHERE id IN ('gone', 'done')")
    assert_paid(app, 200)
    assert app.value("SELECT count(*) FROM prediction_sessions WHERE step = 'Closed: no sign of life'") == 100


def test_corrections_and_books(app: AppDatabase) -> None:
    fill(app, accounts=ACCOUNTS, sessions=20)
    app.session("waived", account="u1", models=9)
    app.configure("[policy]", "[policy]\nmax_amount = 5")
    assert app.sweeper("install", now=None).exit_code == 0
    ran = app.run(now=None, role=None)
    assert (ran.exit_code, ran.document["held"]) == (3, 1)
    run_id = ran.document["run_id"]
    assert app.sweeper("revert", "--session", "s1", "--reason", "twice", "--yes", now=None).exit_code == 0
    assert app.run("--session", "s1", now=None, role=None).document["refunds"]["sessions"] == 1
    planned = app.sweeper("revert", "--run", run_id, "--reason", "wrong", "--dry-run", "--json", now=None)
    assert (planned.exit_code, planned.document["already_reversed"]) == (0, 1)
    assert app.sweeper("revert", "--run", run_id, "--reason", "wrong", "--yes", now=None).exit_code == 0
    adopted = app.sweeper("adopt", "--session", "waived", "--amount", "0", "--reason", "no", "--yes", now=None)
    assert adopted.exit_code == 0, adopted.stderr
    ran = app.sweeper("audit", "--format", "json", now=None)
    assert ran.exit_code == 0, ran.stderr + ran.stdout
    period = ran.document["period"]
    assert period["refunded"] == {"sessions": 21, "credits": 63}
    assert period["reversed"] == {"sessions": 20, "credits": 60}
    assert period["adopted"] == {"sessions": 1, "credits": 0}
    assert sum(one["sessions"] for one in period["by_reason"].values()) == 21
    assert sum(one["credits"] for one in period["by_day"]) == 63
    assert app.value("SELECT sum(credits) FROM users") == 20 * 1000 + 3
    assert app.sweeper("explain", "s1", "--json", now=None).document["verdict"] == "refunded"
    assert app.sweeper("explain", "s2", "--json", now=None).document["verdict"] == "reversed"
    of_account = app.sweeper("explain", "--account", "u1", "--json", now=None)
    assert of_account.exit_code == 0, of_account.stderr
    assert {one["session_id"] for one in of_account.document["sessions"]} == {"s1", "waived"}
    runs = app.sweeper("history", "--json", now=None).document["runs"]
    assert [one["refunds"]["sessions"] for one in runs] == [1, 20]
    of_run = app.sweeper("history", run_id, "--json", now=None)
    assert of_run.exit_code == 0, of_run.stderr
    for format_ in ("csv", "html", "table"):
        assert app.sweeper("audit", "--format", format_, now=None).exit_code == 0


def test_check_finds_no_failure(app: AppDatabase) -> None:
    fill(app, accounts=ACCOUNTS, sessions=20)
    ran = check(app)
    assert "failure" not in not_ok(ran).values(), ran.stdout
    for name in ("append_only", "refund_function", "guard"):
        assert items(ran)[name]["status"] == "ok"
    app.sql("ALTER TABLE sweeper.refunds DROP CONSTRAINT refunds_session_id_attempt_again_account_id_key")
    assert items(check(app))["guard"]["status"] == "failure"
    ran = app.run(now=None, role=None)
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "guard_missing")


def test_refund_function_pays_once_with_the_account_and_without(app: AppDatabase) -> None:
    app.account()
    app.account("u2")
    app.session("stuck", "generating", created="2026-11-20 10:00")
    app.session("failed", account="u2")
    with app.connect() as connection:
        paid = "SELECT sweeper.refund('stuck', 'worker', 'it broke', 'worker')"
        assert connection.execute(paid).fetchone() == (3,)
        assert connection.execute(paid).fetchone() == (0,)
        of_account = "SELECT sweeper.refund('failed', 'worker', account_id => 'u2')"
        assert connection.execute(of_account).fetchone() == (3,)
        assert connection.execute(of_account).fetchone() == (0,)
        zones = connection.execute("SELECT DISTINCT current_setting('TimeZone') || left(id, 0) FROM users").fetchall()
    assert zones == [(app.value("SELECT reset_val FROM pg_settings WHERE name = 'TimeZone'"),)]
    assert app.sql(
        "SELECT amount, layer, failed_at AT TIME ZONE 'UTC' FROM sweeper.refunds WHERE account_id = 'u1'"
    ) == [(3, "worker", app.value("SELECT created_at FROM prediction_sessions WHERE id = 'stuck'"))]
    assert app.sql("SELECT credits FROM users") == [(103,), (103,)]
    assert app.value("SELECT count(*) FROM prediction_sessions WHERE status = 'error'") == 2
    for call in ("'failed', 'x', account_id => 'u1'", "'none', 'x'"):
        with pytest.raises(psycopg.errors.NoDataFound, match="there is no session"):
            app.sql(f"SELECT sweeper.refund({call})")


def test_an_id_of_two_accounts_is_held_and_found(app: AppDatabase) -> None:
    """Nobody knows whose a refund is that names the session alone."""
    for account in ("u1", "u2", "u3"):
        app.account(account)
    app.session("same", account="u1")
    app.session("same", account="u2")
    app.session("other", account="u3")
    planned = app.run("--dry-run", role=None)
    ran = app.run(role=None)
    assert planned.document["refunds"] == ran.document["refunds"] == {"sessions": 1, "credits": 3, "accounts": 1}
    assert app.value("SELECT sweeper.refund('same', 'x')") == 0
    assert {why for (why,) in app.sql("SELECT why FROM sweeper.holds")} == {"ambiguous_id"}
    audited = app.sweeper("audit", "--format", "json")
    assert "ambiguous_id" in {one["code"] for one in audited.document["findings"]}
    assert app.value("SELECT sweeper.refund('same', 'x', account_id => 'u2')") == 0
    assert app.sql("SELECT id, credits FROM users ORDER BY id") == [("u1", 100), ("u2", 100), ("u3", 103)]
    app.sql("DELETE FROM prediction_sessions WHERE id = 'same' AND user_id = 'u2'")
    assert app.run("--session", "same", role=None).document["refunds"]["sessions"] == 1
    assert app.credits("u1") == 103


def test_a_row_that_fails_is_held_and_the_rest_is_paid(app: AppDatabase) -> None:
    app.configure('"cardinality(selected_models)"', '"12 / cardinality(selected_models)"')
    assert app.sweeper("install", now=None).exit_code == 0
    for number in range(6):
        app.account(f"u{number}")
        app.session(f"s{number}", account=f"u{number}", models=number)
    ran = app.run(role=None)
    assert (ran.exit_code, ran.document["held"]) == (3, 1), ran.stderr
    assert app.sql("SELECT session_id, account_id, why, sqlstate FROM sweeper.holds") == [
        ("s0", "u0", "refused", "22012")
    ]
    assert ran.document["refunds"]["sessions"] == 5
    app.sql("UPDATE prediction_sessions SET selected_models = '{a}' WHERE id = 's0'")
    assert app.run("--session", "s0", role=None).document["refunds"] == {"sessions": 1, "credits": 12, "accounts": 1}
    assert app.value("SELECT count(*) FROM sweeper.holds WHERE ended_at IS NULL") == 0


@pytest.mark.parametrize("cap", ["--max-refunds", "--max-credits"])
def test_a_cap_ends_a_run_where_it_ends_a_dry_run(app: AppDatabase, cap: str) -> None:
    """By the time at which sessions started, whatever shards they are in."""
    fill(app, accounts=ACCOUNTS, sessions=100)
    app.sql("UPDATE prediction_sessions SET selected_models = '{a}' WHERE id IN ('s30', 's31')")
    limit = "37" if cap == "--max-refunds" else "107"
    planned = app.run("--dry-run", cap, limit, now=None, role=None)
    ran = app.run(cap, limit, now=None, role=None)
    assert (planned.document["outcome"], ran.document["outcome"]) == ("capped", "capped"), ran.stderr
    assert planned.document["refunds"] == ran.document["refunds"]
    assert planned.document["reasons"] == ran.document["reasons"]
    paid = {session for (session,) in app.sql("SELECT session_id FROM sweeper.refunds")}
    assert paid == {f"s{number}" for number in range(37)}
    assert app.run(cap, "1000", now=None, role=None).document["refunds"]["sessions"] == 63


def test_times_without_a_zone_are_read_in_the_mappings_on_every_node(app: AppDatabase, cluster: Cluster) -> None:
    """Grace and stuck_after to the microsecond, on nodes that are nine hours off."""
    name = app.value("SELECT current_database()")
    cluster.execute(f"ALTER DATABASE \"{name}\" SET TimeZone = 'Asia/Tokyo'")
    app.configure('id         = "id"', 'id         = "id"\ntimezone   = "America/New_York"')
    assert app.sweeper("install", now=None).exit_code == 0
    for number, (status, created) in enumerate((
        ("error", "2026-11-23 06:45:00"), ("error", "2026-11-23 06:45:00.000001"),
        ("generating", "2026-11-23 06:00:00"), ("generating", "2026-11-23 06:00:00.000001"),
    )):  # fmt: skip
        app.account(f"u{number}")
        app.session(f"s{number}", status, account=f"u{number}", created=created)
    planned, ran = app.run("--dry-run", role=None), app.run(role=None)
    assert ran.exit_code == 0, ran.stderr
    assert planned.document["refunds"] == ran.document["refunds"]
    paid = app.sql("SELECT session_id, failed_at AT TIME ZONE 'UTC' FROM sweeper.refunds ORDER BY 1")
    assert [(session, str(at)) for session, at in paid] == [
        ("s0", "2026-11-23 11:45:00"),
        ("s2", "2026-11-23 11:00:00"),
    ]
    updated = app.sql("SELECT updated_at FROM users WHERE id IN ('u0', 'u2')")
    assert {str(at) for (at,) in updated} == {"2026-11-23 07:00:00"}


def test_nobody_waits_longer_on_a_node_than_here(app: AppDatabase) -> None:
    """Somebody inserts the same refund, and has not committed yet: that is a lock on the node."""
    fill(app, accounts=ACCOUNTS, sessions=20)
    with app.connect() as other:
        other.execute(
            "INSERT INTO sweeper.refunds (refund_id, session_id, account_id, amount, reason, layer, created_at) "
            "VALUES (gen_random_uuid(), 's3', 'u3', 3, 'x', 'x', now())"
        )
        ran = app.run(now=None, role=None)
        other.rollback()
    assert (ran.exit_code, ran.document["skipped"], ran.document["refunds"]["sessions"]) == (0, 1, 19), ran.stderr
    assert app.run(now=None, role=None).document["refunds"]["sessions"] == 1
    assert_paid(app, 20)


def test_refunds_cannot_be_edited_on_any_node(app: AppDatabase, cluster: Cluster) -> None:
    """Nor after a shard has moved to another."""
    fill(app, accounts=ACCOUNTS, sessions=20)
    app.run(now=None, role=None)
    assert app.sweeper("revert", "--session", "s1", "--reason", "x", "--yes", now=None).exit_code == 0
    for moved in (False, True):
        if moved:
            _move_all(app, cluster)
        for table in ("refunds", "reversals"):
            for statement in (
                f"UPDATE sweeper.{table} SET amount = 0",
                f"UPDATE sweeper.{table} SET amount = 0 WHERE account_id = 'u1'",
                f"DELETE FROM sweeper.{table} WHERE account_id = 'u1'",
                f"TRUNCATE sweeper.{table} CASCADE",
            ):  # fmt: skip
                with pytest.raises(psycopg.Error, match="is append-only"):
                    app.sql(statement)
    app.session("s99", account="u1", created="2026-11-20 10:00")
    assert app.run(now=None, role=None).document["refunds"]["sessions"] == 1
    assert "failure" not in not_ok(check(app)).values()


def _move_all(app: AppDatabase, cluster: Cluster) -> None:
    shards = app.sql(
        "SELECT shardid, nodename, nodeport FROM citus_shards WHERE table_name = 'sweeper.refunds'::regclass "
        "AND nodeport = %s LIMIT 3", cluster.workers[0][1],
    )  # fmt: skip
    host, port = cluster.workers[1]
    for shard, node, node_port in shards:
        app.sql(
            "SELECT citus_move_shard_placement(%s, %s, %s, %s, %s, 'block_writes')", shard, node, node_port, host, port
        )
