"""Apps that refund by undoing a charge, in ledgers of credits that are used up, or that know a refund by its key."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.shops import refuses, rehearsed, shop

pytestmark = pytest.mark.slow

# a refund of the shop's own marks the charge; credits that were bought are used up row by row
LOTS = """
ALTER TABLE book DROP total, ADD undone boolean NOT NULL DEFAULT false, ADD remaining int NOT NULL DEFAULT 0;
UPDATE book SET undone = true WHERE kind = 'charge' AND job IN (SELECT job FROM book WHERE kind = 'refund');
DELETE FROM book WHERE kind = 'refund';
INSERT INTO book (wallet, kind, amount, remaining) SELECT id, 'bought', 900, 850 FROM wallets;
DROP TABLE wallets;
"""
FILLED = """
CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.remaining := NEW.amount; RETURN NEW; END';
CREATE TRIGGER fill BEFORE INSERT ON book FOR EACH ROW EXECUTE FUNCTION fill();
"""
UNDONE = "EXISTS (SELECT FROM book b WHERE b.job = s.id AND b.undone)"


@pytest.fixture
def app(bare: AppDatabase) -> App:
    """A shop whose file writes rows of its own, and tells the app's refunds by the charges that were undone."""
    app = shop(bare)
    app.sql(LOTS)
    app.sections.pop("accounts")
    app.map(exclude=UNDONE)
    app.map("ledger", where="kind = 'swept'")
    app.map("ledger.insert", kind="'swept'", remaining="amount")
    app.map("ledger.past", where="undone", amount="-amount")
    return app


def test_undone_charges_are_no_rows_like_ours(app: App) -> None:
    assert rehearsed(app) == {}
    app.map(exclude=None)
    assert "is more than the app gave back for 20 of 20 sessions" in refuses(app, "past_refunds")


def test_undone_charges_that_nothing_in_the_file_reads(app: App) -> None:
    app.sections.pop("ledger.past")
    app.map(exclude=None)
    app.sql("ALTER TABLE book RENAME undone TO reversed; ALTER TABLE book RENAME TO credit_book")
    app.map("ledger", table="credit_book")
    assert "credit_book.reversed says that 20 of the newest failed sessions are refunded" in refuses(app, "marks")


def test_an_amount_above_what_was_undone(app: App) -> None:
    app.map(amount="price + 1")
    said = rehearsed(app)["past_refunds"]["message"]
    assert "for 20 of 20 sessions, such as j1: 4 instead of 3" in said
    assert "for 20 of 20 sessions" in refuses(app, "past_refunds")


def test_credits_of_which_nothing_is_left(app: App) -> None:
    app.map("ledger.insert", remaining=None)
    assert "remaining is what is left of a row's credits, above zero in 5 of the newest" in refuses(app, "ledger")
    app.sql(FILLED)
    assert rehearsed(app) == {}, "a trigger may write it"


def test_credits_that_a_refund_would_take_away(app: App) -> None:
    app.map("ledger.insert", amount="-amount")
    assert "amount = '-amount' is below zero, and all 5 of the newest rows" in refuses(app, "ledger")
    app.map("ledger.insert", amount="amount", remaining="-amount")
    assert "remaining = '-amount' is below zero" in refuses(app, "ledger")


def test_a_running_balance_is_not_what_is_left(app: App) -> None:
    app.sql("UPDATE book SET remaining = 100")
    app.map("ledger.insert", remaining=None)
    assert "ledger" not in rehearsed(app)


def test_what_is_left_of_the_only_lot_of_each_wallet(bare: AppDatabase) -> None:
    """It is the balance until the first refund, which is a lot of its own."""
    app = shop(bare)
    app.sql("ALTER TABLE book DROP total, ADD remaining numeric; DELETE FROM book")
    app.sql("INSERT INTO book (wallet, kind, amount, remaining) "
            "SELECT id, 'grant', 900, 805 + ascii(right(id, 1)) FROM wallets")  # fmt: skip
    app.sql("UPDATE wallets AS w SET balance = (SELECT b.remaining FROM book AS b WHERE b.wallet = w.id)")
    app.map("ledger.insert", remaining="amount")
    assert "ledger" not in rehearsed(app)
    app.sql("INSERT INTO book (wallet, kind, amount, remaining) SELECT id, 'charge', -1, balance FROM wallets")
    assert "remaining of the newest row is the balance" in refuses(app, "ledger")


def test_a_key_that_names_the_session(bare: AppDatabase) -> None:
    """The app knows by it that it has refunded a session."""
    app = shop(bare)
    app.sql("ALTER TABLE book DROP total, ADD key text UNIQUE; UPDATE book SET key = kind || ':' || job")
    app.map("ledger.insert", key="refund_id::text")
    assert "key = 'refund_id::text' does not name the session, as the app's refunds do" in refuses(app, "past_refunds")
    app.map("ledger.insert", key="'refund:' || session_id")
    assert rehearsed(app) == {}
    app.sql("UPDATE book SET key = gen_random_uuid()")
    app.map("ledger.insert", key="refund_id::text")
    assert rehearsed(app) == {}


PARTS = """
CREATE TABLE order_lines (id text PRIMARY KEY);
CREATE TABLE charges (id serial PRIMARY KEY, line_id text REFERENCES order_lines, kind text, credits int);
INSERT INTO order_lines SELECT id FROM jobs;
INSERT INTO charges (line_id, kind, credits) SELECT job, kind, amount FROM book;
ALTER TABLE jobs ADD line_id text REFERENCES order_lines;
UPDATE jobs SET line_id = id, price = price + (substr(id, 2)::int % 2);
DROP TABLE book;
"""


def test_a_price_beside_the_charge_of_what_a_session_is_about(bare: AppDatabase) -> None:
    app = shop(bare)
    app.sql(PARTS)
    app.sections.pop("ledger")
    app.sections.pop("ledger.insert")
    app.map(exclude="EXISTS (SELECT FROM charges c WHERE c.line_id = s.line_id AND c.kind = 'refund')")
    assert "for 10 it is the same" in refuses(app, "past_refunds")
    app.sql(
        "INSERT INTO charges (line_id, kind, credits) SELECT line_id, kind, credits FROM charges WHERE kind = 'refund'"
    )
    assert "past_refunds" not in rehearsed(app) or rehearsed(app)["past_refunds"]["status"] == "warning", "in parts"
    app.sql("UPDATE jobs SET line_id = 'j1'")
    assert "past_refunds" not in rehearsed(app), "no row is of one session alone"


def test_an_amount_that_is_the_same_part_of_each_refund(bare: AppDatabase) -> None:
    app = shop(bare)
    app.sql("ALTER TABLE book DROP total; UPDATE book SET amount = amount * 5")
    assert "is less than the app gave back for 20 of 20" in refuses(app, "past_refunds")
    app.map(amount="price * 5")
    assert "past_refunds" not in rehearsed(app)


@pytest.mark.parametrize("column", ["erstattet_am", "reembolsado_en", "rembourse_le"])
def test_uses_that_were_given_back_in_another_language(bare: AppDatabase, column: str) -> None:
    app = shop(bare)
    app.sql("CREATE TABLE nutzungen (id bigserial PRIMARY KEY, job_id text REFERENCES jobs, sekunden int, "
            f"{column} timestamptz); INSERT INTO nutzungen (job_id, sekunden) SELECT id, price FROM jobs; "
            f"DROP TABLE book; UPDATE nutzungen SET {column} = now() WHERE substr(job_id, 2)::int <= 20")  # fmt: skip
    app.sections.pop("ledger"), app.sections.pop("ledger.insert")
    app.map(amount="(SELECT sum(n.sekunden) FROM nutzungen n WHERE n.job_id = s.id)")
    assert f"nutzungen.{column} (20 of the newest failed" in rehearsed(app)["marks"]["message"]
    app.sql(f"ALTER TABLE nutzungen RENAME {column} TO erstattbar_bis")
    assert "nutzungen" not in rehearsed(app)["marks"]["message"]
