"""Right files with one key of the accounts changed, by which a refund would go to somebody else, or to nobody."""

from tests.helpers.any_app import App
from tests.helpers.shops import refuses, rehearsed


def test_the_sessions_own_id_as_the_account(marked: App) -> None:
    marked.sections.pop("accounts")
    marked.map(account="id")
    assert "is the session's own id, for all 20 sessions looked at" in refuses(marked, "accounts")


def test_accounts_of_which_only_closed_ones_are_active(app: App) -> None:
    app.sql("ALTER TABLE wallets ADD state text NOT NULL DEFAULT 'open'")
    app.sql("INSERT INTO wallets SELECT 'x' || n, 0, 'closed' FROM generate_series(1, 3) AS n")
    app.map("accounts", active="state = 'closed'")
    assert "is true of none with successes of the accounts" in rehearsed(app)["accounts"]["message"]
    app.sql("UPDATE wallets SET state = 'closed' WHERE id = 'w1'")
    assert rehearsed(app) == {}


def test_an_account_table_of_something_else_by_a_subquery(app: App) -> None:
    app.sql("CREATE TABLE people (id int PRIMARY KEY, credits int NOT NULL DEFAULT 500)")
    app.sql("CREATE TABLE albums (id int PRIMARY KEY, person int NOT NULL REFERENCES people)")
    app.sql("CREATE TABLE orders (id serial PRIMARY KEY, paid_credits int NOT NULL DEFAULT 9)")
    app.sql("INSERT INTO people SELECT n FROM generate_series(0, 4) AS n; INSERT INTO albums SELECT id, id FROM people")
    app.sql("INSERT INTO orders SELECT n FROM generate_series(0, 9) AS n; ALTER TABLE jobs ADD album int")
    app.sql("UPDATE jobs SET album = right(owner, 1)::int")
    app.sql("ALTER TABLE book ALTER wallet TYPE int USING right(wallet, 1)::int")
    app.map(account="(SELECT a.person FROM albums AS a WHERE a.id = s.album)")
    app.map("accounts", table="orders", balance="paid_credits")
    assert "refers to id of people by a foreign key, and accounts.id = 'id' of orders" in refuses(app, "accounts")


def test_accounts_left_out_although_they_have_a_balance(app: App) -> None:
    app.sql("ALTER TABLE book DROP added, ADD FOREIGN KEY (wallet) REFERENCES wallets")
    app.sql("UPDATE wallets SET balance = balance + ascii(right(id, 1))")
    app.sections.pop("accounts")
    assert "what looks like a balance is in balance of wallets" in rehearsed(app)["accounts"]["message"]
    app.sql("ALTER TABLE book ADD added boolean NOT NULL DEFAULT false")  # a job of the app's adds it
    assert "what looks like a balance" not in rehearsed(app).get("accounts", {}).get("message", "")
