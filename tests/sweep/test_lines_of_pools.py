"""A ledger with a column for each pool, filled from what the session says, which a refund sets to zero there."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase

pytestmark = pytest.mark.every_version
TABLES = """
ALTER TABLE wallets ADD free numeric NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD free_used int NOT NULL DEFAULT 1, ADD paid_used int GENERATED ALWAYS AS (price - free_used) STORED;
INSERT INTO jobs SELECT 'j' || n, 'w', 'failed', 3, 'no', '{}', '2026-11-23 09:00Z' FROM generate_series(1, 3) AS n;
CREATE TABLE lines (job text, wallet text, kind text, free numeric, paid numeric, total numeric);
INSERT INTO lines SELECT id, 'w', 'charge', -free_used, -paid_used, -price FROM jobs;
CREATE FUNCTION free_of(jobs) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1.free_used';
GRANT SELECT ON jobs TO PUBLIC;
"""
LINE = {"job": "session_id", "wallet": "account_id", "kind": "'refund'", "free": "s.free_used"}


@pytest.fixture
def app(first: AppDatabase) -> App:
    app = App(first)
    app.sql(TABLES)
    app.map("accounts", balance="balance + free")
    app.map("accounts.add", free="s.free_used", balance="s.paid_used")
    app.map("sessions.refunded", free_used="0")
    app.map("ledger", table="lines", session="job", where="kind = 'refund'")
    return app


@pytest.mark.parametrize("paid", ["amount - s.free_used", "amount * s.paid_used / s.price", "amount - free_of(s.*)"])
@pytest.mark.parametrize("total", ["amount", None])
def test_a_line_is_not_compared_with_what_the_refund_has_set_to_zero(app: App, paid: str, total: str | None) -> None:
    """Its share of each pool is read before that, by a sweep and by refund(); an audit does not take it for less."""
    lines = {key: value for key, value in {**LINE, "paid": paid, "total": total}.items() if value}
    app.map("ledger.insert", **lines)
    installed = app.install()
    assert installed.exit_code == 0, installed.stderr
    assert app.database.value("SELECT sweeper.refund('j', 'worker')") == 3
    ran = app.database.run()
    assert (ran.exit_code, ran.document["refunds"]["sessions"]) == (0, 3), ran.stderr
    assert app.sql("SELECT sum(free), sum(paid), sum(total) FROM lines WHERE kind = 'refund'") == [
        (4, 8, 12 if total else None)
    ]
    assert app.sql("SELECT free, balance FROM wallets") == [(4, 108)]
    assert app.database.sweeper("audit", "--json").document["findings"] == []


def test_the_charge_is_read_from_the_column_that_has_all_of_it(app: App) -> None:
    """Whatever stands before it in the file: a run was stopped because a share was less than the amount."""
    app.map("ledger.insert", **LINE, paid="amount - s.free_used", total="amount")
    assert app.install().exit_code == 0
    checks = {one["name"]: one for one in app.database.sweeper("check", "--json").document["checks"]}
    assert checks["charges"]["status"] == "ok", checks["charges"]
