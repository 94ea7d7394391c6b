"""Numbers of an account that look like balances, and of which no charge was taken."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.shops import marked_shop, rehearsed, shop

pytestmark = pytest.mark.slow

OTHERS = "ALTER TABLE wallets ADD {} int NOT NULL DEFAULT 0; UPDATE wallets SET {} = 5 + right(id, 1)::int"


@pytest.mark.parametrize("column", ["bonus_tokens", "invoice_credit_cents"])
def test_a_number_in_another_unit(bare: AppDatabase, column: str) -> None:
    app = marked_shop(bare)
    app.sql(OTHERS.format(column, column))
    app.sql("UPDATE wallets SET balance = balance - right(id, 1)::int")
    assert "accounts" in rehearsed(app), "a balance without a unit may be its sum with anything"
    app.sql("ALTER TABLE wallets RENAME balance TO credits")
    app.map("accounts", balance="credits")
    assert "accounts" not in rehearsed(app)
    app.sql(f"ALTER TABLE wallets RENAME {column} TO bonus_credits")
    assert "bonus_credits of wallets look like" in rehearsed(app)["accounts"]["message"]


def test_a_balance_that_is_what_the_book_comes_to(bare: AppDatabase) -> None:
    app = shop(bare)
    app.sql("ALTER TABLE book DROP total")
    app.sql(OTHERS.format("bonus_credits", "bonus_credits"))
    assert "bonus_credits of wallets look like" in rehearsed(app)["accounts"]["message"]
    app.sql("INSERT INTO book (wallet, kind, amount) SELECT id, 'bought', balance FROM wallets")
    app.sql("UPDATE wallets SET balance = (SELECT sum(b.amount) FROM book AS b WHERE b.wallet = wallets.id)")
    assert rehearsed(app) == {}
    app.sql("ALTER TABLE wallets RENAME bonus_credits TO credits_spent")
    assert "credits_spent of wallets look like" in rehearsed(app)["accounts"]["message"], "it may go with the balance"


def test_a_balance_that_has_moved_by_what_sessions_took(bare: AppDatabase) -> None:
    app = marked_shop(bare)
    app.sql(OTHERS.format("bonus_credits", "bonus_credits"))
    app.sql("UPDATE jobs SET price = substr(id, 2)::int")
    assert "accounts" in rehearsed(app)
    app.sql("UPDATE wallets AS w SET balance = 1000 - (SELECT sum(price) FROM jobs AS j WHERE j.owner = w.id "
            "AND j.refunded_at IS NULL)")  # fmt: skip
    assert "accounts" not in rehearsed(app)


def test_a_row_for_each_session_is_no_account(bare: AppDatabase) -> None:
    app = marked_shop(bare)
    app.sql("UPDATE wallets SET balance = balance - right(id, 1)::int")
    app.sql("CREATE TABLE order_lines (id text PRIMARY KEY, credits int)")
    app.sql("INSERT INTO order_lines SELECT id, 3 FROM jobs")
    app.sql("ALTER TABLE jobs ADD line_id text REFERENCES order_lines; UPDATE jobs SET line_id = id")
    assert "accounts" not in rehearsed(app)
    app.sql("UPDATE jobs SET line_id = 'j1'")
    assert "sessions also name a row of order_lines by line_id" in rehearsed(app)["accounts"]["message"]


def test_an_amount_less_what_a_refund_sets(app: App) -> None:
    """Of a session that the app refunded nothing is left, and the ledger has its refund."""
    app.sql("ALTER TABLE jobs ADD back int NOT NULL DEFAULT 0; UPDATE jobs SET back = price "
            "WHERE substr(id, 2)::int <= 20")  # fmt: skip
    app.map(amount="price - back")
    app.map("sessions.refunded", back="s.price")
    assert rehearsed(app) == {}


def test_a_time_that_is_a_number_in_the_ledger(app: App) -> None:
    """It has a fraction of a second, which the column rounds, and is no amount."""
    app.sql("ALTER TABLE book ADD unix bigint")
    app.map("ledger.insert", unix="extract(epoch FROM at)")
    assert "accounts" not in rehearsed(app)
    assert app.install().exit_code == 0
    ran = app.database.run(now=None, role=None)
    assert (ran.document["refunds"]["sessions"], ran.document["held"]) == (10, 0), ran.stdout
