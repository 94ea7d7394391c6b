"""Refunds of the app's own that give back less for one status, or that are only asked for."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.shops import refuses, rehearsed, shop, without_ledger

pytestmark = pytest.mark.slow

HALF = """
ALTER TABLE book DROP total;
UPDATE jobs SET price = 2 * substr(id, 2)::int;
UPDATE jobs SET state = 'canceled' WHERE state = 'failed' AND price % 3 = 0;
UPDATE book AS b SET amount = CASE WHEN kind = 'charge' THEN -price WHEN state = 'canceled' THEN price / 2 ELSE price
END FROM jobs AS j WHERE j.id = b.job;
UPDATE wallets AS w SET balance = 1000 + (SELECT sum(b.amount) FROM book AS b WHERE b.wallet = w.id);
"""
MANY = """
INSERT INTO jobs SELECT 'k' || n, 'w1', 'failed', 4, NULL, NULL, now() - interval '2 h'
FROM generate_series(1, 100) AS n;
INSERT INTO book (wallet, job, kind, amount)
SELECT 'w1', 'k' || n, kind, amount
FROM generate_series(1, 100) AS n, (VALUES ('charge', -4), ('refund', 4)) AS v (kind, amount)
"""
RIGHT = "CASE WHEN state = 'canceled' THEN price / 2 ELSE price END"
REQUESTS = """
CREATE TABLE refund_requests (
    id serial PRIMARY KEY, job_id text, wallet text, amount int, status text NOT NULL DEFAULT 'pending'
);
INSERT INTO refund_requests (job_id, wallet, amount, status)
SELECT job, wallet, amount, CASE WHEN id % 5 = 0 THEN 'pending' WHEN id % 7 = 0 THEN 'failed' ELSE 'approved' END
FROM book WHERE kind = 'refund';
DROP TABLE book;
"""


@pytest.fixture
def app(bare: AppDatabase) -> App:
    """A shop that gives back half of what canceled work cost, and all of what failed work did."""
    app = shop(bare)
    app.sql(HALF)
    app.map(failed=["failed", "canceled"])
    return app


def marked(app: App, column: str, value: str) -> None:
    """Leave out the book, for a column of the sessions that says what was refunded."""
    without_ledger(app)
    app.sql(f"ALTER TABLE jobs ADD credits_refunded int; UPDATE jobs AS j SET {column} = {value} "
            "FROM book AS b WHERE b.job = j.id AND b.kind = 'refund'; DROP TABLE book")  # fmt: skip
    app.map(exclude=f"{column} IS NOT NULL")


def test_the_whole_amount_of_what_is_refunded_in_part(app: App) -> None:
    said = rehearsed(app)["past_refunds"]["message"]
    assert "is more than the app gave back for 6 of 20 sessions, such as j3: 6 instead of 3" in said
    refuses(app, "past_refunds")
    app.map(amount=RIGHT)
    assert rehearsed(app) == {}


def test_a_few_of_many(app: App) -> None:
    """They are all of those in one status."""
    app.sql("UPDATE jobs SET state = 'failed' WHERE state = 'canceled' AND price > 18")
    app.sql(MANY)
    app.sql("UPDATE book b SET amount = price FROM jobs AS j WHERE j.id = job AND kind = 'refund' AND state = 'failed'")
    assert "for 3 of 3 sessions in 'canceled', such as j3: 6 instead of 3" in refuses(app, "past_refunds")


def test_the_rest_of_what_is_refunded_in_part_on_purpose(app: App) -> None:
    app.map("ledger", where="kind = 'swept'")
    app.map("ledger.insert", kind="'swept'")
    app.map("ledger.past", where="kind = 'refund'")
    app.map(amount="(SELECT -sum(b.amount) FROM book b WHERE b.job = s.id)")
    said = rehearsed(app)["past_refunds"]["message"]
    assert "for 6 of 6 sessions in 'canceled', such as j3: 6 instead of 3" in said
    refuses(app, "past_refunds")
    app.sql("UPDATE book SET amount = amount / 2 WHERE job IN ('j1', 'j2') AND kind = 'refund'")
    assert "past_refunds" not in rehearsed(app), "the app has not finished some refunds of each status"


def test_parts_of_which_the_app_has_finished_few(app: App) -> None:
    """Rows that together come to all are parts, and one of half a price is all that the app gives."""
    app.map("ledger", where="kind = 'swept'")
    app.map("ledger.insert", kind="'swept'")
    app.map("ledger.past", where="kind = 'refund'")
    app.map(amount="(SELECT -sum(b.amount) FROM book b WHERE b.job = s.id)")
    app.sql("UPDATE jobs SET state = 'failed' WHERE state = 'canceled'")
    app.sql("UPDATE book AS b SET amount = price / 2 FROM jobs AS j WHERE j.id = job AND kind = 'refund'")
    assert "is more than the app gave back for 20 of 20" in refuses(app, "past_refunds")
    app.sql("INSERT INTO book (wallet, job, kind, amount) SELECT wallet, job, kind, amount FROM book "
            "WHERE kind = 'refund' AND job IN ('j1', 'j2', 'j4')")  # fmt: skip
    assert "past_refunds" not in rehearsed(app)


def test_what_a_column_says_that_was_given_back(app: App) -> None:
    marked(app, "credits_refunded", "amount")
    app.map("sessions.refunded", credits_refunded="amount")
    assert "is more than the app gave back for 6 of 20" in refuses(app, "past_refunds")
    app.map(amount=RIGHT)
    assert rehearsed(app) == {}


def test_what_the_balances_say_that_was_given_back(app: App) -> None:
    marked(app, "refunded_at", "now()")
    app.map("sessions.refunded", refunded_at="at")
    assert "and 15 of 30 of those in 'canceled' that are" in refuses(app, "balances")
    app.map(amount=RIGHT)
    assert rehearsed(app) == {}


@pytest.fixture
def requests(bare: AppDatabase) -> App:
    """A shop whose refunds are asked for, and paid once somebody has approved them."""
    app = shop(bare)
    app.sql(REQUESTS)
    app.map("ledger", table="refund_requests", session="job_id", where="status IN ('approved', 'pending')")
    app.map("ledger.insert", job=None, kind=None, job_id="session_id", status="'approved'")
    return app


@pytest.mark.parametrize("status", ["'pending'", None])
def test_a_refund_that_is_only_asked_for(requests: App, status: str | None) -> None:
    assert rehearsed(requests) == {}
    requests.map("ledger.insert", status=status)
    assert "of the app's pays such a row later, so that the balance would move twice" in refuses(
        requests, "past_refunds"
    )
    requests.map("accounts", balance=None)
    assert rehearsed(requests)["past_refunds"]["status"] == "warning", "the app moves the balance"


def test_refunds_that_are_asked_for_and_not_yet_paid(requests: App) -> None:
    requests.map("ledger", where="status = 'approved'")
    assert "of 4 sessions that would be paid again, such as j" in refuses(requests, "ledger")
    requests.sql("UPDATE refund_requests SET status = 'failed' WHERE status = 'pending'")
    assert "ledger" not in rehearsed(requests), "that one was never made"
