"""Balances that a refund does not move because the file leaves them out."""

import re

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.shops import marked_shop, refuses, rehearsed, shop

# people belong to teams, which have the credits; the book names the team, and a session its owner
TEAMS = """
ALTER TABLE book DROP total, DROP team, DROP added;
CREATE TABLE teams (id int PRIMARY KEY, credits numeric NOT NULL DEFAULT 0);
CREATE TABLE people (id text PRIMARY KEY, team int NOT NULL REFERENCES teams);
INSERT INTO teams SELECT n FROM generate_series(0, 4) AS n;
INSERT INTO people SELECT id, substr(id, 2)::int FROM wallets;
ALTER TABLE jobs ADD FOREIGN KEY (owner) REFERENCES people;
ALTER TABLE book ADD team int REFERENCES teams;
UPDATE book SET team = substr(wallet, 2)::int;
ALTER TABLE book DROP wallet;
INSERT INTO book (team, kind, amount) SELECT id, 'bought', 500 FROM teams;
UPDATE teams AS t SET credits = (SELECT sum(amount) FROM book AS b WHERE b.team = t.id);
DROP TABLE wallets;
"""


@pytest.fixture
def app(bare: AppDatabase) -> App:
    """A shop whose file is right but for the section of accounts."""
    app = shop(bare)
    app.sql(TEAMS)
    app.sections.pop("accounts")
    app.map("ledger.insert", wallet=None, team="(SELECT p.team FROM people p WHERE p.id = s.owner)")
    return app


def test_the_account_of_a_row_is_worked_out(app: App) -> None:
    found = refuses(app, "accounts")
    assert "credits of teams is what the rows of book come to for each account, such as" in found
    app.sql("UPDATE teams SET credits = 7")
    assert "accounts" not in rehearsed(app)


def test_a_statistic_of_what_else_the_rows_name(app: App) -> None:
    """The account of a row is worked out by a subquery, and another of its columns comes from the session."""
    app.sql("UPDATE teams SET credits = 7; CREATE TABLE campaigns (id int PRIMARY KEY, net_usage numeric)")
    app.sql("INSERT INTO campaigns SELECT n FROM generate_series(0, 3) AS n")
    app.sql("ALTER TABLE book ADD campaign int REFERENCES campaigns; ALTER TABLE jobs ADD campaign int")
    app.sql("UPDATE jobs SET campaign = substr(id, 2)::int % 4")
    app.sql("UPDATE book AS b SET campaign = j.campaign FROM jobs AS j WHERE j.id = b.job")
    app.sql("UPDATE campaigns AS c SET net_usage = (SELECT sum(amount) FROM book AS b WHERE b.campaign = c.id)")
    app.map("ledger.insert", campaign="s.campaign")
    assert "accounts" not in rehearsed(app)


def test_a_refund_that_changes_nothing_in_the_app(bare: AppDatabase) -> None:
    """The accounts are only locked, and nothing else is written for a session that has failed already."""
    app = marked_shop(bare)
    app.map("accounts", balance=None)
    assert "changes nothing" not in rehearsed(app)["accounts"]["message"], "the app may read the mark"
    app.sections.pop("sessions.refunded")
    found = rehearsed(app)["accounts"]
    assert found["status"] == "warning"
    assert "changes nothing in the app's tables" in found["message"]
    assert app.install().exit_code == 0
    app.sql("CREATE FUNCTION give() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'")
    app.sql("CREATE TRIGGER give AFTER INSERT ON sweeper.refunds FOR EACH ROW EXECUTE FUNCTION give()")
    assert "changes nothing" not in str(rehearsed(app).get("accounts"))


# ids in no order, and the running balance of the newest row is the balance
CHAIN = """
ALTER TABLE book ADD ref text;
UPDATE book SET total = total + 10 * substr(wallet, 2)::int, ref = md5(id::text),
    made_at = now() - interval '1 day' + id * interval '1 s';
ALTER TABLE book DROP id, ADD PRIMARY KEY (ref);
UPDATE wallets AS w
SET balance = (SELECT b.total FROM book AS b WHERE b.wallet = w.id ORDER BY b.made_at DESC LIMIT 1);
"""


@pytest.mark.parametrize(("value", "moment"), [("amount", "at"), ("0", "refund.at")])
def test_a_running_balance_in_rows_that_only_the_time_orders(bare: AppDatabase, value: str, moment: str) -> None:
    app = shop(bare)
    app.sql(CHAIN)
    app.map("ledger.insert", ref="refund_id::text", made_at=moment, total="balance_after")
    assert "ledger" not in rehearsed(app)
    app.map("ledger.insert", total=value)
    assert f"total steps by the amount from row to row, and [ledger.insert] fills it with '{value}'" in refuses(
        app, "ledger"
    )


# double entry: the postings of a wallet come to its balance
POSTINGS = """
ALTER TABLE jobs ADD refunded boolean NOT NULL DEFAULT false;
UPDATE jobs SET refunded = true WHERE id IN (SELECT job FROM book WHERE kind = 'refund');
CREATE TABLE postings (id bigserial PRIMARY KEY, wallet text NOT NULL REFERENCES wallets, amount numeric NOT NULL);
INSERT INTO postings (wallet, amount) SELECT id, 1000 FROM wallets UNION ALL SELECT wallet, amount FROM book;
UPDATE wallets AS w SET balance = (SELECT sum(amount) FROM postings AS p WHERE p.wallet = w.id);
DROP TABLE book;
"""


@pytest.fixture
def posted(bare: AppDatabase) -> App:
    """A shop whose file knows what was refunded, and writes no posting."""
    app = shop(bare)
    app.sql(POSTINGS)
    app.sections.pop("ledger")
    app.sections.pop("ledger.insert")
    app.map(exclude="refunded")
    app.map("sessions.refunded", refunded="true")
    return app


def test_rows_that_come_to_the_balance(posted: App) -> None:
    app = posted
    found = rehearsed(app)["accounts"]
    assert found["status"] == "warning"
    assert "'balance' is what amount in the rows of postings comes to, for all 5 accounts looked at" in found["message"]
    assert app.install().exit_code == 0
    app.sql("CREATE FUNCTION post() RETURNS trigger LANGUAGE plpgsql AS "
            "'BEGIN INSERT INTO postings (wallet, amount) VALUES (NEW.account_id, 1); RETURN NULL; END'")  # fmt: skip
    app.sql("CREATE TRIGGER post AFTER INSERT ON sweeper.refunds FOR EACH ROW EXECUTE FUNCTION post()")
    assert "accounts" not in rehearsed(app)


def test_purchases_that_nobody_has_used_yet(posted: App) -> None:
    posted.sql("DELETE FROM postings WHERE amount < 900; UPDATE wallets SET balance = 1000")
    assert "accounts" not in rehearsed(posted)


def test_counters_of_all_that_was_ever_given_and_taken(bare: AppDatabase) -> None:
    """The app's own refunds have left them as they are."""
    app = shop(bare)
    app.sql("INSERT INTO book (wallet, kind, amount) SELECT id, 'topup', 800 + ascii(right(id, 1)) FROM wallets")
    app.sql(
        "ALTER TABLE book DROP total; ALTER TABLE wallets ADD lifetime_credits numeric, ADD total_credits_spent numeric"
    )
    app.sql("UPDATE wallets AS w SET (balance, lifetime_credits, total_credits_spent) = (SELECT sum(b.amount), "
            "sum(b.amount) FILTER (WHERE b.kind = 'topup'), -sum(b.amount) FILTER (WHERE b.amount < 0) "
            "FROM book AS b WHERE b.wallet = w.id)")  # fmt: skip
    assert "accounts" not in rehearsed(app)
    app.sql("ALTER TABLE wallets ADD row_version int")
    app.sql("UPDATE wallets AS w SET row_version = (SELECT count(*) FROM book AS b WHERE b.wallet = w.id) - 1")
    found = rehearsed(app)["accounts"]
    assert "row_version of wallets is about as high as the ledger has rows" in found["message"]
    lines = '[accounts.add] balance = "amount"\n[accounts.add] "row_version" = "1"'
    assert lines in found["fix"], "the section takes the place of the default"
    app.map("accounts.add", row_version="1")
    assert '[accounts.add] balance = "amount": without this line' in rehearsed(app)["accounts"]["fix"]
    del app.sections["accounts.add"]
    app.sql("ALTER TABLE wallets ADD version int DEFAULT 2026")
    assert not re.search(r"\bversion of", rehearsed(app)["accounts"]["message"]), "such as that of accepted terms"
    app.map("accounts.add", balance="amount", row_version="1")
    assert "accounts" not in rehearsed(app)
    app.sql("DELETE FROM book WHERE kind = 'refund' AND job NOT IN ('j1', 'j2')")
    app.sql("UPDATE wallets AS w SET balance = (SELECT sum(b.amount) FROM book AS b WHERE b.wallet = w.id)")
    assert "accounts" not in rehearsed(app), "the refunds of two show it"
    app.sql("INSERT INTO book (wallet, kind, amount) SELECT id, 'gift', 30 FROM wallets; UPDATE wallets SET balance = "
            "balance + 30")  # fmt: skip
    assert "accounts" not in rehearsed(app), "more than was ever taken"
    app.sql("UPDATE wallets SET lifetime_credits = ascii(right(id, 1)) - 40, "
            "total_credits_spent = total_credits_spent + ascii(right(id, 1))")  # fmt: skip
    found = rehearsed(app)["accounts"]["message"]
    assert "lifetime_credits, total_credits_spent of wallets look like balances or counters" in found


def test_a_balance_that_is_what_is_left_of_lots(bare: AppDatabase) -> None:
    """The lots are used up one by one, and the account's row has what is left of them together."""
    app = marked_shop(bare)
    app.sql(
        "CREATE TABLE lots (id bigserial PRIMARY KEY, wallet_id text NOT NULL REFERENCES wallets, size int, "
        "remaining_credits int)"
    )
    app.sql("UPDATE wallets SET balance = 900 + ascii(right(id, 1)); CREATE INDEX ON lots (wallet_id); "
            "INSERT INTO lots (wallet_id, size, remaining_credits) SELECT id, 1000, n FROM wallets, "
            "LATERAL (VALUES (300), (balance - 300)) AS parts (n)")  # fmt: skip
    assert "what remaining_credits in the rows of lots comes to" in rehearsed(app)["accounts"]["message"]
    app.sql("UPDATE lots SET remaining_credits = 7 WHERE id = 1")
    assert "rows of lots" not in str(rehearsed(app).get("accounts"))


def test_a_counter_that_never_counted_what_is_open(bare: AppDatabase) -> None:
    """It counts what succeeded: a refund leaves it alone."""
    app = marked_shop(bare)
    app.sql("ALTER TABLE wallets ADD lifetime_spend int; UPDATE wallets AS w SET lifetime_spend = ("
            "SELECT 1 + sum(price) / 3 FROM jobs AS j WHERE j.owner = w.id AND state = 'done')")  # fmt: skip
    assert rehearsed(app) == {}
    app.sql("UPDATE wallets SET lifetime_spend = lifetime_spend + 200")
    assert "lifetime_spend of wallets look like" in rehearsed(app)["accounts"]["message"]


def test_a_pool_that_gave_a_part_which_the_session_says(bare: AppDatabase) -> None:
    """No name speaks of it; the app's own refunds give it back."""
    app = shop(bare)
    app.sql("ALTER TABLE book DROP total; ALTER TABLE wallets ADD pkt int NOT NULL DEFAULT 0")
    app.sql("ALTER TABLE jobs ADD pay int; UPDATE jobs SET pay = substr(id, 2)::int * 7 % 11 % price")
    app.sql("UPDATE wallets AS w SET pkt = 500 - (SELECT sum(pay) FROM jobs AS j WHERE j.owner = w.id "
            "AND j.id NOT IN (SELECT job FROM book WHERE kind = 'refund'))")  # fmt: skip
    app.sql("UPDATE wallets AS w SET balance = 500 - (SELECT sum(price - pay) FROM jobs AS j WHERE j.owner = w.id "
            "AND j.id NOT IN (SELECT job FROM book WHERE kind = 'refund'))")  # fmt: skip
    assert "pkt of wallets has moved by exactly pay of sessions that are not refunded" in refuses(app, "balances")
    app.map("accounts", balance="balance + pkt")
    app.map("accounts.add", balance="amount - s.pay", pkt="s.pay")
    assert "balances" not in rehearsed(app)


def test_storage_that_a_refund_by_the_app_clears(bare: AppDatabase) -> None:
    """It is no pool, going by its unit."""
    app = shop(bare)
    app.sql("ALTER TABLE jobs ADD size int; UPDATE jobs SET size = substr(id, 2)::int * 7 % 11 + 1")
    app.sql("ALTER TABLE wallets RENAME balance TO credits; ALTER TABLE wallets ADD storage_mb int NOT NULL DEFAULT 0")
    app.sql("UPDATE wallets AS w SET credits = 500 - (SELECT sum(price) FROM jobs AS j WHERE j.owner = w.id "
            "AND j.id NOT IN (SELECT job FROM book WHERE kind = 'refund'))")  # fmt: skip
    app.sql("UPDATE wallets AS w SET storage_mb = (SELECT sum(size) FROM jobs AS j WHERE j.owner = w.id "
            "AND j.id NOT IN (SELECT job FROM book WHERE kind = 'refund'))")  # fmt: skip
    app.map("accounts", balance="credits")
    assert "balances" not in rehearsed(app)


@pytest.mark.parametrize("name", ["size_in_flight", "open_work"])
def test_what_is_counted_of_sessions_that_run_when_all_is_refunded(bare: AppDatabase, name: str) -> None:
    app = shop(bare)
    app.sql(f"ALTER TABLE jobs ADD size int; ALTER TABLE wallets ADD {name} int NOT NULL DEFAULT 0")
    app.sql("UPDATE jobs SET size = substr(id, 2)::int * 7 % 11 + 1")
    app.sql(
        "INSERT INTO book (wallet, job, kind, amount) SELECT owner, id, 'refund', price FROM jobs AS j "
        "WHERE state = 'failed' AND NOT EXISTS (SELECT FROM book AS b WHERE b.job = j.id AND b.kind = 'refund')"
    )
    app.sql("UPDATE jobs SET state = 'running' WHERE state = 'done' AND substr(id, 2)::int % 2 = 0")
    app.sql(f"UPDATE wallets AS w SET {name} = (SELECT coalesce(sum(size), 0) FROM jobs AS j "
            "WHERE j.owner = w.id AND j.state = 'running'), balance = 500 - (SELECT sum(price) FROM jobs AS j "
            "WHERE j.owner = w.id AND j.id NOT IN (SELECT job FROM book WHERE kind = 'refund'))")  # fmt: skip
    assert "balances" not in rehearsed(app)


def test_a_number_that_is_counted_on_success_when_all_is_refunded(bare: AppDatabase) -> None:
    """Then nothing that is owed shows that failures never counted: those that run have no number yet."""
    app = shop(bare)
    app.sql("ALTER TABLE jobs ADD pages int; UPDATE jobs SET pages = substr(id, 2)::int * 7 % 11 + 1 "
            "WHERE state <> 'running'")  # fmt: skip
    app.sql("ALTER TABLE wallets ADD pages int; UPDATE wallets AS w SET pages = (SELECT coalesce(sum(j.pages), 0) "
            "FROM jobs AS j WHERE j.owner = w.id AND j.state = 'done')")  # fmt: skip
    assert "balances" not in rehearsed(app)
    app.sql(
        "INSERT INTO book (wallet, job, kind, amount) SELECT owner, id, 'refund', price FROM jobs AS j "
        "WHERE state = 'failed' AND NOT EXISTS (SELECT FROM book AS b WHERE b.job = j.id AND b.kind = 'refund')"
    )
    app.sql("UPDATE wallets AS w SET balance = 500 - (SELECT sum(price) FROM jobs AS j WHERE j.owner = w.id "
            "AND j.id NOT IN (SELECT job FROM book WHERE kind = 'refund'))")  # fmt: skip
    assert "balances" not in rehearsed(app)
