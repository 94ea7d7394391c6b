"""``sweeper init`` where names say less than they seem to, and where there is no time to look at the rows."""

import re
from pathlib import Path

import pytest

from tests.helpers.drafted import draft
from tests.helpers.server import Server

PEOPLE = """
CREATE TABLE people (id int PRIMARY KEY, credits int NOT NULL);
CREATE TABLE renders (id int PRIMARY KEY, person_id int NOT NULL REFERENCES people, status text NOT NULL, cost int,
    error text, created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE credit_moves (id serial PRIMARY KEY, person_id int NOT NULL REFERENCES people,
    render_id int REFERENCES renders, amount int NOT NULL, kind text NOT NULL);
INSERT INTO people SELECT n, 100 FROM generate_series(1, 3) AS n;
INSERT INTO renders SELECT n, 1 + n % 3, (ARRAY['queued', 'running', 'done', 'failed'])[1 + n % 4], 2
    FROM generate_series(1, 40) AS n;
"""
CHARGES = (
    "INSERT INTO credit_moves (person_id, render_id, amount, kind) SELECT person_id, id, -2, 'usage' FROM renders;"
)


def test_refunds_of_purchases_show_neither_the_sign_nor_the_kind_of_ours(server: Server, tmp_path: Path) -> None:
    """What the app calls a refund takes credits away; those of sessions have a name of their own."""
    found, _ = draft(
        server, tmp_path, PEOPLE.replace("error text", '"failedReason" text'), CHARGES,
        """INSERT INTO credit_moves (person_id, render_id, amount, kind)
           SELECT person_id, id, 2, 'returned' FROM renders WHERE status = 'failed' AND id < 20
           UNION ALL SELECT id, NULL, -50, 'refund' FROM people""",
    )  # fmt: skip
    assert found["sessions"]["error"] == '"failedReason"'
    assert found["ledger"]["where"] == "?"
    assert (found["ledger"]["insert"]["amount"], found["ledger"]["insert"]["kind"]) == ("?", "?")


def test_of_several_kinds_of_refund_none_is_a_fact(server: Server, tmp_path: Path) -> None:
    found, text = draft(
        server, tmp_path, PEOPLE, CHARGES,
        """INSERT INTO credit_moves (person_id, render_id, amount, kind)
           SELECT person_id, id, 2, CASE WHEN id < 20 THEN 'refund' ELSE 'goodwill_refund' END
           FROM renders WHERE status = 'failed'""",
    )  # fmt: skip
    assert (found["ledger"]["where"], found["ledger"]["insert"]["kind"]) == ("?", "?")
    assert "Several kinds sound like one: refund, goodwill_refund." in text


def test_refunds_in_json_are_known_by_the_kind_of_their_row(server: Server, tmp_path: Path) -> None:
    """Charge and refund name the session under the same key."""
    found, text = draft(
        server, tmp_path, PEOPLE,
        """ALTER TABLE credit_moves DROP COLUMN render_id, ADD meta jsonb NOT NULL;
           INSERT INTO credit_moves (person_id, amount, kind, meta)
           SELECT person_id, -2, 'usage', jsonb_build_object('render', id) FROM renders
           UNION ALL
           SELECT person_id, 2, 'refund', jsonb_build_object('render', id) FROM renders
           WHERE status = 'failed' AND id < 20""",
    )  # fmt: skip
    assert found["sessions"]["exclude"] == "?"
    assert "l.meta ->> 'render' = s.id::text AND kind = 'refund'" in text


def test_a_table_with_a_price_is_not_a_job_queue(server: Server, tmp_path: Path) -> None:
    found, _ = draft(
        server, tmp_path, PEOPLE,
        """DROP TABLE credit_moves;
           ALTER TABLE renders RENAME TO jobs;
           ALTER TABLE jobs ADD payload jsonb, ADD run_at timestamptz, ADD max_attempts int""",
    )  # fmt: skip
    assert found["sessions"]["table"] == "jobs"


def test_with_the_net_recipe_the_apps_own_refunds_are_proposed_as_past(server: Server, tmp_path: Path) -> None:
    twice = """INSERT INTO credit_moves (person_id, render_id, amount, kind)
               SELECT person_id, id, 1, 'refund' FROM renders, generate_series(1, 2) WHERE status = 'failed'"""
    found, text = draft(server, tmp_path, PEOPLE, CHARGES, twice)
    assert found["ledger"]["where"] == "?"
    assert re.search(r"\[ledger\.past\].*\n?.*where +=.*kind = 'refund'", text)


def test_a_balance_that_is_the_newest_row_proposes_serialized(server: Server, tmp_path: Path) -> None:
    found, text = draft(
        server, tmp_path,
        """CREATE TABLE people (id int PRIMARY KEY, email text);
           CREATE TABLE wallet_lines (id serial PRIMARY KEY, person_id int NOT NULL REFERENCES people,
               amount int NOT NULL, total int NOT NULL);
           CREATE TABLE renders (id int PRIMARY KEY, person_id int NOT NULL REFERENCES people, status text NOT NULL,
               price int NOT NULL, error text, created_at timestamptz NOT NULL);
           INSERT INTO people SELECT n, 'x' FROM generate_series(1, 3) AS n;
           INSERT INTO wallet_lines (person_id, amount, total) SELECT n, 10, 10 FROM generate_series(1, 3) AS n;
           INSERT INTO renders SELECT n, 1 + n % 3, (ARRAY['queued', 'done', 'failed'])[1 + n % 3], 2, NULL, now()
           FROM generate_series(1, 30) AS n""",
    )  # fmt: skip
    assert found["accounts"]["balance"] == "?"
    assert "serialized = true" in text


def test_without_time_to_look_what_rests_on_rows_is_asked(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refunds = """INSERT INTO credit_moves (person_id, render_id, amount, kind)
                 SELECT person_id, id, 2, 'refund' FROM renders WHERE status = 'failed' AND id < 20"""
    found, _ = draft(server, tmp_path, PEOPLE, CHARGES, refunds)
    assert (found["sessions"]["account"], found["accounts"]["balance"]) == ("person_id", "credits")
    monkeypatch.setattr("sweeper.init.evidence._SECONDS", 0)
    found, text = draft(server, tmp_path, PEOPLE, CHARGES, refunds)
    assert (found["sessions"]["account"], found["accounts"]["balance"]) == ("?", "?")
    assert "charged" not in found["sessions"] or found["sessions"]["charged"] == "?"
    assert "could not be looked at in the time" in text
    assert '"credits"' in text


def test_work_that_waits_for_a_person_has_no_limit_of_an_hour(server: Server, tmp_path: Path) -> None:
    found, text = draft(server, tmp_path, PEOPLE, CHARGES)
    assert found["policy"]["stuck_after"] == "1h"
    waiting = "UPDATE renders SET status = 'awaiting_approval' WHERE id IN (4, 8);"
    found, text = draft(server, tmp_path, PEOPLE, CHARGES, waiting)
    assert "awaiting_approval" in found["sessions"]["running"]
    assert found["policy"]["stuck_after"] == "?"
    assert "awaiting_approval may last until somebody acts" in text


@pytest.mark.parametrize("mark", ["credited_back", "gave_back", "paid_back"])
def test_a_mark_is_known_by_any_word_for_giving_back(server: Server, tmp_path: Path, mark: str) -> None:
    found, _ = draft(server, tmp_path, PEOPLE, f"ALTER TABLE renders ADD {mark}_at timestamptz;")
    assert found["sessions"]["exclude"] == f"{mark}_at IS NOT NULL"
    assert found["sessions"]["refunded"] == {f"{mark}_at": "at"}


def test_a_sign_proves_nothing_if_each_row_must_have_a_text(server: Server, tmp_path: Path) -> None:
    """What the text is called, `what`, is no word for a kind, and its values none for a refund."""
    moves = "ALTER TABLE credit_moves RENAME kind TO what;"
    back = """INSERT INTO credit_moves (person_id, render_id, amount, what)
              SELECT person_id, id, 2, 'render back' FROM renders WHERE status = 'failed' AND id < 20;"""
    found, _ = draft(server, tmp_path, PEOPLE, CHARGES, moves, back)
    assert found["ledger"]["where"] == "?"
    found, _ = draft(server, tmp_path, PEOPLE, CHARGES, moves, back, "ALTER TABLE credit_moves DROP what;")
    assert found["ledger"]["where"] == "amount > 0"


def test_an_account_is_not_certain_if_the_balance_is_unknown(server: Server, tmp_path: Path) -> None:
    """A purse for each currency: the person is not the account."""
    customers = PEOPLE.replace("people", "customers").replace("person_id", "customer_id")
    found, text = draft(
        server, tmp_path, customers, "DROP TABLE credit_moves; ALTER TABLE customers DROP credits;",
        "CREATE TABLE purses (id serial PRIMARY KEY, customer_id int REFERENCES customers, currency text, minor int);",
    )  # fmt: skip
    assert (found["accounts"]["table"], found["sessions"]["account"]) == ("?", "?")
    assert '"customer_id"   to customers.id' in text


def test_an_unused_kind_is_not_certain_beside_one_that_releases(server: Server, tmp_path: Path) -> None:
    """The check of the table allows refunds, and the app's own rows release what was held."""
    found, text = draft(
        server, tmp_path, PEOPLE,
        """ALTER TABLE credit_moves ADD CHECK (kind IN ('purchase', 'reserve', 'usage', 'release', 'refund'));
           INSERT INTO credit_moves (person_id, render_id, amount, kind)
           SELECT person_id, id, 0, 'reserve' FROM renders
           UNION ALL SELECT person_id, id, -2, 'usage' FROM renders WHERE status = 'done'
           UNION ALL SELECT person_id, id, 2, 'release' FROM renders WHERE status = 'failed' AND id < 20""",
    )  # fmt: skip
    assert (found["ledger"]["where"], found["ledger"]["insert"]["kind"]) == ("?", "?")
    assert "Several kinds sound like one: refund, release." in text
    assert "charged" not in found["sessions"], "of a failure the books have no charge"


def test_an_amount_named_for_usage_is_not_a_refund(server: Server, tmp_path: Path) -> None:
    """The rows of what failed have nothing there."""
    found, _ = draft(
        server, tmp_path, PEOPLE,
        """ALTER TABLE credit_moves RENAME amount TO credits_used;
           INSERT INTO credit_moves (person_id, render_id, credits_used, kind)
           SELECT person_id, id, 2, 'completed' FROM renders WHERE status = 'done'
           UNION ALL SELECT person_id, id, 0, 'failed' FROM renders WHERE status = 'failed' AND id < 20""",
    )  # fmt: skip
    assert found["ledger"]["insert"]["credits_used"] == "?"


def test_a_table_of_usage_that_names_its_user_is_paid_work(server: Server, tmp_path: Path) -> None:
    """It is called a log, and what it names is no work."""
    found, _ = draft(
        server, tmp_path,
        """CREATE TABLE users (id int PRIMARY KEY, credits int NOT NULL);
           CREATE TABLE usage_logs (id int PRIMARY KEY, user_id int NOT NULL REFERENCES users, status text NOT NULL,
               credits_used int NOT NULL, error text, created_at timestamptz NOT NULL DEFAULT now());
           INSERT INTO users VALUES (1, 100);
           INSERT INTO usage_logs SELECT n, 1, (ARRAY['pending', 'completed', 'failed'])[1 + n % 3], 1
           FROM generate_series(1, 30) AS n""",
    )  # fmt: skip
    assert (found["sessions"]["table"], found["sessions"]["account"]) == ("usage_logs", "user_id")


def test_lots_that_a_session_may_name_itself_are_no_accounts(server: Server, tmp_path: Path) -> None:
    found, _ = draft(
        server, tmp_path,
        """CREATE TABLE users (id text PRIMARY KEY);
           CREATE TABLE credit (id text PRIMARY KEY, user_id text NOT NULL REFERENCES users, credits int NOT NULL,
               remaining_credits int NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
           CREATE TABLE tasks (id text PRIMARY KEY, user_id text NOT NULL REFERENCES users, status text NOT NULL,
               cost_credits int NOT NULL, credit_id text REFERENCES credit, created_at timestamptz NOT NULL);
           INSERT INTO users SELECT 'u' || n FROM generate_series(1, 3) AS n;
           INSERT INTO credit SELECT 'c' || n, 'u' || 1 + n % 3, 9, 4 FROM generate_series(1, 30) AS n;
           INSERT INTO tasks SELECT 't' || n, 'u' || 1 + n % 3, (ARRAY['pending', 'success', 'failed'])[1 + n % 3], 2,
               'c' || n, now() FROM generate_series(1, 30) AS n""",
    )  # fmt: skip
    assert (found["sessions"]["account"], found["accounts"]["table"], found["accounts"]["id"]) == ("?", "?", "?")


def test_the_books_are_about_another_table_than_the_one_with_points(server: Server, tmp_path: Path) -> None:
    """Users have points, and their company pays by a column that is not called as credits."""
    found, text = draft(
        server, tmp_path, PEOPLE.replace("credits int", "company_id int, points int").replace("n, 100", "n, n, n"),
        """CREATE TABLE companies (id int PRIMARY KEY, money_cents int NOT NULL, seats int NOT NULL);
           INSERT INTO companies SELECT n, 5000, n FROM generate_series(1, 3) AS n;
           ALTER TABLE people ADD FOREIGN KEY (company_id) REFERENCES companies;
           ALTER TABLE credit_moves DROP person_id, ADD company_id int NOT NULL REFERENCES companies;""",
    )  # fmt: skip
    assert found["accounts"] == {"table": "?", "id": "?", "balance": "?"}
    assert "Several tables have balances: people, companies." in text


def test_what_the_app_writes_into_its_refunds_is_not_left_out(server: Server, tmp_path: Path) -> None:
    refunds = """ALTER TABLE credit_moves ADD batch int, ADD source text;
        INSERT INTO credit_moves (person_id, render_id, amount, kind, batch, source)
        SELECT person_id, id, 2, 'refund', id / 10, 'worker' FROM renders WHERE status = 'failed' AND id < 30"""
    found, text = draft(server, tmp_path, PEOPLE, CHARGES, refunds)
    assert found["ledger"]["insert"]["batch"] == "?"
    assert "source" not in found["ledger"]["insert"]  # it may be the default
    assert "The app's refunds have different values in batch, such as" in text


def test_of_several_accounts_of_one_owner_none_is_written_as_a_fact(server: Server, tmp_path: Path) -> None:
    """The row of a refund names the owner, and which of the owner's accounts is paid is an open question."""
    lots = """CREATE TABLE quotas (id int PRIMARY KEY, person_id int NOT NULL REFERENCES people, credits int NOT NULL);
        INSERT INTO quotas SELECT n, 1 + n % 3, 50 FROM generate_series(1, 6) AS n;
        ALTER TABLE people DROP credits;
        INSERT INTO credit_moves (person_id, render_id, amount, kind)
        SELECT person_id, id, 2, 'refund' FROM renders WHERE status = 'failed' AND id < 20"""
    found, text = draft(server, tmp_path, PEOPLE, CHARGES, lots)
    assert (found["sessions"]["account"], found["ledger"]["insert"]["person_id"]) == ("?", "?")
    assert '"account_id"   if sessions.account is that' in text
