"""What each column of the accounts got back in a period, where the file has ``[accounts.add]``."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.audits import audit


@pytest.fixture
def app(bare: AppDatabase) -> App:
    """Accounts with two pools, and sessions that know what came from which."""
    app = App(bare)
    app.sql("ALTER TABLE wallets ADD free numeric NOT NULL DEFAULT 0, ADD paid numeric NOT NULL DEFAULT 0")
    app.sql("ALTER TABLE jobs ADD free_used int NOT NULL DEFAULT 1")
    app.sql("INSERT INTO jobs VALUES ('k', 'w', 'failed', 5, NULL, '{}', '2026-11-23 10:00Z', 0)")
    app.map("accounts", balance="free + paid")
    app.map("accounts", add={"free": "s.free_used", "paid": "s.price - s.free_used"})
    assert app.sweep()["sessions"] == 2
    return app


def test_each_pool_has_its_total_less_what_was_taken_back(app: App) -> None:
    assert audit(app.database).document["period"]["by_pool"] == {
        "free": {"sessions": 1, "credits": 1},
        "paid": {"sessions": 2, "credits": 7},
    }
    reverted = app.database.sweeper("revert", "--session", "j", "--reason", "a mistake", "--yes")
    assert reverted.exit_code == 0, reverted.stderr
    document = audit(app.database).document
    assert document["period"]["by_pool"] == {
        "free": {"sessions": 1, "credits": 0},
        "paid": {"sessions": 2, "credits": 5},
    }
    assert sum(pool["credits"] for pool in document["period"]["by_pool"].values()) == document["period"]["net_credits"]
    table = app.database.sweeper("audit").stdout
    assert [line.split() for line in table.splitlines() if line.startswith(("free", "paid"))] == [
        ["free", "1", "0"],
        ["paid", "2", "5"],
    ]
    assert "column of the accounts" in app.database.sweeper("audit", "--format", "html").stdout


def test_a_period_without_refunds_names_the_pools_all_the_same(app: App) -> None:
    empty = audit(app.database, "--since", "2026-11-20", "--until", "2026-11-21").document["period"]["by_pool"]
    assert empty == {pool: {"sessions": 0, "credits": 0} for pool in ("free", "paid")}
