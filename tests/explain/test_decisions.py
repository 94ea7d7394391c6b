"""Who ended a hold and why: kept with the run, and shown by explain and history."""

import pytest

from tests.helpers.app_database import AppDatabase

DECISION = ("--by", "Ada", "--reason", "the customer called")


@pytest.fixture
def held(first: AppDatabase) -> AppDatabase:
    """One session of 20 credits that is on hold."""
    first.account()
    first.session("s1", models=20)
    assert first.run("--max-amount", "10").exit_code == 3
    return first


def test_who_ended_a_hold_is_kept_and_shown(held: AppDatabase) -> None:
    ran = held.run("--session", "s1", "--max-amount", "20", *DECISION)
    assert (ran.exit_code, held.refunds()) == (0, {"s1": 20})
    explained = held.sweeper("explain", "s1", "--json").document
    (refunded,) = [event for event in explained["history"] if event["event"] == "refunded"]
    assert (refunded["decided_by"], refunded["decided_because"]) == ("Ada", "the customer called")
    assert "(decided by Ada: the customer called)" in " ".join(held.sweeper("explain", "s1").stdout.split())
    run_id = ran.document["run_id"]
    run = held.sweeper("history", run_id, "--json").document["run"]
    assert (run["told"]["by"], run["told"]["reason"]) == ("Ada", "the customer called")
    assert "Ada: the customer called" in held.sweeper("history", run_id).stdout


def test_a_refund_without_a_decision_shows_none(first: AppDatabase) -> None:
    first.account()
    first.session("s1")
    run_id = first.run().document["run_id"]
    explained = first.sweeper("explain", "s1", "--json").document
    assert all("decided_by" not in event for event in explained["history"])
    assert "decided" not in first.sweeper("history", run_id).stdout


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (DECISION, "--by and --reason need --session"),
        (("--session", "s1", "--by", "Ada"), "give both"),
        (("--session", "s1", "--reason", "called"), "give both"),
        (("--session", "s1", "--by", " ", "--reason", "called"), "give both"),
    ],
)
def test_a_decision_has_a_name_a_reason_and_a_session(held: AppDatabase, flags: tuple[str, ...], expected: str) -> None:
    ran = held.run(*flags)
    assert ran.exit_code == 2
    assert expected in ran.stderr


def test_what_is_waived_is_not_called_paid(held: AppDatabase) -> None:
    """A waived session was paid nowhere, unlike one that was adopted."""
    held.session("s2")
    for session, amount in (("s1", "0"), ("s2", "3")):
        adopted = held.sweeper("adopt", "--session", session, "--amount", amount, "--reason", "settled", "--yes")
        assert adopted.exit_code == 0
    messages = [held.sweeper("explain", session, "--json").document["message"] for session in ("s1", "s2")]
    assert messages == [
        "Waived: it was recorded that nothing is paid for it. No credits moved.",
        "Adopted: it was recorded as paid elsewhere. No credits moved here.",
    ]


def test_a_status_that_owes_nothing_is_not_called_a_success(held: AppDatabase) -> None:
    """Such as canceled, where the file has it beside the successes."""
    held.session("s2", "finished")
    message = held.sweeper("explain", "s2", "--json").document["message"]
    assert message == "Nothing is owed: finished is one of sessions.succeeded."
