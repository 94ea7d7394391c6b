"""Credits of several kinds, on tables that Citus distributes: what each column takes is exact."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from tests.helpers import sharded
from tests.helpers.app_database import AppDatabase
from tests.helpers.checks import check, not_ok
from tests.helpers.citus import Cluster
from tests.helpers.processes import start

READERS = 12
TABLES = """
CREATE TABLE readers (id bigint PRIMARY KEY, free_left int NOT NULL, bought_left int NOT NULL, at_stake int NOT NULL);
CREATE TABLE books (
    reader_id bigint NOT NULL, id text NOT NULL, state text NOT NULL, of_free int, of_bought int,
    started_at timestamptz NOT NULL DEFAULT now() - interval '1 day', ended_at timestamptz,
    PRIMARY KEY (reader_id, id)
);
"""
BY_ACCOUNT = """
SELECT create_distributed_table('readers', 'id');
SELECT create_distributed_table('books', 'reader_id', colocate_with => 'readers');
"""
BY_SCHEMA = """
SET citus.enable_schema_based_sharding = on;
CREATE SCHEMA tenant;
SET search_path = tenant, public;
"""
# what is at stake is given back of those that had not failed yet: their state is read before they are closed
TOML = """
[sessions]
table = "books"
id = "id"
account = "reader_id"
status = "state"
failed = ["failed"]
running = ["reading"]
succeeded = ["ready"]
started_at = "started_at"
failed_at = "ended_at"
amount = "of_free + of_bought"
[sessions.close]
ended_at = "at"
[accounts]
table = "readers"
id = "id"
balance = "free_left + bought_left"
[accounts.add]
free_left = "s.of_free"
bought_left = "s.of_bought"
at_stake = "CASE WHEN s.state = 'reading' THEN 0 - amount ELSE 0 END"
[policy]
since = 2020-01-01T00:00:00Z
max_clock_skew = "100y"
"""


@pytest.fixture(params=["account", "schema"])
def app(cluster: Cluster, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[AppDatabase]:
    by_account = request.param == "account"
    script = (
        TABLES + BY_ACCOUNT
        if by_account
        else BY_SCHEMA + TABLES.replace("PRIMARY KEY (reader_id, id)", "PRIMARY KEY (id)")
    )
    toml = TOML if by_account else '[database]\nschema = "tenant"\n' + TOML
    with sharded.distributed(cluster, tmp_path, script, toml, installed=True) as database:
        for reader in range(READERS):
            database.sql("INSERT INTO readers VALUES (%s, 10, 20, 7)", reader)
            for state in ("failed", "reading", "ready"):
                database.sql(
                    "INSERT INTO books (reader_id, id, state, of_free, of_bought, ended_at) "
                    "VALUES (%s, %s, %s, %s, 4, %s)",
                    reader, f"{state}{reader}", state, reader % 3, None if state == "reading" else "2026-11-20 10:00Z",
                )  # fmt: skip
        yield database


def pools(app: AppDatabase) -> list[tuple[object, ...]]:
    return app.sql("SELECT id, free_left, bought_left, at_stake FROM readers ORDER BY id")


def test_each_column_takes_its_share_and_gives_it_back(app: AppDatabase) -> None:
    before = pools(app)
    assert app.value(f"SELECT {schema(app)}.refund('reading0', 'worker')") == 4
    planned = app.run("--dry-run", now=None, role=None)
    assert planned.exit_code in (0, 3), planned.stderr
    ran = app.run(now=None, role=None)
    assert ran.exit_code == 0, ran.stderr
    assert planned.document["refunds"] == ran.document["refunds"] == {
        "sessions": 2 * READERS - 1, "credits": 2 * READERS * 4 + 2 * READERS - 4, "accounts": READERS,
    }  # fmt: skip
    paid = [(number, 10 + 2 * (number % 3), 28, 7 - 4 - number % 3) for number in range(READERS)]
    assert pools(app) == paid
    assert app.run("--full", now=None, role=None).document["refunds"]["sessions"] == 0
    audited = app.sweeper("audit", "--format", "json", now=None)
    assert (audited.exit_code, audited.document["findings"]) == (0, []), audited.stderr
    explained = app.sweeper("explain", "reading1", "--json", now=None)
    assert "free_left" in explained.stdout, explained.stderr
    assert "failure" not in not_ok(check(app)).values()
    reverted = app.sweeper("revert", "--run", ran.document["run_id"], "--reason", "x", "--yes", now=None)
    assert reverted.exit_code == 0, reverted.stderr
    assert app.sweeper("revert", "--session", "reading0", "--reason", "x", "--yes", now=None).exit_code == 0
    assert pools(app) == before


def test_shares_that_do_not_come_to_the_amount_are_held(app: AppDatabase) -> None:
    app.sql("UPDATE books SET of_free = NULL WHERE id = 'failed3'")
    app.configure('amount = "of_free + of_bought"', 'amount = "coalesce(of_free, 1) + of_bought"')
    assert app.sweeper("install", now=None).exit_code == 0
    planned = app.run("--dry-run", now=None, role=None)
    assert planned.exit_code in (0, 3), planned.stderr
    ran = app.run(now=None, role=None)
    assert (ran.exit_code, ran.document["held"], planned.document["held"]) == (3, 1, 1), ran.stderr
    assert planned.document["refunds"] == ran.document["refunds"]
    assert app.sql(f"SELECT session_id, why FROM {schema(app)}.holds") == [("failed3", "balance_mismatch")]
    assert app.sweeper("audit", "--format", "json", now=None).document["position"]["held"]["sessions"] == 1


def test_a_share_that_a_column_would_round_is_held(app: AppDatabase) -> None:
    app.configure('free_left = "s.of_free"', 'free_left = "s.of_free / 2.0"')
    app.configure('bought_left = "s.of_bought"', 'bought_left = "s.of_bought + s.of_free / 2.0"')
    assert app.sweeper("install", now=None).exit_code == 0
    planned = app.run("--dry-run", now=None, role=None)
    ran = app.run(now=None, role=None)
    assert (planned.document["held"], ran.document["held"]) == (8, 8), ran.stderr
    assert app.sql(f"SELECT DISTINCT why FROM {schema(app)}.holds") == [("amount_rounded",)]
    assert planned.document["refunds"] == ran.document["refunds"]


@pytest.mark.slow
def test_two_sweeps_beside_the_app(app: AppDatabase) -> None:
    tables = "public" if schema(app) == "sweeper" else "tenant"
    for state, ended_at in (("failed", "2026-11-20 10:00Z"), ("reading", None)):
        app.sql(
            "INSERT INTO books (reader_id, id, state, of_free, of_bought, started_at, ended_at) "
            f"SELECT n %% {READERS}, '{state}-' || n, %s, 1, 2, '2026-11-20 09:00Z', %s::timestamptz "
            f"FROM generate_series(0, {50 * READERS - 1}) AS n",
            state, ended_at,
        )  # fmt: skip
    added, stop = 0, threading.Event()

    def add() -> None:
        nonlocal added
        with psycopg.connect(app.url, autocommit=True) as connection:
            while not stop.is_set():
                with suppress(psycopg.Error):
                    sql = f"UPDATE {tables}.readers SET bought_left = bought_left + 1 WHERE id = {added % READERS}"
                    added += connection.execute(sql).rowcount

    traffic = threading.Thread(target=add)
    traffic.start()
    running = [start(app, "--batch-size", "40") for _ in range(2)]
    for process in running:
        process.communicate(timeout=120)
    stop.set()
    traffic.join()
    assert app.run("--full", now=None, role=None).exit_code == 0
    refunds = f"FROM {schema(app)}.refunds"
    paid = app.value(f"SELECT count(*) {refunds}")
    assert paid == app.value(f"SELECT count(DISTINCT session_id) {refunds}") == 102 * READERS
    free, bought, stake = app.sql("SELECT sum(free_left), sum(bought_left), sum(at_stake) FROM readers")[0]
    of_twelve = 2 * sum(number % 3 for number in range(READERS))
    assert (free, bought - added) == (READERS * (10 + 100) + of_twelve, READERS * (20 + 200 + 8))
    assert stake == READERS * (7 - 4 - 50 * 3) - of_twelve // 2


def schema(app: AppDatabase) -> str:
    return "tenant" if "tenant" in app.config.read_text() else "sweeper"
