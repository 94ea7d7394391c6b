"""SIGINT and SIGTERM: the current batch is finished, the summary written, and the next run does the rest."""

import signal
import time

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.first_app import owe
from tests.helpers.processes import end, running, wait_until

DEADLINE_SECONDS = 30
SLEEPING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"


def sleep_in_each_batch(database: AppDatabase, seconds: float) -> None:
    database.sql(
        "CREATE FUNCTION sleep() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN PERFORM pg_sleep({seconds}); RETURN NULL; END $$; "
        "CREATE TRIGGER sleep AFTER INSERT ON sweeper.refunds FOR EACH STATEMENT EXECUTE FUNCTION sleep()"
    )


@pytest.mark.parametrize(("number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_in_the_middle_leaves_exact_books(first: AppDatabase, number: signal.Signals, exit_code: int) -> None:
    """Between two of many batches: what was refunded is reported and recorded, and the rest is left to the next run."""
    owe(first, 1500)
    with running(first, "--batch-size", "1") as program:
        wait_until(lambda: first.value("SELECT count(*) FROM sweeper.refunds") >= 5, program)
        program.send_signal(number)
        code, document, log = end(program)
    done = first.value("SELECT count(*) FROM sweeper.refunds")
    assert (code, document["outcome"]) == (exit_code, "interrupted")
    assert "error" not in document
    assert 5 <= done < 1500
    assert document["refunds"] == {"sessions": done, "credits": 2 * done, "accounts": 1}
    assert (document["remaining"], document["skipped"]) == (1500 - done, 0)
    assert first.credits() == 100 + 2 * done
    assert log.count("prediction_session_credits_refunded") == done
    assert "Traceback" not in log
    assert first.sql("SELECT outcome, sessions, remaining, ended_at IS NULL FROM sweeper.runs") == [
        ("interrupted", done, 1500 - done, False)
    ]
    assert first.run().document["refunds"]["sessions"] == 1500 - done
    assert first.credits() == 100 + 2 * 1500


def test_the_batch_in_hand_is_finished(first: AppDatabase) -> None:
    """A signal while a batch is being paid: that batch is committed whole, no other is begun."""
    owe(first, 5)
    sleep_in_each_batch(first, 0.5)
    with running(first, "--batch-size", "2") as program:
        wait_until(lambda: first.value(SLEEPING), program)
        program.send_signal(signal.SIGTERM)
        code, document, _ = end(program)
    assert (code, document["refunds"]["sessions"], document["batches"], document["remaining"]) == (143, 2, 1, 3)
    assert first.credits() == 104


def test_a_second_signal_breaks_the_batch_off(first: AppDatabase) -> None:
    """Who will not wait asks twice: the batch is rolled back whole, and the summary says that nothing was done."""
    owe(first, 5)
    sleep_in_each_batch(first, 60)
    with running(first) as program:
        wait_until(lambda: first.value(SLEEPING), program)
        program.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        assert program.poll() is None
        program.send_signal(signal.SIGTERM)
        code, document, log = end(program)
    assert (code, document["outcome"], document["refunds"]["sessions"]) == (143, "interrupted", 0)
    assert "Traceback" not in log
    assert (first.refunds(), first.credits()) == ({}, 100)
    assert first.value("SELECT outcome FROM sweeper.runs") == "interrupted"
    assert first.value(SLEEPING) == 0  # the server was told to stop, too


@pytest.mark.parametrize("flags", [(), ("--dry-run",)])
def test_a_signal_while_reading_ends_at_once(first: AppDatabase, flags: tuple[str, ...]) -> None:
    """Before anything is paid there is nothing to finish: the statement is canceled, one document is written."""
    first.configure('"cardinality(selected_models)"', '"(SELECT 2 FROM pg_sleep(s.nap))"')
    first.sql("ALTER TABLE prediction_sessions ADD nap float DEFAULT 60")
    assert first.sweeper("install").exit_code == 0
    owe(first, 1)
    first.sql(
        "UPDATE prediction_sessions SET created_at = '2019-01-01'"
    )  # before the floor: the first thing to be read
    with running(first, *flags) as program:
        wait_until(lambda: first.value(SLEEPING), program)
        program.send_signal(signal.SIGTERM)
        code, document, log = end(program)
    assert (code, document["command"], document["outcome"]) == (143, "run", "interrupted")
    assert "Traceback" not in log
    assert first.refunds() == {}
    wait = time.monotonic() + DEADLINE_SECONDS
    while first.value(SLEEPING):
        assert time.monotonic() < wait
