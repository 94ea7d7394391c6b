"""``sweeper init`` where several tables, or none by its name, may have the balance of a session's account."""

from pathlib import Path

from tests.helpers.drafted import draft
from tests.helpers.server import Server

WORK = """
CREATE TABLE users (id int PRIMARY KEY, email text);
CREATE TABLE renders (id int PRIMARY KEY, user_id int NOT NULL REFERENCES users, status text NOT NULL,
    price int NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
INSERT INTO users SELECT n, 'x' FROM generate_series(1, 4) AS n;
INSERT INTO renders SELECT n, 1 + n % 4, (ARRAY['queued', 'done', 'failed'])[1 + n % 3], 2
    FROM generate_series(1, 60) AS n;
"""
HOLDERS = r"""
CREATE TABLE wallets (id serial PRIMARY KEY, holder_type text NOT NULL, holder_id int NOT NULL, balance int NOT NULL);
INSERT INTO wallets (holder_type, holder_id, balance) SELECT 'App\Models\User', id, 100 FROM users;
INSERT INTO wallets (holder_type, holder_id, balance) VALUES ('App\Models\Shop', 1, 5);
"""
OWN = """
CREATE TABLE wallets (id serial PRIMARY KEY, user_id int NOT NULL REFERENCES users, balance int NOT NULL);
INSERT INTO wallets (user_id, balance) SELECT id, 100 FROM users;
"""
BY_OWNER = "(SELECT p.id FROM wallets AS p WHERE p.user_id = s.user_id)"


def test_wallets_that_name_their_owner_by_kind_and_id(server: Server, tmp_path: Path) -> None:
    """Such as packages for Laravel and Rails make them."""
    found, text = draft(server, tmp_path, WORK, HOLDERS)
    assert (found["accounts"]["table"], found["accounts"]["id"]) == ("wallets", "id")
    assert found["sessions"]["account"] == "?"
    wallet = (
        r"(SELECT a.id FROM wallets AS a WHERE a.holder_id = s.user_id AND a.holder_type = E'App\\\\Models\\\\User')"
    )
    assert f'"{wallet}"   to wallets.id' in text


def test_the_only_wallet_of_each_owner_is_a_candidate(server: Server, tmp_path: Path) -> None:
    """Nothing forbids a second one, so it stays a question."""
    found, text = draft(server, tmp_path, WORK, OWN)
    assert found["sessions"]["account"] == "?"
    assert f'"{BY_OWNER}"   to wallets.id: no owner that was seen has several' in text


def test_one_of_several_wallets_of_an_owner_is_none(server: Server, tmp_path: Path) -> None:
    _, text = draft(server, tmp_path, WORK, OWN, "INSERT INTO wallets (user_id, balance) VALUES (1, 5);")
    assert BY_OWNER not in text


def test_the_table_whose_balances_a_ledger_carries_is_the_account(server: Server, tmp_path: Path) -> None:
    shared = """CREATE TABLE schools (id int PRIMARY KEY, credits int NOT NULL); INSERT INTO schools VALUES (1, 100);
        ALTER TABLE users ADD credits int NOT NULL DEFAULT 7;
        ALTER TABLE renders ADD school_id int REFERENCES schools; UPDATE renders SET school_id = 1;
        CREATE TABLE credit_transactions (id serial PRIMARY KEY, user_id int NOT NULL REFERENCES users,
            render_id int REFERENCES renders, amount int NOT NULL, balance_after int NOT NULL);
        INSERT INTO credit_transactions (user_id, amount, balance_after) SELECT id, 7, 7 FROM users;"""
    found, _ = draft(server, tmp_path, WORK, shared)
    assert (found["accounts"]["table"], found["sessions"]["account"]) == ("users", "user_id")
    found, _ = draft(server, tmp_path, WORK, shared.replace("render_id int REFERENCES renders", "seat_id int"))
    assert (found["accounts"]["table"], found["sessions"]["account"]) == ("?", "?"), (
        "what sessions cost is not in there"
    )


def test_amounts_by_which_a_ledger_changes_are_no_balance(server: Server, tmp_path: Path) -> None:
    changes = """ALTER TABLE users ADD credits_remaining int NOT NULL DEFAULT 7;
        CREATE TABLE credit_events (id serial PRIMARY KEY, user_id int NOT NULL REFERENCES users,
            render_id int REFERENCES renders, event_type text NOT NULL, credits_delta int NOT NULL);"""
    found, _ = draft(server, tmp_path, WORK, changes)
    accounts = found["accounts"]
    assert (accounts["table"], accounts["balance"]) == ("users", "credits_remaining")
    assert found["sessions"]["account"] == "user_id"


def test_a_quota_and_what_was_used_of_it(server: Server, tmp_path: Path) -> None:
    quota = "ALTER TABLE users ADD quota_total int NOT NULL DEFAULT 9, ADD quota_used int NOT NULL DEFAULT 2;"
    found, text = draft(server, tmp_path, WORK, quota)
    assert (found["accounts"]["table"], found["accounts"]["balance"]) == ("users", "?")
    assert '"quota_total - quota_used"   then [accounts.add] quota_used = "-amount"' in text


def test_numbers_of_any_name_are_candidates_where_none_is_called_a_balance(server: Server, tmp_path: Path) -> None:
    found, text = draft(server, tmp_path, WORK, "ALTER TABLE users ADD picture_count int NOT NULL DEFAULT 9;")
    assert found["accounts"] == {"table": "?", "id": "?", "balance": "?"}
    assert '"users"   by user_id, if one of its numbers is a balance' in text
    assert '"picture_count"   of users' in text


def test_a_candidate_that_is_null_for_all_accounts_comes_last(server: Server, tmp_path: Path) -> None:
    limits = "ALTER TABLE users ADD daily_limit int, ADD daily_used int NOT NULL DEFAULT 0, ADD credits int DEFAULT 7;"
    _, text = draft(server, tmp_path, WORK, limits)
    assert text.index('"credits"   users.credits alone') < text.index('"daily_limit - daily_used"')


def test_what_was_given_back_is_no_price(server: Server, tmp_path: Path) -> None:
    """And it may be what the app writes when it refunds."""
    given = "ALTER TABLE renders ADD credits_refunded int NOT NULL DEFAULT 0; UPDATE renders SET credits_refunded = 2;"
    found, text = draft(server, tmp_path, WORK, given)
    assert found["sessions"]["refunded"]["credits_refunded"] == "?"
    assert '"credits_refunded"   a price' not in text
    assert '"amount"   what is given back' in text


def test_what_is_planned_for_later_and_its_heartbeat(server: Server, tmp_path: Path) -> None:
    times = "ALTER TABLE renders ADD available_at timestamptz DEFAULT now(), ADD beat_at timestamptz;"
    times += "UPDATE renders SET beat_at = created_at;"
    _, text = draft(server, tmp_path, WORK, times)
    assert '"greatest(available_at, beat_at)"' in text
    _, text = draft(server, tmp_path, WORK, "ALTER TABLE renders ADD available_at timestamptz DEFAULT now();")
    assert '"available_at"   what is planned for later' in text


def test_a_table_with_one_row_an_owner_is_no_ledger(server: Server, tmp_path: Path) -> None:
    """Beside a balance it has what was granted this month, and what expires, which look like movements."""
    balances = """CREATE TABLE credit_balances (id serial PRIMARY KEY, user_id int NOT NULL UNIQUE,
            balance int NOT NULL, lifetime_used int NOT NULL DEFAULT 0, period_credits_granted int NOT NULL DEFAULT 0);
        INSERT INTO credit_balances (user_id, balance) SELECT id, 100 FROM users;"""
    found, _ = draft(server, tmp_path, WORK, balances)
    accounts = found["accounts"]
    assert (accounts["table"], accounts["id"], accounts["balance"]) == ("credit_balances", "user_id", "balance")
    entries = """ALTER TABLE users ADD credits int NOT NULL DEFAULT 7;
        CREATE TABLE credit_entries (id serial PRIMARY KEY, user_id int NOT NULL REFERENCES users, kind text NOT NULL,
            render_id int REFERENCES renders, user_request_id text UNIQUE, amount int NOT NULL, balance_after int);
        INSERT INTO credit_entries (user_id, kind, render_id, user_request_id, amount, balance_after)
            SELECT user_id, 'refund', id, 'r' || id, 2, 7 FROM renders WHERE status = 'failed';"""
    found, _ = draft(server, tmp_path, WORK, entries)
    ledger = found["ledger"]
    assert ledger["insert"]["balance_after"] == "balance_after", "each movement has a request of its own"


PRICES = """
CREATE TABLE ai_models (id text PRIMARY KEY, credits int NOT NULL); INSERT INTO ai_models VALUES ('a', 5), ('b', 10);
ALTER TABLE renders ADD model_id text REFERENCES ai_models; UPDATE renders SET model_id = 'a';
CREATE TABLE credit_transactions (id serial PRIMARY KEY, user_id int NOT NULL REFERENCES users, type text NOT NULL,
    render_id int REFERENCES renders, amount int NOT NULL);
INSERT INTO credit_transactions (user_id, type, render_id, amount) SELECT user_id, 'usage', id, -2 FROM renders;
"""


def test_a_list_of_prices_is_not_who_pays(server: Server, tmp_path: Path) -> None:
    """The balance is the sum of the ledger, and a model that the session refers to has a number of credits."""
    found, text = draft(server, tmp_path, WORK, PRICES)
    assert found["sessions"]["account"] == "?"
    assert '"user_id"   by its name; the balance is elsewhere then' in text
    assert found["accounts"] == {"table": "?", "id": "?", "balance": "?"}
    assert "ai_models may be a list of prices. When it is the sum of [ledger], leave [accounts] out." in text
    assert found["ledger"]["session"] == "render_id"


def test_a_key_of_any_name_that_accounts_and_sessions_share(server: Server, tmp_path: Path) -> None:
    shared = """CREATE TABLE app_users (uid text PRIMARY KEY, credits int NOT NULL);
        INSERT INTO app_users SELECT 'u' || id, 7 FROM users;
        ALTER TABLE renders ADD uid text; UPDATE renders SET uid = 'u' || user_id;
        ALTER TABLE renders DROP user_id; DROP TABLE users;"""
    found, _ = draft(server, tmp_path, WORK, shared)
    accounts = found["accounts"]
    assert (found["sessions"]["account"], accounts["table"], accounts["id"]) == ("uid", "app_users", "uid")


KEPT = """
CREATE TABLE balances (user_id int PRIMARY KEY REFERENCES users, amount_microdollars bigint NOT NULL);
CREATE TABLE transactions (id serial PRIMARY KEY, user_id int NOT NULL REFERENCES users, type text NOT NULL,
    amount_microdollars bigint NOT NULL, render_id int REFERENCES renders);
INSERT INTO balances SELECT id, 100 FROM users;
INSERT INTO transactions (user_id, type, amount_microdollars, render_id)
SELECT user_id, 'charge', -2, id FROM renders UNION ALL
SELECT user_id, 'refund', 2, id FROM renders WHERE status = 'failed' AND id < 30;
"""


def test_the_only_number_of_a_table_of_balances_is_the_balance(server: Server, tmp_path: Path) -> None:
    found, _ = draft(server, tmp_path, WORK, KEPT)
    assert found["sessions"]["account"] == "user_id"
    assert found["accounts"]["table"] == "balances"
    assert found["accounts"]["balance"] == "amount_microdollars"


def test_a_number_with_one_row_an_owner_may_be_the_balance(server: Server, tmp_path: Path) -> None:
    """Else the balance would be the sum of the ledger: its rows are written, and nobody gets the credits."""
    found, text = draft(server, tmp_path, WORK, KEPT.replace("balances", "user_funds"))
    assert found["accounts"] == {"table": "?", "id": "?", "balance": "?"}
    assert '"amount_microdollars"   of user_funds' in text
