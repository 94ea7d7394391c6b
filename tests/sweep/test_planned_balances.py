"""Balances that would not grow by the amount: dry run, `explain` and audit say of each session what the run does."""

import pytest

from tests.helpers.any_app import App, with_ledger
from tests.helpers.app_database import AppDatabase

TOO_LARGE = {
    "real": "ALTER TABLE wallets ALTER balance TYPE real; UPDATE wallets SET balance = 1e9 WHERE id = 'w'",
    "double": "ALTER TABLE wallets ALTER balance TYPE float8; UPDATE wallets SET balance = 1e18 WHERE id = 'w'",
    "integer": "ALTER TABLE wallets ALTER balance TYPE int; UPDATE wallets SET balance = 2147483646 WHERE id = 'w'",
    "numeric": "ALTER TABLE wallets ALTER balance TYPE numeric(5, 2); UPDATE wallets SET balance = 998 WHERE id = 'w'",
    "domain": "CREATE DOMAIN few AS numeric CHECK (VALUE < 1000); UPDATE wallets SET balance = 998 WHERE id = 'w'; "
    "ALTER TABLE wallets ALTER balance TYPE few",
    "NaN": "UPDATE wallets SET balance = 'NaN' WHERE id = 'w'",
    "infinity": "UPDATE wallets SET balance = 'Infinity' WHERE id = 'w'",
}


@pytest.fixture
def app(bare: AppDatabase) -> App:
    """Four accounts that are paid, and one that is not to be."""
    app = App(bare)
    app.sql("INSERT INTO wallets SELECT 'u' || n FROM generate_series(1, 4) AS n")
    app.sql(
        "INSERT INTO jobs SELECT 'a' || n, 'u' || n, 'failed', 3, 'no', '{}', '2026-11-23 09:00Z' "
        "FROM generate_series(1, 4) AS n"
    )
    return app


def held(app: App) -> str:
    """Why the one session is on hold, once everything that only reads has said so before the run."""
    assert app.install().exit_code == 0
    planned = app.database.run("--dry-run").document
    verdicts = [app.database.sweeper("explain", one, "--json").document["verdict"] for one in ("j", "a1")]
    position = app.database.sweeper("audit", "--json").document["position"]
    ran = app.database.run().document
    told = ("outcome", "refunds", "held", "skipped", "error")
    assert {key: planned.get(key) for key in told} == {key: ran.get(key) for key in told}
    assert (ran["refunds"]["sessions"], ran["held"]) == (4, 1)
    assert verdicts == ["held", "owed"]
    assert (position["owed"]["sessions"], position["held"]["sessions"]) == (4, 1)
    ((session_id, why),) = app.sql("SELECT session_id, why FROM sweeper.holds")
    assert session_id == "j"
    return str(why)


@pytest.mark.parametrize("kind", TOO_LARGE)
def test_a_balance_that_cannot_take_the_amount(app: App, kind: str) -> None:
    app.sql(TOO_LARGE[kind])
    assert held(app) == ("refused" if kind in {"integer", "numeric", "domain"} else "balance_mismatch")


def test_a_balance_that_is_added_up_as_its_type_does(app: App) -> None:
    """99999.3 and a cent are 99999.31 as text, and within a cent's hundredth of no number of type real."""
    app.sql("ALTER TABLE wallets ALTER balance TYPE real; ALTER TABLE jobs ALTER price TYPE numeric")
    app.sql("UPDATE wallets SET balance = 99999.3 WHERE id = 'w'; UPDATE jobs SET price = 0.01 WHERE id = 'j'")
    assert held(app) == "balance_mismatch"


@pytest.mark.parametrize(("type", "value"), [("real", "1e9"), ("numeric", "'NaN'")])
def test_what_was_spent_that_cannot_go_down(app: App, type: str, value: str) -> None:
    app.sql(f"ALTER TABLE wallets ADD spent {type}; UPDATE wallets SET spent = {value} WHERE id = 'w'")
    app.map("accounts", spent="spent")
    assert held(app) == "balance_mismatch"


def test_a_balance_of_many_rows_is_not_read_for_each_session(app: App) -> None:
    """It may be the sum of all rows of an account: of 14,000 sessions owed, that took minutes."""
    with_ledger(app)
    app.map("accounts", balance="(SELECT sum(e.amount) FROM entries e WHERE e.wallet = a.id)", serialized=True, add={})
    app.write()
    assert "sum(e.amount)" not in app.database.sweeper("sql", "look").stdout


def test_a_running_balance_that_the_ledger_would_round(app: App) -> None:
    with_ledger(app)
    app.sql("ALTER TABLE entries ADD after numeric(9, 1); UPDATE wallets SET balance = 0.25 WHERE id = 'w'")
    app.map("ledger.insert", after="balance_after")
    assert held(app) == "amount_rounded"
