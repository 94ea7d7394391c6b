"""An index build waits for older transactions of the app: `sweeper install` says for which, and can be stopped."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from tests.helpers.app_database import AppDatabase
from tests.helpers.command import neutral_environment
from tests.helpers.paths import REPOSITORY

DEADLINE_SECONDS = 30
INVALID = "SELECT count(*) FROM pg_index WHERE NOT indisvalid"


@contextmanager
def installing(database: AppDatabase) -> Iterator[subprocess.Popen[str]]:
    """`sweeper install` as a program of its own; it never outlives the test."""
    with subprocess.Popen(
        [sys.executable, "-m", "sweeper", "install"],
        cwd=REPOSITORY,
        env={**neutral_environment(), **database.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        try:
            yield program
        finally:
            program.kill()


def first_line(stream: IO[str] | None) -> str:
    assert stream is not None
    return stream.readline()


def test_an_installation_that_waits_for_an_idle_transaction_says_so(bare: AppDatabase) -> None:
    bare.account()
    bare.session("s1")
    with bare.connect(application_name="forgotten console") as idle:
        idle.execute("UPDATE prediction_sessions SET step = 'x'")
        with installing(bare) as program:
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


def test_an_installation_that_waits_can_be_stopped_and_done_again(bare: AppDatabase) -> None:
    bare.account()
    bare.session("s1")
    with bare.connect() as idle:
        idle.execute("UPDATE prediction_sessions SET step = 'x'")
        with installing(bare) as program:
            assert first_line(program.stderr)
            program.send_signal(signal.SIGINT)
            program.communicate(timeout=DEADLINE_SECONDS)
            assert program.returncode == 130
        idle.rollback()
    assert bare.value(INVALID) == 1  # dropping it would have had to wait for the same transaction
    assert bare.sweeper("install", now=None).exit_code == 0
    assert bare.value(INVALID) == 0
    assert bare.value("SELECT count(*) FROM pg_indexes WHERE indexname LIKE 'sweeper_live_%'") == 1


def test_an_installation_that_does_not_wait_says_nothing(bare: AppDatabase) -> None:
    assert bare.sweeper("install", now=None).stderr == ""
