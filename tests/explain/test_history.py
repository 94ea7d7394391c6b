"""The recorded runs: their settings, what they did and how they ended; also one that died."""

import json

import psycopg
import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.command import NOW


def swept(first: AppDatabase, *flags: str, sessions: int = 2) -> str:
    if not first.sql("SELECT 1 FROM users"):
        first.account()
    taken = first.value("SELECT count(*) FROM prediction_sessions")
    for number in range(sessions):
        first.session(f"s{taken + number}")
    return str(first.run(*flags).document["run_id"])


def test_the_runs_are_listed_newest_first_with_what_they_did(first: AppDatabase) -> None:
    first_run = swept(first)
    capped = swept(first, "--max-refunds", "1", "--grace", "20m")
    runs = first.sweeper("history", "--json").document["runs"]
    assert [run["run_id"] for run in runs] == [capped, first_run]
    assert [run["outcome"] for run in runs] == ["capped", "complete"]
    assert [run["refunds"] for run in runs] == [{"sessions": 1, "credits": 3}, {"sessions": 2, "credits": 6}]
    assert [run["remaining"] for run in runs] == [1, 0]
    assert runs[0]["told"]["policy"]["max_refunds"] == 1
    assert runs[0]["died"] is False
    assert runs[0]["as_of"] == "2026-11-23T12:00:00Z"
    shown = first.sweeper("history")
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert shown.stdout.index(capped) < shown.stdout.index(first_run)
    assert "1 session, 3 credits; 1 remaining" in shown.stdout


def test_one_run_is_shown_with_its_refunds(first: AppDatabase) -> None:
    run_id = swept(first, "--session", "s1", "--session", "s0")
    first.sweeper("revert", "--session", "s1", "--reason", "fraud", "--yes")
    document = first.sweeper("history", run_id, "--json").document
    assert document["run"]["refunds"] == {"sessions": 2, "credits": 6}
    assert document["run"]["reversed"] == {"sessions": 1, "credits": 3}
    assert document["run"]["told"]["sessions"] == ["s1", "s0"]
    assert document["reasons"] == {"workflow_failure": {"sessions": 2, "credits": 6}}
    refunds = {refund["session_id"]: refund for refund in document["refunds"]}
    assert {session_id: refund["reversed"] for session_id, refund in refunds.items()} == {"s0": False, "s1": True}
    assert refunds["s0"]["credits"] == 3
    shown = first.sweeper("history", run_id).stdout
    assert "taken back" in shown
    assert "only s1, s0" in shown
    assert "max_refunds 10000" in shown


def test_the_ids_of_a_run_are_whole_on_a_narrow_terminal(first: AppDatabase) -> None:
    first.session("s" * 90)
    run_id = swept(first)
    assert "s" * 90 in first.sweeper("history", run_id).stdout


def test_a_run_that_died_is_shown_as_such_with_what_the_ledger_says(first: AppDatabase) -> None:
    run_id = swept(first)
    first.sql(
        "UPDATE sweeper.runs SET ended_at = NULL, outcome = NULL, sessions = NULL, credits = NULL, held = NULL, "
        "skipped = NULL, remaining = NULL, batches = NULL, already_refunded = NULL"
    )
    (run,) = first.sweeper("history", "--json").document["runs"]
    assert (run["outcome"], run["died"], run["refunds"]) == (None, True, {"sessions": 2, "credits": 6})
    assert "died" in first.sweeper("history").stdout
    assert len(first.sweeper("history", run_id, "--json").document["refunds"]) == 2
    with psycopg.connect(first.url, application_name="sweeper run"):
        (run,) = first.sweeper("history", "--json").document["runs"]
        assert run["died"] is False
        assert "has not ended yet" in first.sweeper("history").stdout


def test_all_refunds_of_a_run_are_in_the_document_and_some_on_the_terminal(first: AppDatabase) -> None:
    run_id = swept(first, sessions=51)
    document = first.sweeper("history", run_id, "--json").document
    assert len({refund["session_id"] for refund in document["refunds"]}) == 51
    assert "The first 50; --json lists them all." in first.sweeper("history", run_id).stdout


def test_more_refunds_than_a_page_are_read_page_by_page(first: AppDatabase) -> None:
    first.account()
    first.sql(
        "INSERT INTO prediction_sessions SELECT 's' || n, 'u1', 'error', NULL, '{a}', NULL, '2026-11-23 10:00' "
        "FROM generate_series(1, 2001) AS n"
    )
    run_id = first.run().document["run_id"]
    refunds = json.loads(first.sweeper("history", run_id, "--json").stdout)["refunds"]
    assert len({refund["session_id"] for refund in refunds}) == 2001


@pytest.mark.slow
def test_many_runs_are_cut_on_a_terminal_and_whole_in_the_document(first: AppDatabase) -> None:
    for number in range(21):
        first.run(now=NOW.replace(minute=number))
    assert len(first.sweeper("history", "--json").document["runs"]) == 21
    assert "The newest 20; --json lists them all." in first.sweeper("history").stdout


def test_no_runs_yet_is_not_an_error(first: AppDatabase) -> None:
    assert first.sweeper("history").stdout == "No run yet.\n"
    assert first.sweeper("history", "--json").document["runs"] == []


@pytest.mark.parametrize("run_id", ["no-uuid", "00000000-0000-0000-0000-000000000000"])
def test_a_run_that_never_was_is_an_error_of_usage(first: AppDatabase, run_id: str) -> None:
    ran = first.sweeper("history", run_id, "--json")
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "unknown_run")


def test_decimal_credits_are_strings(ledger_only: AppDatabase) -> None:
    ledger_only.sql("INSERT INTO customers DEFAULT VALUES; INSERT INTO projects (owner_id) VALUES (1)")
    ledger_only.sql(
        "INSERT INTO renders (project_id, state, charge, started, ended) "
        "VALUES (1, 'failed', 0.100, '2026-11-22Z', '2026-11-22Z')"
    )
    run_id = ledger_only.run().document["run_id"]
    document = ledger_only.sweeper("history", run_id, "--json").document
    assert (document["refunds"][0]["credits"], document["run"]["refunds"]["credits"]) == ("0.100", "0.100")
    assert document["refunds"][0]["session_id"] == "1"
