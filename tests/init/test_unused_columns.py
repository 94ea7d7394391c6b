"""``sweeper init`` beside columns that nothing sets, columns whose names say nothing, and a second product."""

from pathlib import Path

import pytest

from sweeper.init.evidence import Evidence
from tests.helpers.drafted import draft
from tests.helpers.server import Server

APP = """
CREATE TABLE users (id int PRIMARY KEY, credits int NOT NULL);
CREATE TABLE renders (id int PRIMARY KEY, user_id int NOT NULL REFERENCES users, status text NOT NULL,
    price int NOT NULL, error text, created_at timestamptz NOT NULL DEFAULT now());
INSERT INTO users SELECT n, 10 * n FROM generate_series(1, 4) AS n;
INSERT INTO renders SELECT n, 1 + n % 4, (ARRAY['running', 'done', 'failed'])[1 + n % 3], 2
    FROM generate_series(1, 60) AS n;
"""
NO_CREDITS = "ALTER TABLE users DROP credits;"


def test_a_heartbeat_that_no_row_has_is_a_question(server: Server, tmp_path: Path) -> None:
    """With it, stuck_after counted from the start of each session, and what ran for longer was paid."""
    added = "ALTER TABLE renders ADD heartbeat_at timestamptz;"
    found, text = draft(server, tmp_path, APP, added)
    assert found["sessions"]["active_at"] == "?"
    assert '"heartbeat_at"   by its name a sign of life' in text
    found, _ = draft(server, tmp_path, APP, added, "UPDATE renders SET heartbeat_at = now() WHERE status = 'done';")
    assert found["sessions"]["active_at"] == "heartbeat_at"


def test_a_balance_that_is_null_in_every_row_is_none(server: Server, tmp_path: Path) -> None:
    found, _ = draft(server, tmp_path, APP, NO_CREDITS, "ALTER TABLE users ADD credit_balance int;")
    assert found["accounts"]["balance"] == "?"
    wallets = """ALTER TABLE users ADD credit_balance int;
        CREATE TABLE wallets (user_id int PRIMARY KEY REFERENCES users, balance int NOT NULL);
        INSERT INTO wallets SELECT id, 10 FROM users;"""
    found, _ = draft(server, tmp_path, APP, NO_CREDITS, wallets)
    assert (found["accounts"]["table"], found["accounts"]["balance"]) == ("wallets", "balance")
    purses = """ALTER TABLE users ADD credit_balance int, ADD purse int NOT NULL DEFAULT 7;
        CREATE TABLE credit_lines (id serial PRIMARY KEY, user_id int NOT NULL REFERENCES users,
            amount int NOT NULL);"""
    found, _ = draft(server, tmp_path, APP, NO_CREDITS, purses)
    assert (found["accounts"]["table"], found["accounts"]["balance"]) == ("users", "?")


def test_a_gift_is_a_part_of_a_balance(server: Server, tmp_path: Path) -> None:
    """Where another number may be the rest of it, whatever its name."""
    gift = "ALTER TABLE users ADD gift_balance int NOT NULL DEFAULT 5"
    found, text = draft(server, tmp_path, APP, NO_CREDITS, f"{gift}, ADD purse int NOT NULL DEFAULT 7;")
    assert found["accounts"]["balance"] == "?"
    assert "gift_balance is named like a part of the balance, of which purse may be another" in text
    found, _ = draft(server, tmp_path, APP, NO_CREDITS, f"{gift};")
    assert found["accounts"]["balance"] == "gift_balance"


def test_the_mark_of_refunds_is_one_that_some_row_has(server: Server, tmp_path: Path) -> None:
    marks = """ALTER TABLE renders ADD is_refunded boolean, ADD given_back_at timestamptz, ADD note text;"""
    used = "UPDATE renders SET given_back_at = now() WHERE status = 'failed' AND id > 30;"
    found, _ = draft(server, tmp_path, APP, marks, used)
    assert found["sessions"]["exclude"] == "given_back_at IS NOT NULL"
    found, text = draft(server, tmp_path, APP, marks)
    assert found["sessions"]["exclude"] == "is_refunded"
    assert "no row has it yet" in text
    said = "UPDATE renders SET note = 'Credits refunded' WHERE status = 'failed' AND id > 30;"
    found, text = draft(server, tmp_path, APP, marks, said)
    assert found["sessions"]["exclude"] == "?"
    assert "\"note = 'Credits refunded'\"" in text


def test_an_amount_that_no_row_of_a_ledger_has_is_none(server: Server, tmp_path: Path) -> None:
    """It was written to as the amount of a refund, where the rows have theirs under other names."""
    lines = """CREATE TABLE credit_transactions (id serial PRIMARY KEY, user_id int NOT NULL REFERENCES users,
            render_id int REFERENCES renders, kind text NOT NULL, from_gift int, from_purse int, amount int);
        INSERT INTO credit_transactions (user_id, render_id, kind, from_gift, from_purse)
        SELECT user_id, id, 'charge', -1, -1 FROM renders
        UNION ALL SELECT user_id, id, 'refund', 1, 1 FROM renders WHERE status = 'failed' AND id > 30;"""
    found, _ = draft(server, tmp_path, APP, lines)
    assert "amount" not in found.get("ledger", {}).get("insert", {})
    found, _ = draft(server, tmp_path, APP, lines, "UPDATE credit_transactions SET amount = from_gift * 2;")
    assert found["ledger"]["insert"]["amount"] == "amount"


def test_a_running_balance_is_known_by_its_values(server: Server, tmp_path: Path) -> None:
    moves = """CREATE TABLE moves (id serial PRIMARY KEY, user_id int NOT NULL REFERENCES users, num int NOT NULL,
            upto int NOT NULL);
        INSERT INTO moves (user_id, num, upto) SELECT id, 50, 50 FROM users;
        INSERT INTO moves (user_id, num, upto) SELECT id, credits - 50, credits FROM users;"""
    found, text = draft(server, tmp_path, APP, moves)
    assert found["accounts"]["balance"] == "?"
    assert "users.credits is upto of the newest row of moves for all 4 accounts" in text
    found, _ = draft(server, tmp_path, APP, moves, "UPDATE moves SET upto = upto + 1 WHERE user_id = 3;")
    assert found["accounts"]["balance"] == "credits"


def test_so_are_those_of_a_few_tables_alone(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where hundreds name the accounts, no time was left for anything else, and all was a question."""
    asked, look = list[str](), Evidence._look
    monkeypatch.setattr(Evidence, "_look", lambda self, name, slots: (asked.append(name), look(self, name, slots))[1])
    others = [
        f"CREATE TABLE t{n} (id serial PRIMARY KEY, user_id int REFERENCES users, num int, upto int);"
        for n in range(50)
    ]
    found, _ = draft(server, tmp_path, APP, *others)
    assert found["accounts"]["balance"] == "credits"
    assert asked.count("draft_running_total") == 60


def test_a_start_that_not_every_row_has_is_a_question(server: Server, tmp_path: Path) -> None:
    """Failures without one were held, although another time was there."""
    found, text = draft(
        server,
        tmp_path,
        APP,
        "ALTER TABLE renders RENAME created_at TO moment; ALTER TABLE renders ADD started_at timestamptz;",
    )
    assert found["sessions"]["started_at"] == "?"
    assert '"moment"   a time' in text


def test_a_second_product_with_a_balance_of_its_own(server: Server, tmp_path: Path) -> None:
    """The one with more columns was mapped without a question."""
    shop = """CREATE SCHEMA shop; CREATE TABLE shop.customers (id int PRIMARY KEY, balance int NOT NULL);
        INSERT INTO shop.customers SELECT n, 5 FROM generate_series(1, 9) AS n;
        CREATE TABLE shop.exports (id int PRIMARY KEY, owner_id int NOT NULL REFERENCES shop.customers,
            status text NOT NULL, cost int NOT NULL, started_at timestamptz NOT NULL DEFAULT now(),
            done_at timestamptz, error_message text, progress int, is_refunded boolean);
        INSERT INTO shop.exports (id, owner_id, status, cost)
        SELECT n, 1 + n % 4, (ARRAY['running', 'done', 'failed'])[1 + n % 3], 3 FROM generate_series(1, 60) AS n;"""
    found, text = draft(server, tmp_path, APP, shop)
    assert found["sessions"]["table"] == "?"
    assert '"shop.exports"   its status' in text
    assert '"renders"   its status' in text


def test_an_archive_with_a_better_name_is_a_question(server: Server, tmp_path: Path) -> None:
    """Its name lacks what speaks against messages, so that it was taken; so were states of messages."""
    names = """ALTER TABLE renders RENAME TO messages; CREATE TABLE messages_archive (LIKE messages INCLUDING ALL);
        INSERT INTO messages_archive SELECT * FROM messages WHERE id < 50;"""
    found, text = draft(server, tmp_path, APP, names)
    assert found["sessions"]["table"] == "?"
    assert '"messages"   its status' in text
    states = """ALTER TABLE renders ADD code uuid NOT NULL DEFAULT gen_random_uuid(); ALTER TABLE renders DROP id;
        ALTER TABLE renders RENAME TO messages; ALTER TABLE messages ADD PRIMARY KEY (code);
        CREATE TABLE changes (id bigserial PRIMARY KEY, item_id uuid NOT NULL, status text NOT NULL, error text,
            price int, created_at timestamptz NOT NULL DEFAULT now());
        INSERT INTO changes (item_id, status) SELECT code, status FROM messages;"""
    found, text = draft(server, tmp_path, APP, states)
    assert found["sessions"]["table"] == "?"
    assert '"messages"   its status' in text


LINES = """CREATE TABLE {0} (id serial PRIMARY KEY, user_id int NOT NULL REFERENCES users, render_id int,
        kind text NOT NULL, amount int NOT NULL);
    INSERT INTO {0} (user_id, render_id, kind, amount) SELECT user_id, id, 'charge', -2 FROM renders WHERE id < {1}
    UNION ALL SELECT user_id, id, 'refund', 2 FROM renders WHERE status = 'failed' AND id < {1} / 2;"""


def test_an_old_ledger_with_fewer_rows_is_not_taken_for_its_name(server: Server, tmp_path: Path) -> None:
    tables = LINES.format("wallettransaction", 60) + LINES.format("credit_transactions_2024", 20)
    found, _ = draft(server, tmp_path, APP, tables)
    assert found["ledger"]["table"] == "?"
    found, _ = draft(server, tmp_path, APP, LINES.format("credit_transactions_2024", 60))
    assert found["ledger"]["table"] == "credit_transactions_2024"


def test_a_request_is_no_refund(server: Server, tmp_path: Path) -> None:
    """A refund was a row among the wishes of customers."""
    wishes = """CREATE TABLE refund_requests (id serial PRIMARY KEY, user_id int REFERENCES users, render_id int
            REFERENCES renders, amount int NOT NULL, status text NOT NULL, reason text);
        INSERT INTO refund_requests (user_id, render_id, amount, status) SELECT user_id, id, 2, 'rejected'
        FROM renders WHERE id < 20;"""
    found, _ = draft(server, tmp_path, APP, wishes)
    assert "ledger" not in found


# the build of Postgres that the tests use has no citext: the name and the casts of it are enough here
CITEXT = """CREATE TYPE citext;
    CREATE FUNCTION citextin(cstring) RETURNS citext LANGUAGE internal IMMUTABLE STRICT AS 'textin';
    CREATE FUNCTION citextout(citext) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
    CREATE TYPE citext (INPUT = citextin, OUTPUT = citextout, LIKE = text, CATEGORY = 'S', COLLATABLE = true);
    CREATE CAST (citext AS text) WITHOUT FUNCTION AS IMPLICIT; CREATE CAST (text AS citext) WITHOUT FUNCTION;"""


def test_ids_that_ignore_case_are_keys(server: Server, tmp_path: Path) -> None:
    """The table fell out, and one of no paid work was taken."""
    mails = """ALTER TABLE renders ALTER id TYPE citext USING id::text::citext;
        CREATE TABLE mail_jobs (id int PRIMARY KEY, status text NOT NULL, error text, user_id int REFERENCES users);
        INSERT INTO mail_jobs SELECT n, (ARRAY['sent', 'failed'])[1 + n % 2] FROM generate_series(1, 40) AS n;"""
    found, _ = draft(server, tmp_path, APP, CITEXT, mails)
    assert (found["sessions"]["table"], found["sessions"]["id"]) == ("renders", "id")
