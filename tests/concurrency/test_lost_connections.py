"""Connections that are lost, acknowledgements too, and sweeps that are killed: run again, and the books are right."""

import signal
import time

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.processes import start
from tests.helpers.statements import FIND, acknowledgement_lost, before


@pytest.mark.parametrize("time", [1, 2])
def test_a_lost_acknowledgement_under_a_cap_pays_no_more_than_the_cap(first: AppDatabase, time: int) -> None:
    first.account()
    for number in range(4):
        first.session(f"s{number}", models=1)
    with acknowledgement_lost("pay", time=time) as lost:
        ran = first.run("--max-refunds", "2", "--batch-size", "1")
    assert lost
    assert (ran.exit_code, ran.document["refunds"]["sessions"], first.credits()) == (4, 2, 102)


@pytest.mark.parametrize("statement", ["open_run", "close_run", "note_full_sweep"])
def test_a_lost_acknowledgement_of_a_runs_record_is_not_a_failure(first: AppDatabase, statement: str) -> None:
    first.account()
    first.session("owed")
    with acknowledgement_lost(statement) as lost:
        ran = first.run()
    assert lost
    assert (ran.exit_code, ran.document["refunds"]["sessions"], first.credits()) == (0, 1, 103)
    assert first.sql("SELECT outcome, sessions FROM sweeper.runs") == [("complete", 1)]


def test_a_killed_sweep_leaves_whole_batches_and_the_next_run_finishes_the_work(first: AppDatabase) -> None:
    first.account(credits=0)
    for number in range(300):
        first.session(f"s{number}", models=1)
    process = start(first, "--batch-size", "1")
    for _ in range(2000):
        if len(first.refunds()) > 5:
            break
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=10)
    time.sleep(0.2)
    assert first.credits() == len(first.refunds())
    assert len(first.refunds()) < 300, "the sweep was over before it was killed"
    assert first.run(now=None).exit_code == 0
    assert (first.credits(), len(first.refunds())) == (300, 300)


@pytest.mark.parametrize(
    "statement", [FIND, "lock_sessions", "lock_accounts", "pay"], ids=["find", "lock_sessions", "lock_accounts", "pay"]
)
def test_a_lost_connection_is_retried_as_a_whole(first: AppDatabase, statement: str | tuple[str, ...]) -> None:
    first.account()
    first.session("owed")
    cut = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'sweeper run' AND datname = current_database()"
    )
    with before(statement, lambda: first.sql(cut)) as done:
        ran = first.run()
    assert done
    assert ran.exit_code == 0, ran.stderr
    assert (first.credits(), first.refunds()) == (103, {"owed": 3})


def test_a_lost_acknowledgement_of_the_commit_pays_once(first: AppDatabase) -> None:
    first.account()
    first.session("owed")
    with acknowledgement_lost("pay") as lost:
        ran = first.run()
    assert lost
    assert ran.exit_code == 0
    assert (first.credits(), first.refunds()) == (103, {"owed": 3})
    assert ran.document["refunds"] == {"sessions": 1, "credits": 3, "accounts": 1}
