"""Accounts without a balance, as apps mark those that have no limit: they are on hold, and everybody else is paid."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.shops import rehearsed


@pytest.fixture
def app(bare: AppDatabase) -> App:
    app = App(bare)
    app.sql("ALTER TABLE wallets ALTER balance DROP NOT NULL, ADD bonus numeric DEFAULT 0")
    app.sql("INSERT INTO wallets SELECT 'u' || n, NULL FROM generate_series(1, 4) AS n")
    app.sql(
        "INSERT INTO jobs SELECT 'a' || n, 'u' || n, 'failed', 3, 'no', '{}', '2026-11-23 09:00Z' "
        "FROM generate_series(1, 4) AS n"
    )
    return app


@pytest.mark.parametrize(
    ("balance", "add"),
    [("balance", None), ("balance + bonus", {"balance": "amount"}), ("a.balance", {"balance": "amount"})],
)
def test_sessions_of_accounts_without_a_balance_stop_nobody(app: App, balance: str, add: dict[str, str] | None) -> None:
    app.map("accounts", balance=balance, add=add)
    assert app.install().exit_code == 0
    planned, ran = app.database.run("--dry-run"), app.database.run()
    assert (planned.document["held"], planned.document["refunds"]) == (4, ran.document["refunds"])
    assert (ran.exit_code, ran.document["refunds"]) == (3, {"sessions": 1, "credits": 3, "accounts": 1}), ran.stderr
    assert app.sql("SELECT DISTINCT why FROM sweeper.holds") == [("account_inactive",)]
    assert app.sql("SELECT sweeper.refund('a1', 'worker')") == [(0,)]
    app.sql("UPDATE wallets SET balance = 0 WHERE id = 'u1'")
    assert app.database.run("--session", "a1").document["refunds"]["credits"] == 3


def test_a_balance_that_nobody_has_is_reported(app: App) -> None:
    app.sql("UPDATE wallets SET balance = NULL")
    assert "accounts.balance = 'balance' is null for all of the accounts" in rehearsed(app)["accounts"]["message"]
