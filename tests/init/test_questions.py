"""``sweeper init`` never writes a guess as a fact: what leaves two readings is a question with all of them."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.paths import APPS
from tests.helpers.server import Server

SHAPES = APPS / "questions"


def draft(server: Server, folder: Path, shape: str, *more: str, table: str | None = None) -> tuple[dict[str, Any], str]:
    """The draft for a shape of apps, read and as text; ``more`` is run on the tables first."""
    with server.blank(folder, (SHAPES / f"{shape}.sql").read_text()) as database:
        for statement in more:
            database.sql(statement)
        ran = database.sweeper("init", "--yes", "--force", *(["--table", table] if table else []))
        assert ran.exit_code == 0, ran.stderr
        text = database.config.read_text()
        return tomllib.loads(text), re.sub(r"\n# (?! )", " ", text)  # as if a long comment were one line


def test_serial_numbers_that_are_contained_in_each_other_link_nothing(server: Server, tmp_path: Path) -> None:
    """Every user id is also the id of some wallet, and some users have several wallets."""
    found, text = draft(server, tmp_path, "wallets")
    assert found["sessions"]["account"] == "?"
    assert {found["accounts"][key] for key in ("table", "id", "balance")} == {"?"}
    assert "is not unique: which row of one owner pays?" in text


def test_of_two_pools_none_is_the_balance(server: Server, tmp_path: Path) -> None:
    found, text = draft(server, tmp_path, "pools")
    assert found["accounts"]["balance"] == "?"
    assert "spent" not in found["accounts"]
    for candidate in ('"plan_coins + topup_coins"', '"plan_coins"', '"topup_coins"'):
        assert candidate in text
    assert 'plan_coins = "s.coins_from_plan"' in text
    assert '"coins_from_plan + coins_from_topup"   what it took from each pool' in text


def test_a_limit_and_a_counter_of_what_was_used(server: Server, tmp_path: Path) -> None:
    found, text = draft(server, tmp_path, "limits")
    assert found["accounts"]["balance"] == "?"
    assert '"credit_limit - credits_used"' in text
    assert '"-amount"' in text


def test_a_rule_that_holds_while_nothing_was_spent_proves_nothing(server: Server, tmp_path: Path) -> None:
    more = "ALTER TABLE workspaces ADD credits int NOT NULL DEFAULT 500", "UPDATE workspaces SET credits_used = 0"
    found, _ = draft(server, tmp_path, "limits", *more)
    assert found["accounts"]["balance"] == "?"


def test_refunds_that_are_linked_in_json_are_asked_about(server: Server, tmp_path: Path) -> None:
    found, text = draft(server, tmp_path, "json_links")
    assert found["sessions"]["exclude"] == "?"
    assert "l.meta ->> 'refund_of_scan' = s.id::text" in text
    assert "ledger" not in found
    assert "add [ledger] with session = \"(meta ->> 'refund_of_scan')\"" in text


@pytest.mark.parametrize("kind", ["int", "smallint"])
def test_a_status_of_numbers_is_a_column_with_open_lists(server: Server, tmp_path: Path, kind: str) -> None:
    found, text = draft(server, tmp_path, "numbers", f"ALTER TABLE encodes ALTER state TYPE {kind}")
    sessions = found["sessions"]
    assert sessions["status"] == "state"
    assert sessions["failed"] == sessions["running"] == sessions["succeeded"] == ["?"]
    assert "Seen, with rows: 10 (10), 20 (10), 30 (10), 40 (10)" in text


def test_flags_in_place_of_a_status_offer_an_expression(server: Server, tmp_path: Path) -> None:
    found, text = draft(server, tmp_path, "flags")
    assert found["sessions"]["status"] == "?"
    assert found["sessions"]["failed"] == ["?"]
    assert "CASE WHEN is_failed THEN 'failed' WHEN delivered_at IS NOT NULL THEN 'done' ELSE 'open' END" in text


def test_a_status_in_an_event_table_is_asked_about(server: Server, tmp_path: Path) -> None:
    found, text = draft(server, tmp_path, "events")
    sessions = found["sessions"]
    assert sessions["table"] == "shoots"
    assert (sessions["status"], sessions["failed"], sessions["account"]) == ("?", ["?"], "?")
    assert found["policy"]["stuck_after"] == "?"
    assert "(SELECT e.state FROM shoot_events AS e WHERE e.shoot_id = s.id" in text
    assert '"coalesce(team_id, artist_id)"' in text


def test_rows_that_something_adds_up_later_leave_the_balance_open(server: Server, tmp_path: Path) -> None:
    found, text = draft(server, tmp_path, "applied_later")
    assert set(found["accounts"].values()) == {"?"}
    assert "rows of coin_journal have applied_at" in text


def test_a_balance_that_the_newest_row_of_a_book_has(server: Server, tmp_path: Path) -> None:
    found, text = draft(server, tmp_path, "double_entry")
    assert found["accounts"] == {"table": "purses", "id": "id", "balance": "?"}
    assert "purses.balance is running_balance of the newest row of postings for all 3 accounts" in text
    found, _ = draft(server, tmp_path, "double_entry", "UPDATE postings SET running_balance = running_balance + 1")
    assert found["accounts"]["balance"] == "balance"


def test_the_id_of_a_partitioned_table_is_unique_with_the_partition_key(server: Server, tmp_path: Path) -> None:
    found, _ = draft(server, tmp_path, "partitions")
    assert found["sessions"]["id"] == "run_no"
    assert found["sessions"]["exclude"] == "is_refunded"
    assert found["sessions"]["refunded"] == {"is_refunded": "true", "refunded_on": "at"}
    assert (found["accounts"]["balance"], found["accounts"]["active"]) == ("credits", "NOT is_deleted")


def test_a_deadline_counts_and_an_expiry_is_asked_about(server: Server, tmp_path: Path) -> None:
    found, text = draft(server, tmp_path, "deadlines")
    assert found["sessions"]["stuck_at"] == "render_deadline"
    assert "active_at" not in found["sessions"]
    assert "stuck_after" not in found["policy"]
    assert "4 of 10 running ones have none" in text
    rename = "ALTER TABLE clips RENAME render_deadline TO expires_at"
    found, _ = draft(server, tmp_path, "deadlines", rename)
    assert found["sessions"]["stuck_at"] == "?"


def test_a_deadline_beside_a_lease_is_a_question(server: Server, tmp_path: Path) -> None:
    found, text = draft(server, tmp_path, "deadlines", "ALTER TABLE clips ADD lease_until timestamptz")
    assert found["sessions"]["stuck_at"] == "?"
    assert text.count("when a running session is stuck; ") == len(("render_deadline", "lease_until"))


def test_a_result_on_failed_sessions_is_asked_about(server: Server, tmp_path: Path) -> None:
    more = "UPDATE clips SET output_url = 'https://files.example/1' WHERE id = 1"
    found, text = draft(server, tmp_path, "deadlines", more)
    assert found["sessions"]["exclude"] == "?"
    assert '"credits_returned_back_at IS NOT NULL OR output_url IS NOT NULL"' not in text
    assert "output_url IS NOT NULL" in text


def test_stuck_after_is_drawn_from_the_longest_success(server: Server, tmp_path: Path) -> None:
    found, text = draft(server, tmp_path, "references")
    assert found["policy"]["stuck_after"] == "5h"
    assert "the longest took 3 h 10 min" in text


def test_refunds_under_two_kinds_of_reference(server: Server, tmp_path: Path) -> None:
    found, text = draft(server, tmp_path, "references")
    assert (found["ledger"]["session"], found["ledger"]["where"]) == ("?", "?")
    assert found["ledger"]["insert"]["subject_type"] == found["ledger"]["insert"]["subject_id"] == "?"
    assert "3 of 6 refund rows of coin_transactions name no session in subject_id" in text
    assert "the net recipe" in text


def test_refunds_in_parts(server: Server, tmp_path: Path) -> None:
    only = "DELETE FROM coin_transactions WHERE subject_type = 'album'"
    twice = """INSERT INTO coin_transactions (member_id, kind, coins, subject_type, subject_id, description)
               SELECT member_id, kind, 1, subject_type, subject_id, description
               FROM coin_transactions WHERE kind = 'refund'"""
    found, _ = draft(server, tmp_path, "references", only)
    assert found["ledger"]["where"] == "kind = 'refund' AND subject_type = 'mixdown'"
    assert found["ledger"]["insert"]["description"] == "'Your coins are back'", "customers read it: none of our codes"
    found, text = draft(server, tmp_path, "references", only, twice)
    assert found["ledger"]["where"] == "?"
    assert "up to 2 refund rows" in text


def test_what_the_books_prove_is_mapped_as_charged(server: Server, tmp_path: Path) -> None:
    only = "DELETE FROM coin_transactions WHERE subject_type = 'album'"
    found, text = draft(server, tmp_path, "references", only)
    assert found["sessions"]["charged"].startswith("(SELECT -sum(l.coins) FROM coin_transactions AS l")
    assert "above zero for 9 of 9 successes" in text
    uncharged = "DELETE FROM coin_transactions WHERE kind = 'debit' AND subject_id % 2 = 0"
    found, _ = draft(server, tmp_path, "references", only, uncharged)
    assert "charged" not in found["sessions"]


def test_a_charge_that_is_let_go_may_be_the_session(server: Server, tmp_path: Path) -> None:
    found, text = draft(server, tmp_path, "holds")
    assert found["sessions"]["table"] == "?"
    assert set(found) == {"sessions", "accounts"}
    assert {value for value in found["sessions"].values() if isinstance(value, str)} == {"?"}
    assert {"?"} == set(found["accounts"].values())
    assert '"token_holds"   its status: state (held, captured, released)' in text
    named, _ = draft(server, tmp_path, "holds", table="exams")
    assert (named["sessions"]["table"], named["sessions"]["failed"]) == ("exams", ["failed"])


def test_a_status_of_no_kind_is_asked_about(server: Server, tmp_path: Path) -> None:
    found, text = draft(server, tmp_path, "pools", "UPDATE portraits SET status = 'canceled' WHERE id < 4")
    assert (found["sessions"]["failed"], found["sessions"]["succeeded"]) == (["failed", "?"], ["done", "?"])
    assert "canceled (3 rows)" in text


def test_a_link_that_is_not_a_session_id_is_an_open_question(server: Server, tmp_path: Path) -> None:
    """A name that sounds like the session is not enough: the rows have another key of it."""
    other = "UPDATE coin_transactions SET subject_id = subject_id + 50000"
    found, text = draft(server, tmp_path, "references", other)
    assert (found["ledger"]["session"], found["ledger"]["where"]) == ("?", "?")
    assert found["ledger"]["insert"]["subject_id"] == "?"
    assert "subject_id has no id of a session" in text


def test_of_two_columns_with_the_same_states_neither_is_the_status(server: Server, tmp_path: Path) -> None:
    more = (
        "ALTER TABLE portraits ADD operator_status text",
        "UPDATE portraits SET operator_status = status WHERE id < 9",
    )
    found, text = draft(server, tmp_path, "pools", *more)
    assert (found["sessions"]["status"], found["sessions"]["failed"]) == ("?", ["?"])
    assert '"coalesce(operator_status, status)"' in text


def test_a_time_zone_that_the_clock_contradicts(server: Server, tmp_path: Path) -> None:
    naive = "ALTER TABLE portraits ALTER created_at TYPE timestamp USING created_at AT TIME ZONE 'UTC'"
    found, _ = draft(server, tmp_path, "pools", naive)
    assert found["sessions"]["timezone"] == "UTC"
    ahead = "UPDATE portraits SET created_at = created_at + interval '9 hours'"
    found, _ = draft(server, tmp_path, "pools", naive, ahead)
    assert found["sessions"]["timezone"] == "?"


QUEUE = """CREATE SCHEMA jobs; CREATE TYPE jobs.job_state AS ENUM ('created', 'active', 'completed', 'failed');
CREATE TABLE jobs.job (id uuid PRIMARY KEY, name text, data jsonb, state jobs.job_state, retry_limit int,
    start_after timestamptz, output jsonb);
CREATE TABLE members (id int PRIMARY KEY, credits int);
CREATE TABLE pictures (id int, state text);"""


def test_when_nothing_is_found_it_says_why_each_table_fell_out(server: Server, tmp_path: Path) -> None:
    with server.blank(tmp_path, QUEUE) as database:
        ran = database.sweeper("init", "--yes")
        assert ran.exit_code == 2
        assert "jobs.job: the table of a job queue (pg-boss)" in ran.stderr
        assert "the charge is not there" in ran.stderr
        assert "members: no column, flag or event table" in ran.stderr
        assert "pictures: no column is unique" in ran.stderr
        assert "role that can read" not in ran.stderr.split(":", 2)[2], "no remedy that is not known to help"
        assert not database.config.exists()


TRIES = """
ALTER TABLE mixdowns ADD retry_of int REFERENCES mixdowns;
UPDATE mixdowns SET retry_of = id - 3, status = 'failed' WHERE id % 4 = 3 AND id > 8;
DELETE FROM coin_transactions WHERE subject_type = 'album';
INSERT INTO coin_transactions (member_id, kind, coins, subject_type, subject_id, description)
SELECT member_id, 'refund', 2, 'mixdown', retry_of, 'Your coins are back' FROM mixdowns WHERE id % 4 = 3 AND id > 8;
"""


def test_a_refund_that_names_the_first_of_several_tries(server: Server, tmp_path: Path) -> None:
    found, text = draft(server, tmp_path, "references", TRIES)
    assert (found["ledger"]["session"], found["ledger"]["where"]) == ("?", "?")
    assert "7 refund rows name a session that others refer to by retry_of" in text


def test_refunds_of_other_things_whose_ids_sessions_have_too(server: Server, tmp_path: Path) -> None:
    albums = "UPDATE coin_transactions SET subject_id = subject_id - 9000 WHERE subject_type = 'album'"
    found, text = draft(server, tmp_path, "references", albums)
    assert found["ledger"]["where"] == "?"
    assert "3 of 6 refund rows are about something else than subject_type = 'mixdown'" in text
    assert "refunds come in parts" not in text
