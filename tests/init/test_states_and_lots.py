"""``sweeper init`` on apps whose states are flags or rows, and whose credits are lots that several sessions use up."""

from pathlib import Path

import pytest

from tests.helpers.drafted import draft
from tests.helpers.paths import APPS
from tests.helpers.server import Server

FLAGS = (APPS / "questions" / "flags.sql").read_text()
EVENTS = (APPS / "questions" / "events.sql").read_text()
LOTS = """
CREATE TABLE people (id int PRIMARY KEY, email text);
CREATE TABLE credit_grants (id serial PRIMARY KEY, person_id int NOT NULL REFERENCES people, remaining int NOT NULL);
CREATE TABLE renders (id int PRIMARY KEY, person_id int NOT NULL REFERENCES people, status text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE credit_uses (id serial PRIMARY KEY, render_id int NOT NULL REFERENCES renders,
    grant_id int NOT NULL REFERENCES credit_grants, amount int NOT NULL CHECK (amount > 0), reversed_at timestamptz);
INSERT INTO people SELECT n, 'x' FROM generate_series(1, 3) AS n;
INSERT INTO credit_grants (person_id, remaining) SELECT 1 + n % 3, 10 FROM generate_series(1, 9) AS n;
INSERT INTO renders
SELECT n, 1 + n % 3, (ARRAY['queued', 'done', 'failed'])[1 + n % 3] FROM generate_series(1, 30) AS n;
INSERT INTO credit_uses (render_id, grant_id, amount) SELECT id, 1 + id % 9, 2 FROM renders;
"""


def test_a_flag_of_canceled_work_is_a_state_of_its_own(server: Server, tmp_path: Path) -> None:
    """Left out, what was canceled would look as if it still ran, and be closed and paid."""
    more = """ALTER TABLE restorations ADD is_canceled boolean NOT NULL DEFAULT false, ADD archived_at timestamptz,
        ADD cancel_requested_at timestamptz;"""
    _, text = draft(server, tmp_path, FLAGS, more)
    assert "'failed' WHEN is_canceled THEN 'ended' WHEN delivered_at IS NOT NULL THEN 'done'" in text


@pytest.mark.parametrize(("ended", "running"), [("completed_at", ["queued", "?"]), ("seen_at", ["active", "queued"])])
def test_a_word_for_work_that_has_an_end(server: Server, tmp_path: Path, ended: str, running: list[str]) -> None:
    """A voice is active once it is trained: taken for work that goes on, it would be closed and paid."""
    more = f"""ALTER TABLE renders ADD {ended} timestamptz; UPDATE renders SET status = 'active' WHERE status = 'done';
        UPDATE renders SET {ended} = now() WHERE status <> 'queued';"""
    found, _ = draft(server, tmp_path, LOTS, more)
    assert sorted(found["sessions"]["running"]) == sorted(running)


@pytest.mark.parametrize("name", ["shoot_states", "shoot_status"])
def test_a_table_of_states_is_not_taken_for_the_sessions(server: Server, tmp_path: Path, name: str) -> None:
    found, text = draft(server, tmp_path, EVENTS, f"ALTER TABLE shoot_events RENAME TO {name};")
    assert (found["sessions"]["table"], found["sessions"]["status"]) == ("shoots", "?")
    assert f"(SELECT e.state FROM {name} AS e WHERE e.shoot_id = s.id" in text


def test_what_was_taken_from_lots_is_no_ledger_of_refunds(server: Server, tmp_path: Path) -> None:
    """A session may take from several lots, and the app takes a use back where it stands."""
    found, text = draft(server, tmp_path, LOTS)
    assert {found["accounts"][key] for key in ("table", "id", "balance")} == {"?"}
    assert (found["ledger"]["table"], found["ledger"]["where"]) == ("?", "?")
    assert "(SELECT sum(p.amount) FROM credit_uses AS p WHERE p.render_id = s.id)" in text
    assert "exclude: what is true of a session that the app has refunded itself" in text


IMPORTS = """
CREATE TABLE spaces (id int PRIMARY KEY, credit_micros bigint NOT NULL);
CREATE TABLE users (id int PRIMARY KEY, xp_points int NOT NULL);
CREATE TABLE media_tasks (id int PRIMARY KEY, space_id int NOT NULL REFERENCES spaces, phase text NOT NULL,
    quoted_micros bigint NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE import_tasks (id int PRIMARY KEY, user_id int NOT NULL REFERENCES users, status text NOT NULL,
    rows_failed int, error text, created_at timestamptz NOT NULL DEFAULT now(), finished_at timestamptz);
INSERT INTO spaces SELECT n, 5000 FROM generate_series(1, 3) AS n;
INSERT INTO users SELECT n, 10 * n FROM generate_series(1, 3) AS n;
INSERT INTO media_tasks
SELECT n, 1 + n % 3, (ARRAY['accepted', 'rendered', 'failed'])[1 + n % 3], 20 FROM generate_series(1, 30) AS n;
INSERT INTO import_tasks
SELECT n, 1 + n % 3, (ARRAY['running', 'done', 'failed'])[1 + n % 3], 2 FROM generate_series(1, 30) AS n;
"""


def test_work_without_a_trace_of_a_charge_is_asked_about(server: Server, tmp_path: Path) -> None:
    """Users have points, but nothing shows that an import costs any."""
    found, text = draft(server, tmp_path, IMPORTS)
    assert (found["sessions"]["table"], found["sessions"]["status"]) == ("?", "?")
    assert '"import_tasks"' in text
    assert '"media_tasks"' in text


WALLETS = """
CREATE TABLE users (id int PRIMARY KEY, email text);
CREATE TABLE wallets (id int PRIMARY KEY, user_id int NOT NULL UNIQUE, credits int NOT NULL);
CREATE TABLE conversions (id int PRIMARY KEY, user_id int NOT NULL, wallet_id int NOT NULL, status text NOT NULL,
    price int NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE wallet_transactions (id serial PRIMARY KEY, wallet_id int NOT NULL, kind text NOT NULL,
    amount int NOT NULL, conversion_id int);
INSERT INTO users SELECT n, 'x' FROM generate_series(1, 9) AS n;
INSERT INTO wallets SELECT 10 - n, n, 100 FROM generate_series(1, 9) AS n;
INSERT INTO conversions
SELECT n, 1 + n % 9, 9 - n % 9, (ARRAY['queued', 'done', 'failed'])[1 + n % 3], 2 FROM generate_series(1, 60) AS n;
INSERT INTO wallet_transactions (wallet_id, kind, amount, conversion_id)
SELECT wallet_id, 'charge', price, id FROM conversions
UNION ALL SELECT wallet_id, 'refund', price, id FROM conversions WHERE status = 'failed' AND id < 40;
"""


def test_the_account_of_a_ledgers_row_is_open_while_that_of_a_session_is(server: Server, tmp_path: Path) -> None:
    """Ids of users are also those of wallets: with the other one, the row would be of somebody else."""
    found, text = draft(server, tmp_path, WALLETS)
    assert found["sessions"]["account"] == "?"
    assert found["ledger"]["insert"]["wallet_id"] == "?"
    assert '"s.wallet_id"   what the session has there' in text


def test_who_a_ledgers_row_is_of_may_have_another_name_in_the_session(server: Server, tmp_path: Path) -> None:
    """As where an organization pays, and each row also names the user who asked for the work."""
    found, text = draft(
        server,
        tmp_path,
        WALLETS,
        "ALTER TABLE conversions RENAME user_id TO created_by_id; ALTER TABLE conversions ADD FOREIGN KEY (wallet_id) "
        "REFERENCES wallets, ADD FOREIGN KEY (created_by_id) REFERENCES users; "
        "ALTER TABLE wallet_transactions ADD user_id int REFERENCES users;",
        "UPDATE wallet_transactions AS t SET user_id = created_by_id FROM conversions AS c WHERE c.id = conversion_id;"
        "ALTER TABLE wallet_transactions ADD FOREIGN KEY (wallet_id) REFERENCES wallets",
    )
    assert found["ledger"]["insert"]["user_id"] == "?"
    assert '"s.created_by_id"   the session\'s own reference to users' in text


CENTS = """
CREATE TABLE companies (id int PRIMARY KEY, credit_cents int NOT NULL, max_credit_cents int NOT NULL);
CREATE TABLE users (id int PRIMARY KEY, company_id int NOT NULL REFERENCES companies, points int NOT NULL);
CREATE TABLE renders (id int PRIMARY KEY, user_id int NOT NULL REFERENCES users, status text NOT NULL,
    cost_cents int NOT NULL, error text, created_at timestamptz NOT NULL DEFAULT now());
INSERT INTO companies SELECT n, 500, 1000 FROM generate_series(1, 3) AS n;
INSERT INTO users SELECT n, 1 + n % 3, n FROM generate_series(1, 9) AS n;
INSERT INTO renders
SELECT n, 1 + n % 9, (ARRAY['queued', 'done', 'failed'])[1 + n % 3], 2 FROM generate_series(1, 30) AS n;
"""


def test_credits_in_cents_may_be_the_balance(server: Server, tmp_path: Path) -> None:
    """They were no candidate, so that the points of users were written as the balance."""
    found, text = draft(server, tmp_path, CENTS)
    assert (found["sessions"]["account"], found["accounts"]["table"], found["accounts"]["balance"]) == ("?", "?", "?")
    assert "(SELECT p.company_id FROM users AS p WHERE p.id = s.user_id)" in text
    assert '"credit_cents"' in text


@pytest.mark.parametrize(
    ("numbers", "balance"),
    [
        ("minutes int, credit_card_fee_cents int", "?"),
        ("tokens int DEFAULT 5, credit_note_cents int", "tokens"),
        ("bonus_credits int, monthly_allowance int, used_this_month int", "?"),
    ],
)
def test_a_number_that_may_not_be_the_balance(server: Server, tmp_path: Path, numbers: str, balance: str) -> None:
    """Fees of a card are none, and bonus credits are not all where a month has an allowance."""
    tables = CENTS.replace("company_id int NOT NULL REFERENCES companies, points int NOT NULL", numbers)
    tables = tables.replace("INSERT INTO users SELECT n, 1 + n % 3, n FROM", "INSERT INTO users SELECT n FROM")
    found, _ = draft(server, tmp_path, tables)
    assert found["accounts"]["balance"] == balance


TRIED = """
CREATE TABLE users (id int PRIMARY KEY, credits int NOT NULL);
CREATE TABLE clips (id int PRIMARY KEY, user_id int NOT NULL REFERENCES users, status text NOT NULL, credits_charged int
    NOT NULL, credits_refunded boolean NOT NULL DEFAULT false, created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE credit_log (id serial PRIMARY KEY, user_id int NOT NULL REFERENCES users, clip_id int REFERENCES clips,
    kind text NOT NULL, amount int NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
INSERT INTO users SELECT n, 100 FROM generate_series(1, 3) AS n;
INSERT INTO clips SELECT n, 1 + n % 3, (ARRAY['queued', 'completed', 'failed', 'dead'])[1 + n % 4], 2, n % 8 = 3
FROM generate_series(1, 40) AS n;
INSERT INTO credit_log (user_id, clip_id, kind, amount) SELECT user_id, id, 'charge', -2 FROM clips;
"""
BY_LEDGER = """
INSERT INTO credit_log (user_id, clip_id, kind, amount) SELECT user_id, id, 'refund', 2 FROM clips
WHERE credits_refunded;
ALTER TABLE clips DROP credits_refunded;
"""


@pytest.mark.parametrize("more", ["DROP TABLE credit_log;", BY_LEDGER])
def test_a_failure_that_the_app_never_refunds_may_be_tried_again(server: Server, tmp_path: Path, more: str) -> None:
    found, text = draft(server, tmp_path, TRIED, more)
    assert found["sessions"]["failed"] == ["dead", "?"]
    assert "Where does each of these belong: failed (10 rows)?" in text


def test_failures_of_which_none_were_refunded_are_all_failures(server: Server, tmp_path: Path) -> None:
    found, _ = draft(server, tmp_path, TRIED, "DROP TABLE credit_log; UPDATE clips SET credits_refunded = false;")
    assert sorted(found["sessions"]["failed"]) == ["dead", "failed"]


NAMED_ELSEWHERE = """
CREATE TABLE clip_states (id int PRIMARY KEY, code text NOT NULL);
INSERT INTO clip_states VALUES (1, 'spooled'), (2, 'printed'), (3, 'jammed');
ALTER TABLE clips ALTER status TYPE int USING 1 + id % 3, ADD FOREIGN KEY (status) REFERENCES clip_states;
"""


def test_what_another_table_calls_states_that_no_word_shows(server: Server, tmp_path: Path) -> None:
    found, text = draft(server, tmp_path, TRIED, NAMED_ELSEWHERE)
    assert found["sessions"]["failed"] == ["?"]
    assert "3 = jammed (13)" in text


def test_a_version_that_each_change_raises(server: Server, tmp_path: Path) -> None:
    """Without it, a writer that locks optimistically would write over a refund."""
    more = "ALTER TABLE users ADD lock_version int NOT NULL DEFAULT 0, ADD terms_version int;"
    found, text = draft(server, tmp_path, TRIED, more)
    assert found["accounts"]["balance"] == "credits"
    assert found["accounts"]["add"] == {"credits": "amount", "lock_version": "?"}
    assert "Does the app raise lock_version with each change of the row?" in text


def test_a_counter_in_the_currency_of_the_balance(server: Server, tmp_path: Path) -> None:
    more = """ALTER TABLE users RENAME credits TO balance_cents;
        ALTER TABLE users ADD lifetime_spent_cents int NOT NULL DEFAULT 3, ADD price_cents int NOT NULL DEFAULT 4;"""
    found, text = draft(server, tmp_path, TRIED, more)
    assert (found["accounts"]["balance"], found["accounts"]["spent"]) == ("balance_cents", "?")
    assert '"lifetime_spent_cents"   goes down by the amount' in text


POOLS_IN_A_ROW = """
CREATE TABLE accounts (id int PRIMARY KEY, balance_minutes int NOT NULL, balance_credits int NOT NULL,
    "_creationTime" double precision NOT NULL);
CREATE TABLE transcripts (id uuid PRIMARY KEY, account_id int NOT NULL REFERENCES accounts, status text NOT NULL,
    "startedAt" double precision, "_creationTime" double precision NOT NULL);
CREATE TABLE credit_entries (id serial PRIMARY KEY, account_id int NOT NULL REFERENCES accounts,
    transcript_id uuid REFERENCES transcripts, kind text NOT NULL, amount_minutes int NOT NULL DEFAULT 0,
    amount_credits int NOT NULL DEFAULT 0, made_at timestamptz NOT NULL DEFAULT now());
INSERT INTO accounts SELECT n, 9, 90, 1790000000000 FROM generate_series(1, 3) AS n;
INSERT INTO transcripts
SELECT md5(n::text)::uuid, 1 + n % 3, (ARRAY['running', 'done', 'failed'])[1 + n % 3], NULL,
       1790000000000.25 + 1000 * n FROM generate_series(1, 30) AS n;
INSERT INTO credit_entries (account_id, transcript_id, kind, amount_minutes, amount_credits)
SELECT account_id, id, 'usage', -1, -20 FROM transcripts;
INSERT INTO credit_entries (account_id, transcript_id, kind, amount_minutes, amount_credits)
SELECT account_id, id, 'refund', 1, 20 FROM transcripts WHERE status = 'failed';
"""


def test_a_refund_with_two_amounts_has_neither_as_a_fact(server: Server, tmp_path: Path) -> None:
    found, text = draft(server, tmp_path, POOLS_IN_A_ROW)
    assert {found["ledger"]["insert"][f"amount_{one}"] for one in ("minutes", "credits")} == {"?"}
    assert """'to_timestamp("_creationTime" / 1000.0)'""" in text, "when a row was made counts as its start"
    assert '"_creationTime" alone' not in text, "and is no balance"


def test_what_is_called_after_a_creation(server: Server, tmp_path: Path) -> None:
    more = """ALTER TABLE renders DROP created_at, ADD creation_ended_at timestamptz NOT NULL DEFAULT now(),
        ADD queued_at timestamptz NOT NULL DEFAULT now();
        ALTER TABLE people ADD creation_credits int NOT NULL DEFAULT 9; DROP TABLE credit_uses, credit_grants;"""
    found, _ = draft(server, tmp_path, LOTS, more)
    assert (found["sessions"]["started_at"], found["accounts"]["balance"]) == ("queued_at", "creation_credits")
