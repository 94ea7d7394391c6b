"""A partitioned ledger that can have no guard: sweeper's own stops a second refund by a sweep or refund()."""

from decimal import Decimal

import psycopg
import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.checks import check, items
from tests.helpers.installation import LEDGER, dump, indexes, installed
from tests.helpers.prisma_app import owed_job, partition_ledger, prisma_job, refund_by_app
from tests.helpers.refund_function import refund
from tests.helpers.statements import before

BY_MONTH = f"""
    CREATE TABLE app."old" PARTITION OF {LEDGER} FOR VALUES FROM (MINVALUE) TO ('2026-11-01');
    CREATE TABLE app."november" PARTITION OF {LEDGER} FOR VALUES FROM ('2026-11-01') TO ('2026-12-01');
    CREATE TABLE app."later" PARTITION OF {LEDGER} DEFAULT
"""
SUB = f"""
    CREATE TABLE app."p" PARTITION OF {LEDGER} DEFAULT PARTITION BY RANGE ("createdAt");
    CREATE TABLE app."q" PARTITION OF app."p" DEFAULT
"""
KINDS = {
    "by time": ('RANGE ("createdAt")', BY_MONTH),
    "by an expression": ('LIST ((lower("jobId")))', f'CREATE TABLE app."p" PARTITION OF {LEDGER} DEFAULT'),
    "by time within the session": ('LIST ("jobId")', SUB),
    "by account": ('HASH ("userId")', f'CREATE TABLE app."p" PARTITION OF {LEDGER} FOR VALUES WITH (MODULUS 1, '
                   "REMAINDER 0)"),
}  # fmt: skip


@pytest.fixture(params=KINDS)
def app(prisma: AppDatabase, request: pytest.FixtureRequest) -> AppDatabase:
    """The Prisma app with a ledger in partitions, whose key does not hold the session alone."""
    partition_ledger(prisma, *KINDS[request.param])
    installed(prisma)
    return prisma


@pytest.fixture
def monthly(prisma: AppDatabase) -> AppDatabase:
    """The same by month."""
    partition_ledger(prisma, *KINDS["by time"])
    installed(prisma)
    return prisma


def booked(app: AppDatabase) -> list[tuple[object, ...]]:
    """The rows of the app's ledger, and what is on the balances beside."""
    return app.sql(f'SELECT "jobId", "type"::text, "amount" FROM {LEDGER} ORDER BY 1, 2')


def balance(app: AppDatabase, user: str) -> object:
    return app.value('SELECT "creditBalance" FROM app."User" WHERE "id"::text = %s', user)


@pytest.mark.slow
@pytest.mark.every_version
def test_every_command_is_exact_and_check_says_what_stays_open(app: AppDatabase) -> None:
    (index,) = indexes(app, LEDGER).values()
    assert "UNIQUE" not in index
    user, job = prisma_job(app)
    refund_by_app(app, *prisma_job(app))
    other, called = prisma_job(app)
    guard = items(check(app))["guard"]
    assert (guard["status"], "locks the session's row before" in guard["message"]) == ("warning", True)
    assert "FOR UPDATE" in guard["fix"]
    assert [refund(app, called, cast="uuid") for _ in range(2)] == [Decimal(3), Decimal(0)]
    planned = app.run("--dry-run").document
    ran = app.run()
    assert ran.exit_code == 0, ran.stderr
    assert planned["refunds"] == ran.document["refunds"] == {"sessions": 1, "credits": "3.00", "accounts": 1}
    assert app.run("--full").document["refunds"]["sessions"] == 0
    assert (balance(app, user), balance(app, other), len(booked(app))) == (13, 13, 3)
    audited = app.sweeper("audit", "--json")
    assert audited.document["findings"] == []
    assert audited.document["position"]["refunded"]["sessions"] == 3
    reverted = app.sweeper("revert", "--run", ran.document["run_id"], "--reason", "x", "--yes")
    assert reverted.exit_code == 0, reverted.stderr
    assert (balance(app, user), len(booked(app))) == (10, 4)
    assert app.run("--full").document["refunds"]["sessions"] == 0, "what was taken back is not paid again"
    assert refund(app, job, cast="uuid") == 0
    dumped = dump(app)
    installed(app)
    assert dump(app) == dumped


@pytest.mark.parametrize("moment", ["lock_sessions", "pay", "read_back"])
def test_a_refund_of_the_apps_that_is_there_before_the_batch_ends_is_the_only_one(
    monthly: AppDatabase, moment: str
) -> None:
    """Also one that comes after the second look, by code that has locked nothing."""
    user, job = prisma_job(monthly)
    with before(moment, lambda: refund_by_app(monthly, user, job)) as done:
        ran = monthly.run()
    assert (done, ran.exit_code, ran.document["refunds"]["sessions"]) == ([True], 0, 0), ran.stderr
    assert (booked(monthly), balance(monthly, user)) == ([(job, "REFUND", 3)], 10)
    assert monthly.value("SELECT count(*) FROM sweeper.refunds") == 0
    assert monthly.value("SELECT count(*) FROM sweeper.holds") == 0


def test_refund_is_not_called_with_a_snapshot_from_before_the_apps(bare: AppDatabase) -> None:
    """No conflict of the two rows would stop it, and neither touches the same row of another table."""
    app = App(bare)
    columns = "job text, kind text, amount int, at timestamptz DEFAULT now()"
    app.sql(f"CREATE TABLE books ({columns}) PARTITION BY RANGE (at)")
    app.sql("CREATE TABLE books_of_now PARTITION OF books DEFAULT")
    row = {"job": "session_id", "kind": "'refund'", "amount": "amount"}
    app.map("ledger", table="books", session="job", where="kind = 'refund'", insert=row)
    assert app.install().exit_code == 0
    with bare.connect() as layer:
        layer.autocommit, layer.isolation_level = False, psycopg.IsolationLevel.REPEATABLE_READ
        layer.execute("SELECT")
        app.sql("INSERT INTO books SELECT id, 'refund', 3 FROM jobs")
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="cannot be called at repeatable read"):
            layer.execute("SELECT sweeper.refund(id, 'x') FROM jobs")


def test_a_layer_that_locks_the_session_before_it_looks_comes_after_or_before(monthly: AppDatabase) -> None:
    user, job = prisma_job(monthly)
    with monthly.connect() as app:
        with app.transaction():
            app.execute('SELECT FROM app."Job" WHERE "id"::text = %s FOR UPDATE', [job])
            assert monthly.run().document["skipped"] == 1
        assert monthly.run().document["refunds"]["sessions"] == 1
        with app.transaction():
            app.execute('SELECT FROM app."Job" WHERE "id"::text = %s FOR UPDATE', [job])
            seen = app.execute(f"SELECT count(*) FROM {LEDGER} WHERE \"type\" = 'REFUND'").fetchone()
    assert (seen, balance(monthly, user)) == ((1,), 13)


def test_nothing_is_paid_without_sweepers_own_guard_and_nothing_that_it_has_again(monthly: AppDatabase) -> None:
    user, _ = prisma_job(monthly)
    assert monthly.run().document["refunds"]["sessions"] == 1
    monthly.sql(f"DELETE FROM {LEDGER}")
    assert monthly.run("--full").document["refunds"]["sessions"] == 0
    monthly.sql("ALTER TABLE sweeper.refunds DROP CONSTRAINT refunds_session_id_attempt_again_key")
    assert items(check(monthly))["guard"]["status"] == "failure"
    owed_job(monthly)
    assert monthly.run().document["error"]["code"] == "guard_missing"
    assert balance(monthly, user) == 13


def test_a_second_refund_of_the_apps_is_found(monthly: AppDatabase) -> None:
    user, job = prisma_job(monthly)
    assert monthly.run().document["refunds"]["sessions"] == 1
    refund_by_app(monthly, user, job)
    findings = monthly.sweeper("audit", "--json").document["findings"]
    assert [(one["code"], one["samples"]) for one in findings] == [("double_refund", [job])]


def test_rows_that_are_doubled_already_do_not_stop_an_installation(prisma: AppDatabase) -> None:
    partition_ledger(prisma, *KINDS["by time"])
    for _ in range(2):
        refund_by_app(prisma, *(job := prisma_job(prisma)))
        refund_by_app(prisma, *job)
    installed(prisma)
    assert prisma.run().document["refunds"]["sessions"] == 0


def test_a_new_table_in_the_place_of_the_ledger_stops_refunds(monthly: AppDatabase) -> None:
    user, job = prisma_job(monthly)
    refund_by_app(monthly, user, job)
    monthly.sql(f'ALTER TABLE {LEDGER} RENAME TO "before"; CREATE TABLE {LEDGER} (LIKE app."before" INCLUDING ALL) '
                'PARTITION BY RANGE ("createdAt"); CREATE TABLE app."new" PARTITION OF '
                f"{LEDGER} DEFAULT")  # fmt: skip
    assert monthly.run(role=None).document["error"]["code"] == "ledger_changed"
    with pytest.raises(psycopg.Error, match="guard is missing"):
        refund(monthly, job, cast="uuid")
    assert balance(monthly, user) == 10
