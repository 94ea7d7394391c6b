"""Accounts of which an owner has several, such as one a month: each session was charged to one of them."""

import pytest

from tests.helpers.any_app import POLICY, SESSIONS, App
from tests.helpers.app_database import AppDatabase
from tests.helpers.shops import rehearsed

pytestmark = pytest.mark.slow

# 8 people, each with a counter a month; jobs of this month and of the last
MONTHS = """
TRUNCATE jobs; DROP TABLE wallets;
CREATE TABLE people (id text PRIMARY KEY);
CREATE TABLE counters (id serial PRIMARY KEY, person text NOT NULL REFERENCES people, month date NOT NULL,
    given int NOT NULL, used int NOT NULL DEFAULT 0, UNIQUE (person, month));
INSERT INTO people SELECT 'p' || n FROM generate_series(0, 7) AS n;
ALTER TABLE jobs ADD FOREIGN KEY (owner) REFERENCES people, ADD refunded boolean NOT NULL DEFAULT false;
INSERT INTO jobs (id, owner, state, price, began, refunded)
SELECT 'j' || n, 'p' || n * 3 % 8, CASE WHEN n % 3 = 0 THEN 'failed' ELSE 'done' END, 1 + n * n % 7,
       date_trunc('month', now()) + interval '1 h' - (n % 5 / 3) * interval '40 day', n % 3 = 0 AND n <= 60
FROM generate_series(1, 120) AS n;
INSERT INTO counters (person, month, given, used)
SELECT owner, date_trunc('month', began)::date, 100 + 10 * (substr(owner, 2)::int % 3),
       coalesce(sum(price) FILTER (WHERE NOT refunded), 0)
FROM jobs GROUP BY 1, 2, 3 ORDER BY random();
"""
ROW = "(SELECT c.id FROM counters c WHERE c.person = s.owner AND {0})"
OF_MONTH = ROW.format("c.month = date_trunc('month', s.began)::date")


@pytest.fixture
def app(bare: AppDatabase) -> App:
    """An app whose file is right."""
    app = App(bare)
    app.sql(MONTHS)
    app.sections = {"sessions": dict(SESSIONS), "policy": dict(POLICY)}
    app.map("accounts", table="counters", id="id", balance="given - used", add={"used": "-amount"})
    app.map("policy", max_amount=100, max_credits=1000)
    app.map(account=OF_MONTH, exclude="refunded")
    app.map("sessions.refunded", refunded="true")
    return app


@pytest.mark.parametrize(
    "account",
    [
        ROW.format("true ORDER BY c.month DESC LIMIT 1"),
        ROW.format("true ORDER BY c.month LIMIT 1"),
        ROW.format("c.month = date_trunc('month', now())::date"),
    ],
)
def test_a_row_of_another_month(app: App, account: str) -> None:
    assert rehearsed(app).keys() <= {"fence"}
    app.map(account=account)
    found = rehearsed(app)["balances"]
    said = "the rows of counters with the same person have together moved by exactly what sessions of that"
    assert (found["status"], said in found["message"]) == ("warning", True), "the app may give back to that one"


def test_rows_that_have_moved_by_something_else_as_well(app: App) -> None:
    app.sql("UPDATE counters SET used = used + id % 5 + 1")
    app.map(account=ROW.format("true ORDER BY c.month DESC LIMIT 1"))
    assert rehearsed(app).keys() <= {"fence"}
    for first in ("", "ALTER TABLE counters ALTER month TYPE text USING to_char(month, 'YYYY-MM')"):
        app.sql(first or "SELECT")
        app.map(account=ROW.format("true ORDER BY c.month LIMIT 1"))
        said = rehearsed(app)["accounts"]["message"]
        assert "is the row of an earlier month than that in which sessions began, for 12 of 20" in said
    app.map(account=ROW.format("c.month = to_char(s.began, 'YYYY-MM')"))
    assert "accounts" not in rehearsed(app)


@pytest.mark.parametrize("condition", ["c.currency = 'eur'", "c.currency = s.currency"])
def test_a_row_of_another_kind_that_began_earlier(app: App, condition: str) -> None:
    """A later row is no other period of it."""
    app.sql("ALTER TABLE counters ADD currency text; ALTER TABLE jobs ADD currency text; "
            "UPDATE counters SET currency = CASE WHEN month < date_trunc('month', now()) THEN 'eur' ELSE 'usd' END; "
            "UPDATE jobs SET currency = 'eur', began = date_trunc('month', now())")  # fmt: skip
    app.map(account=ROW.format(condition))
    assert "accounts" not in rehearsed(app)


def test_rows_that_began_with_more_than_others(app: App) -> None:
    """Nothing says what each had at first: more in one month than in the other, for everybody."""
    app.sql("UPDATE counters SET given = 100 + 50 * (month = date_trunc('month', now()))::int")
    app.sql("ALTER TABLE counters RENAME given TO left_now; UPDATE counters SET left_now = left_now - used")
    app.sql("ALTER TABLE counters DROP used")
    app.map("accounts", balance="left_now", add=None)
    assert "balances" not in rehearsed(app)
