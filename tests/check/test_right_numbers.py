"""Right files for apps whose accounts have an invariant, or counters that a job of the app's works out."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.shops import marked_shop, rehearsed

MEMBERS = """
UPDATE jobs SET price = 1 + substr(id, 2)::int * substr(owner, 2)::int % 7;
CREATE TABLE people (id text PRIMARY KEY);
INSERT INTO people SELECT id FROM wallets;
ALTER TABLE jobs ADD FOREIGN KEY (owner) REFERENCES people;
CREATE TABLE members (person text PRIMARY KEY REFERENCES people, used numeric);
INSERT INTO members SELECT owner, sum(price) FILTER (WHERE refunded_at IS NULL) FROM jobs GROUP BY 1;
"""


@pytest.fixture
def app(bare: AppDatabase) -> App:
    """A shop whose file is right."""
    return marked_shop(bare)


@pytest.mark.parametrize("change", ["RENAME TO usage_stats", "ADD computed_at timestamptz"])
def test_a_counter_that_a_job_works_out_again(app: App, change: str) -> None:
    app.sql(MEMBERS)
    assert "used of members, whose person is owner of sessions" in rehearsed(app)["balances"]["message"]
    app.sql(f"ALTER TABLE members {change}")
    assert "balances" not in rehearsed(app)


@pytest.mark.parametrize(
    "invariant",
    ["balance = (SELECT sum(given) FROM gifts WHERE wallet = a.id)", "balance = gifts_of(id)", "balance = cents / 100"],
)
def test_an_invariant_that_a_refund_leaves_true(app: App, invariant: str) -> None:
    """A subquery may read what a refund writes, and whole numbers are divided as the account's row divides them."""
    app.sql("CREATE TABLE gifts AS SELECT id AS wallet, balance AS given FROM wallets; CREATE FUNCTION gifts_of(text) "
            "RETURNS numeric LANGUAGE sql STABLE AS 'SELECT sum(given) FROM gifts WHERE wallet = $1'")  # fmt: skip
    app.sql("ALTER TABLE wallets ALTER balance TYPE int, ADD cents int; UPDATE wallets SET cents = balance * 100 + 50")
    app.map("accounts", invariant=invariant)
    app.map("accounts.add", balance="amount", cents="amount * 100")
    assert "accounts" not in rehearsed(app)
    app.map("accounts", invariant="balance = cents / 100")
    app.map("accounts.add", balance="amount", cents="amount")
    assert "accounts.invariant = " in rehearsed(app)["accounts"]["message"]


def test_a_status_that_is_null(app: App) -> None:
    """No list of the file can name it."""
    app.sql("UPDATE jobs SET state = NULL WHERE state = 'running'")
    assert rehearsed(app).keys() == {"statuses"}
