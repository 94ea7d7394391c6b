"""A ledger of the app's in a schema that Citus keeps on one node."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers import sharded
from tests.helpers.app_database import AppDatabase
from tests.helpers.checks import check, items, not_ok
from tests.helpers.citus import Cluster
from tests.helpers.installation import dump

SCRIPT = """
SET citus.enable_schema_based_sharding = on;
CREATE SCHEMA tenant;
SET search_path = tenant, public;
CREATE TABLE members (id bigint PRIMARY KEY, credits int NOT NULL);
CREATE TABLE calls (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), member_id bigint NOT NULL, state text NOT NULL, price int,
    started_at timestamptz NOT NULL DEFAULT now() - interval '1 day', ended_at timestamptz
);
CREATE TABLE lines (
    id uuid PRIMARY KEY, call_id uuid, member_id bigint NOT NULL, kind text NOT NULL, amount int NOT NULL,
    before int NOT NULL, after int NOT NULL, created_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO members SELECT g, 100 FROM generate_series(1, 5) AS g;
INSERT INTO calls (member_id, state, price, ended_at)
SELECT g % 5 + 1, CASE g % 2 WHEN 0 THEN 'failed' ELSE 'open' END, 3, CASE g % 2 WHEN 0 THEN now() - interval '2 h' END
FROM generate_series(1, 20) AS g;
"""
TOML = """
[database]
schema = "tenant"
[sessions]
table = "calls"
id = "id"
account = "member_id"
status = "state"
failed = ["failed"]
running = ["open"]
succeeded = ["done"]
started_at = "started_at"
failed_at = "ended_at"
amount = "price"
[sessions.close]
ended_at = "at"
[accounts]
table = "members"
id = "id"
balance = "credits"
[policy]
since = 2020-01-01T00:00:00Z
max_clock_skew = "100y"
[ledger]
table = "lines"
session = "call_id"
where = "kind = 'refund'"
[ledger.insert]
id = "refund_id"
call_id = "session_id"
member_id = "account_id"
kind = "'refund'"
amount = "amount"
before = "balance_before"
after = "balance_after"
created_at = "at"
[ledger.reverse]
id = "gen_random_uuid()"
member_id = "account_id"
kind = "'taken back'"
amount = "-amount"
before = "balance_before"
after = "balance_after"
created_at = "at"
"""
BOOKS = "SELECT (SELECT sum(credits) FROM members), (SELECT count(*) FROM lines), (SELECT sum(amount) FROM lines)"


@pytest.fixture
def app(cluster: Cluster, tmp_path: Path) -> Iterator[AppDatabase]:
    with sharded.distributed(cluster, tmp_path, SCRIPT, TOML, installed=True) as database:
        yield database


def test_both_ledgers_and_the_balances_move_together(app: AppDatabase) -> None:
    app.sql(
        "INSERT INTO lines (id, call_id, member_id, kind, amount, before, after, created_at) "
        "SELECT gen_random_uuid(), id, member_id, 'refund', 0, 100, 100, '2026-01-01Z' "
        "FROM calls WHERE state = 'failed' LIMIT 1"
    )
    called = app.value("SELECT id::text FROM calls WHERE state = 'open' LIMIT 1")
    assert app.value("SELECT tenant.refund(%s::uuid, 'worker')", called) == 3
    assert app.value("SELECT tenant.refund(%s::uuid, 'worker')", called) == 0
    planned = app.run("--dry-run", now=None, role=None)
    ran = app.run(now=None, role=None)
    assert ran.exit_code == 0, ran.stderr
    assert planned.document["refunds"] == ran.document["refunds"]
    assert ran.document["refunds"]["sessions"] == 18
    assert app.sql(BOOKS) == [(500 + 57, 20, 57)]
    assert app.value("SELECT count(*) FROM lines WHERE after <> before + amount") == 0
    newest = (
        "SELECT DISTINCT ON (member_id) member_id, after FROM lines ORDER BY member_id, created_at DESC, after DESC"
    )
    assert app.sql(newest) == app.sql("SELECT id, credits FROM members ORDER BY id")
    assert app.run("--full", now=None, role=None).document["refunds"]["sessions"] == 0
    audited = app.sweeper("audit", "--format", "json", now=None)
    assert audited.exit_code in (0, 5), audited.stderr
    assert [one["code"] for one in audited.document["findings"]] == ["partly_refunded"], (
        "the app's own gave back nothing"
    )
    assert "failure" not in not_ok(check(app)).values()
    reverted = app.sweeper("revert", "--run", ran.document["run_id"], "--reason", "x", "--yes", now=None)
    assert reverted.exit_code == 0, reverted.stderr
    assert app.sql(BOOKS) == [(503, 38, 3)]


def test_without_its_guard_nothing_is_paid(app: AppDatabase) -> None:
    (name,) = (one for (one,) in app.sql("SELECT guard_index FROM tenant.settings"))
    app.sql(f"DROP INDEX {name}")
    assert items(check(app))["guard"]["status"] == "failure"
    ran = app.run(now=None, role=None)
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "guard_missing"), ran.stderr
    assert app.sql(BOOKS) == [(500, 0, None)]


@pytest.mark.parametrize("value", ["s.id", "(SELECT c.id FROM calls AS c WHERE c.id = refund.session_id)"])
def test_a_row_that_is_made_of_the_session_is_refused(app: AppDatabase, value: str) -> None:
    before = dump(app)
    app.configure('"refund_id"', f'"{value}"')
    ran = app.sweeper("install", now=None)
    assert (ran.exit_code, "reads the session's row after it was closed" in ran.stderr) == (2, True)
    assert dump(app) == before
