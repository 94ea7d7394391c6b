"""Amounts that pay for what was never taken, in apps whose books, if there are any, do not say it."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.shops import refuses, rehearsed, shop


@pytest.fixture
def app(marked: App) -> App:
    marked.sql("UPDATE wallets SET balance = 900 + right(id, 1)::int")
    return marked


def test_an_amount_in_another_unit_beside_one_in_credits(app: App) -> None:
    app.sql("ALTER TABLE jobs ADD progress int NOT NULL DEFAULT 20")
    assert rehearsed(app) == {}
    app.map(amount="progress")
    assert "while a session has price" in refuses(app, "charges")


def test_more_than_the_column_that_a_refund_writes(app: App) -> None:
    """Its name says nothing of refunds, and the file does."""
    app.sql("ALTER TABLE jobs ADD sent int NOT NULL DEFAULT 1, ADD got_again int NOT NULL DEFAULT 0")
    app.sql("UPDATE jobs SET got_again = price - sent WHERE refunded_at IS NOT NULL; ALTER TABLE jobs DROP refunded_at")
    app.map(exclude="got_again > 0", amount="price - sent")
    app.sections["sessions.refunded"] = {"got_again": "amount"}
    assert rehearsed(app) == {}
    app.map(amount="price")
    assert "is more than the app gave back for 20 of 20" in refuses(app, "past_refunds")


def test_a_column_of_which_only_refunds_have_the_amount(app: App) -> None:
    """The others have something else there, such as the last amount that was moved either way."""
    app.sql("ALTER TABLE jobs ADD moved int NOT NULL DEFAULT 1; DELETE FROM jobs WHERE state = 'done'")
    app.sql("UPDATE jobs SET moved = price WHERE refunded_at IS NOT NULL")
    app.map("sessions.refunded", moved="amount")
    assert rehearsed(app) == {}


def test_sessions_that_took_of_no_pool(app: App) -> None:
    """The price is there also when nothing was taken, and one pool has the rest of it."""
    app.sql(
        "ALTER TABLE wallets RENAME balance TO free_credits; ALTER TABLE wallets ADD paid_credits numeric DEFAULT 50"
    )
    app.sql("ALTER TABLE jobs ADD from_free int NOT NULL DEFAULT 1, ADD from_paid int NOT NULL DEFAULT 0")
    app.sql(
        "UPDATE jobs SET from_paid = price - 1; UPDATE jobs SET from_free = 0, from_paid = 0 WHERE id ~ 'j(28|29|30)'"
    )
    app.map("accounts", balance="free_credits + paid_credits")
    app.map("accounts.add", free_credits="s.from_free", paid_credits="amount - s.from_free")
    assert (
        "from_free, from_paid are above zero for all 20 sessions that the app has refunded, and not for 3 of the 10"
        in refuses(app, "charges")
    )
    app.map(amount="from_free + from_paid")
    assert rehearsed(app) == {}


def test_sessions_that_took_of_two_pools(app: App) -> None:
    """What some took of both is less than the price, for each pool; others took the whole price of one."""
    app.sql("ALTER TABLE wallets RENAME balance TO paid_credits; ALTER TABLE wallets ADD free_credits int DEFAULT 50")
    app.sql("ALTER TABLE jobs ADD from_free int NOT NULL DEFAULT 0, ADD from_paid int NOT NULL DEFAULT 0")
    app.sql("UPDATE jobs SET from_free = CASE WHEN right(id, 1) IN ('1', '2', '3') THEN 1 ELSE 0 END")
    app.sql("UPDATE jobs SET from_paid = price - from_free")
    app.map("accounts", balance="free_credits + paid_credits")
    app.map("accounts.add", free_credits="s.from_free", paid_credits="s.from_paid")
    assert rehearsed(app) == {}


def test_what_the_price_was_thought_to_be(app: App) -> None:
    app.sql("ALTER TABLE jobs ADD charged_credits int NOT NULL DEFAULT 0")
    app.sql("UPDATE jobs SET charged_credits = price WHERE id NOT IN ('j29', 'j30')")
    app.sql("ALTER TABLE jobs ADD estimated_credits int; UPDATE jobs SET estimated_credits = price + 1")
    app.map(amount="estimated_credits")
    assert "is more than charged_credits of the session for 10 of 10" in refuses(app, "charges")
    app.map(amount="charged_credits")
    assert rehearsed(app) == {}


def test_what_is_held_at_first_and_charged_only_in_the_end(app: App) -> None:
    """Of what failed nothing was charged, and what was held is owed."""
    app.sql("ALTER TABLE jobs ADD charged_credits int, ADD estimated_credits int")
    app.sql(
        "UPDATE jobs SET estimated_credits = price, charged_credits = CASE WHEN state = 'done' THEN price ELSE 0 END"
    )
    app.map(amount="estimated_credits")
    assert rehearsed(app) == {}


def test_lots_under_another_word_where_charges_are_elsewhere(bare: AppDatabase) -> None:
    """The ledger is of lots: a refund is a new one, and what was taken is in another table."""
    app = shop(bare)
    app.sql("DELETE FROM book WHERE kind = 'charge'; UPDATE book SET kind = 'henkan'; ALTER TABLE book DROP total")
    app.sql("INSERT INTO book (wallet, kind, amount) SELECT id, 'kounyuu', 900 FROM wallets")
    app.sql("INSERT INTO book (wallet, job, kind, amount) SELECT owner, id, 'henkan', price FROM jobs WHERE id = 'j31'")
    app.sections.pop("accounts")
    app.map("ledger", where="kind = 'henkan'")
    app.map("ledger.insert", kind="'henkan'")
    assert rehearsed(app) == {}
    app.map("ledger", where="kind = 'kounyuu'")
    app.map("ledger.insert", kind="'kounyuu'")
    assert "have a row of their whole amount with kind henkan" in refuses(app, "ledger")
