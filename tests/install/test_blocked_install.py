"""An index build waits for older transactions of the app: `sweeper install` says for which, and can be stopped."""

import json
import signal
import time
from datetime import UTC, datetime
from typing import IO

import psycopg
import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.processes import started

DEADLINE_SECONDS = 30
POLLED = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND query LIKE '%%''installer''%%' AND query_start > %s
      AND pid <> pg_backend_pid()
"""
BUILDING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND state = 'active' AND query ~ 'INDEX CONCURRENTLY'
      AND pid <> pg_backend_pid()
"""
INVALID = "SELECT count(*) FROM pg_index WHERE NOT indisvalid"


def first_line(stream: IO[str] | None) -> str:
    assert stream is not None
    return stream.readline()


@pytest.mark.slow
def test_an_installation_that_waits_for_an_idle_transaction_says_so(bare: AppDatabase) -> None:
    bare.account()
    bare.session("s1")
    with bare.connect(application_name="forgotten console") as idle:
        idle.execute("UPDATE prediction_sessions SET step = 'x'")
        with started(bare, "install") as program:
            event = json.loads(first_line(program.stderr))
            assert program.poll() is None
            idle.rollback()
            stdout, _ = program.communicate(timeout=DEADLINE_SECONDS)
        assert (event["event"], event["level"]) == ("install_waits_for_transaction", "warning")
        assert event["pid"] == idle.info.backend_pid
        assert (event["state"], event["application_name"]) == ("idle in transaction", "forgotten console")
        assert 2 < event["age_seconds"] < DEADLINE_SECONDS
    assert program.returncode == 0
    assert "Installed" in stdout


@pytest.mark.slow
def test_an_installation_that_waits_can_be_stopped_and_done_again(bare: AppDatabase) -> None:
    bare.account()
    bare.session("s1")
    with bare.connect() as idle:
        idle.execute("UPDATE prediction_sessions SET step = 'x'")
        with started(bare, "install") as program:
            assert first_line(program.stderr)
            program.send_signal(signal.SIGINT)
            program.communicate(timeout=DEADLINE_SECONDS)
            assert program.returncode == 130
        idle.rollback()
    assert bare.value(INVALID) == 1  # dropping it would have had to wait for the same transaction
    assert bare.sweeper("install", now=None).exit_code == 0
    assert bare.value(INVALID) == 0
    assert bare.value("SELECT count(*) FROM pg_indexes WHERE indexname LIKE 'sweeper_live_%'") == 1


def test_an_installation_that_does_not_wait_logs_nothing(bare: AppDatabase) -> None:
    assert bare.sweeper("install", now=None).stderr == ""


@pytest.mark.slow
def test_a_second_installation_waits_for_the_first_also_once_that_has_made_the_tables(bare: AppDatabase) -> None:
    """The first began when there was no table whose row could be locked; two index builds would wait for each other."""
    bare.account()
    bare.session("s1")
    with bare.connect() as idle:
        idle.execute("UPDATE prediction_sessions SET step = 'x'")
        with started(bare, "install") as first:
            first_line(first.stderr)  # it builds the index: the tables are there
            assert bare.value("SELECT to_regclass('sweeper.locks') IS NOT NULL")
            with started(bare, "install") as second:
                asked = datetime.now(UTC)
                while bare.value(POLLED, asked) == 0:
                    assert second.poll() is None
                time.sleep(0.5)  # time enough to begin a build of its own
                assert bare.value(BUILDING) == 1
                idle.rollback()
                said = [program.communicate(timeout=DEADLINE_SECONDS)[0] for program in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0)
    assert ["created index" in text for text in said] == [True, False]


def test_a_stranger_who_holds_the_lock_of_a_first_installation_stops_no_later_one(first: AppDatabase) -> None:
    """An advisory lock is anybody's."""
    first.sql("GRANT CONNECT ON DATABASE " + first.value("SELECT quote_ident(current_database())") + " TO PUBLIC")
    with psycopg.connect(first.url_as("sweeper_layer"), autocommit=True) as stranger:
        stranger.execute("SELECT pg_advisory_lock(hashtextextended('sweeper install sweeper', 0))")
        with started(first, "install") as program:
            assert "Installed" in program.communicate(timeout=10)[0]
