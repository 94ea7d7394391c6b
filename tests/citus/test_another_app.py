"""Another app by account: ids of other types, charges with attempts, what its own code looks at."""

import subprocess
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from sweeper.statements.listing import list_statements
from tests.helpers.app_database import AppDatabase
from tests.helpers.checks import check, not_ok
from tests.helpers.citus import Cluster

WALLET = "00000000-0000-4000-8000-{:012}"
SCRIPT = """
CREATE TABLE wallets (id uuid PRIMARY KEY, balance numeric(12, 2) NOT NULL, closed boolean NOT NULL DEFAULT false);
CREATE TABLE jobs (
    wallet_id uuid NOT NULL, id bigint NOT NULL, charge_no int NOT NULL DEFAULT 1, state int NOT NULL,
    price numeric(12, 2), taken numeric(12, 2), refunded boolean NOT NULL DEFAULT false, refunded_at timestamptz,
    refunded_by text,
    started_at timestamptz NOT NULL DEFAULT now() - interval '1 day', ended_at timestamptz,
    PRIMARY KEY (wallet_id, id)
);
SELECT create_distributed_table('wallets', 'id');
SELECT create_distributed_table('jobs', 'wallet_id', colocate_with => 'wallets');
"""
TOML = """
[sessions]
table = "jobs"
id = "id"
account = "wallet_id"
status = "state"
failed = [40]
running = [10, 20]
succeeded = [30]
started_at = "started_at"
failed_at = "ended_at"
amount = "price"
charged = "taken"
attempt = "charge_no"
exclude = "refunded"
[sessions.close]
ended_at = "at"
[sessions.refunded]
refunded = "true"
refunded_at = "at"
refunded_by = "layer || ' ' || amount"
[sessions.reversed]
refunded = "false"
[accounts]
table = "wallets"
id = "id"
balance = "balance"
active = "NOT closed"
[policy]
since = 2020-01-01T00:00:00Z
max_clock_skew = "100y"
"""


@pytest.fixture
def app(cluster: Cluster, tmp_path: Path) -> Iterator[AppDatabase]:
    with cluster.blank(tmp_path, SCRIPT) as database:
        database.config.write_text(TOML)
        installed = database.sweeper("install", now=None)
        assert installed.exit_code == 0, installed.stderr
        for number in range(8):
            database.sql("INSERT INTO wallets VALUES (%s, 10)", WALLET.format(number))
            database.sql(
                "INSERT INTO jobs (wallet_id, id, state, price, taken, ended_at) VALUES (%s, %s, %s, 1.25, 1.25, %s)",
                WALLET.format(number), number, 20 if number % 2 else 40, None if number % 2 else "2026-11-20 10:00Z",
            )  # fmt: skip
        yield database


def balances(app: AppDatabase) -> list[Decimal]:
    return [balance for (balance,) in app.sql("SELECT balance FROM wallets ORDER BY id")]


def test_marks_are_set_and_taken_back(app: AppDatabase) -> None:
    ran = app.run(now=None, role=None)
    assert ran.exit_code == 0, ran.stderr
    assert ran.document["refunds"] == {"sessions": 8, "credits": "10.00", "accounts": 8}
    assert set(app.sql("SELECT state, refunded, refunded_at = ended_at, refunded_by FROM jobs WHERE id % 2 = 1")) == {
        (40, True, True, "sweeper 1.25")
    }
    assert set(app.sql("SELECT state, refunded, refunded_at > ended_at, refunded_by FROM jobs WHERE id % 2 = 0")) == {
        (40, True, True, "sweeper 1.25")
    }
    assert (
        app.value(
            "SELECT count(*) FROM sweeper.refunds AS r JOIN jobs AS j ON j.wallet_id = r.account_id "
            "AND j.id = r.session_id AND j.ended_at = r.failed_at AND r.charged = 1.25 AND r.attempt = 1"
        )
        == 8
    )
    assert balances(app) == [Decimal("11.25")] * 8
    reverted = app.sweeper("revert", "--run", ran.document["run_id"], "--reason", "x", "--yes", now=None)
    assert reverted.exit_code == 0, reverted.stderr
    assert balances(app) == [Decimal(10)] * 8
    assert app.value("SELECT count(*) FROM jobs WHERE refunded") == 0
    audited = app.sweeper("audit", "--format", "json", now=None)
    assert audited.exit_code == 0, audited.stdout


def test_each_charge_is_refunded_once(app: AppDatabase) -> None:
    assert app.run(now=None, role=None).document["refunds"]["sessions"] == 8
    app.sql("UPDATE jobs SET charge_no = 2, refunded = false, ended_at = '2026-11-21 10:00Z' WHERE id = 3")
    for _ in range(2):
        assert app.run("--full", now=None, role=None).exit_code == 0
    assert balances(app)[3] == Decimal("12.50")
    assert app.value("SELECT sweeper.refund(3, 'x', account_id => %s)", WALLET.format(3)) == 0
    app.sql("UPDATE jobs SET charge_no = 3, refunded = false WHERE id = 3")
    assert app.value("SELECT sweeper.refund(3, 'x')") == Decimal("1.25")
    assert app.sql("SELECT attempt FROM sweeper.refunds WHERE session_id = 3 ORDER BY 1") == [(1,), (2,), (3,)]
    explained = app.sweeper("explain", "3", "--json", now=None)
    assert explained.document["verdict"] == "refunded", explained.stderr


def test_what_no_program_may_pay_is_held_until_a_person_decides(app: AppDatabase) -> None:
    app.sql("UPDATE wallets SET closed = true WHERE id = %s", WALLET.format(1))
    app.sql("UPDATE jobs SET price = 2 WHERE id = 2")
    app.sql("UPDATE jobs SET taken = NULL WHERE id = 4")
    app.sql("UPDATE jobs SET taken = NULL, started_at = '2026-01-01Z' WHERE id = 6")  # older than all charges
    planned = app.run("--dry-run", now=None, role=None)
    ran = app.run(now=None, role=None)
    assert ran.exit_code == 3, ran.stderr
    assert planned.document["refunds"] == ran.document["refunds"]
    assert ran.document["refunds"]["sessions"] == 4
    assert dict(app.sql("SELECT session_id, why FROM sweeper.holds")) == {
        1: "account_inactive",
        2: "above_charge",
        6: "charge_unknown",
    }
    audited = app.sweeper("audit", "--format", "json", now=None)
    assert {one["code"]: one["count"] for one in audited.document["findings"]} == {"held": 3}
    assert audited.document["position"]["held"]["sessions"] == 3
    app.sql("UPDATE wallets SET closed = false")
    app.sql("UPDATE jobs SET price = 1 WHERE id = 2")
    ran = app.run("--session", "1", "--session", "2", now=None, role=None)
    assert (ran.exit_code, ran.document["refunds"]["sessions"]) == (0, 2), ran.stderr
    assert app.value("SELECT count(*) FROM sweeper.holds WHERE ended_at IS NULL") == 1
    assert sum(balances(app)) == Decimal(80) + 5 * Decimal("1.25") + 1


def test_check_finds_no_failure(app: AppDatabase) -> None:
    ran = check(app)
    assert "failure" not in not_ok(ran).values(), ran.stdout
    assert app.run(now=None, role=None).exit_code == 0
    assert "failure" not in not_ok(check(app)).values()


def test_without_a_table_of_accounts(app: AppDatabase) -> None:
    """What closes and marks a session is the refund."""
    app.configure('[accounts]\ntable = "wallets"\nid = "id"\nbalance = "balance"\nactive = "NOT closed"\n', "")
    assert app.sweeper("install", now=None).exit_code == 0
    planned = app.run("--dry-run", now=None, role=None)
    ran = app.run(now=None, role=None)
    assert ran.exit_code == 0, ran.stderr
    assert planned.document["refunds"] == ran.document["refunds"]
    assert ran.document["refunds"]["sessions"] == app.value("SELECT count(*) FROM jobs WHERE refunded") == 8
    assert balances(app) == [Decimal(10)] * 8
    assert app.value("SELECT sweeper.refund(3, 'x')") == 0
    assert app.sweeper("audit", "--format", "json", now=None).exit_code == 0


def test_every_statement_that_is_shown_runs(app: AppDatabase) -> None:
    """As psql reads it, in a transaction that is rolled back."""
    assert app.run(now=None, role=None).exit_code == 0
    app.sql("INSERT INTO jobs (wallet_id, id, state, price, taken) VALUES (%s, 90, 40, 1, 1)", WALLET.format(1))
    before = app.sql("SELECT count(*), sum(amount) FROM sweeper.refunds")
    shown, refused = 0, {}
    for statement in list_statements():
        if statement.group not in ("run", "audit", "explain", "corrections", "check", "monitoring"):
            continue
        printed = app.sweeper("sql", statement.name, now=None)
        if printed.exit_code == 2:
            assert "is not sent under this mapping" in printed.stderr
            continue
        ran = subprocess.run(
            ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", app.url],
            input=printed.stdout, capture_output=True, text=True, check=False,
        )  # fmt: skip
        shown += 1
        if ran.returncode != 0:
            refused[statement.name] = ran.stderr
    assert refused == {}
    assert shown > 60
    assert app.sql("SELECT count(*), sum(amount) FROM sweeper.refunds") == before


def test_accounts_with_ids_of_a_limited_length_are_paid(cluster: Cluster, tmp_path: Path) -> None:
    """Citus compares the length, too, where it decides whether an INSERT from a SELECT stays on one node."""
    script = SCRIPT.replace("id uuid PRIMARY", "id varchar(40) PRIMARY").replace(
        "wallet_id uuid", "wallet_id varchar(40)"
    )
    with cluster.blank(tmp_path, script) as app:
        app.config.write_text(TOML)
        installed = app.sweeper("install", now=None)
        assert installed.exit_code == 0, installed.stderr
        app.sql("INSERT INTO wallets VALUES ('w1', 10)")
        app.sql("INSERT INTO jobs (wallet_id, id, state, price, taken) VALUES ('w1', 1, 40, 1.25, 1.25)")
        assert app.sweeper("install", now=None).exit_code == 0
        ran = app.run(now=None, role=None)
        assert (ran.exit_code, ran.document["refunds"]["sessions"]) == (0, 1), ran.stderr
        assert balances(app) == [Decimal("11.25")]
        reverted = app.sweeper("revert", "--session", "1", "--reason", "x", "--yes", now=None)
        assert reverted.exit_code == 0, reverted.stderr
        assert balances(app) == [Decimal(10)]
