"""Standard output of few letters, closed, full or not read to its end: the work is done, and what is lost is said."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.command import neutral_environment
from tests.helpers.paths import REPOSITORY
from tests.helpers.server import Server

LOST = "standard output is lost"
WRITING = (
    ("run", "--session", "sé"),
    ("adopt", "--session", "sé", "--reason", "paid by hand", "--yes"),
    ("revert", "--session", "paid", "--reason", "paid by mistake", "--yes"),
)
READING = (
    ("run", "--dry-run"),
    ("audit",),
    ("audit", "--format", "json"),
    ("audit", "--format", "csv"),
    ("audit", "--format", "html"),
    ("check",),
)
# no version of the server has anything to do with it: one is enough, on the worker that has it already


@pytest.fixture
def app(servers: dict[int, Server], tmp_path: Path) -> Iterator[AppDatabase]:
    """The first app with a paid session and an owed one, by the real clock: the commands are programs of their own."""
    with servers[18].app("first", tmp_path) as database:
        database.configure('max_clock_skew = "100y"', "")
        database.account()
        database.session("paid", models=2)
        database.sql("UPDATE prediction_sessions SET created_at = (now() - interval '2 hours') AT TIME ZONE 'UTC'")
        assert database.run(now=None).exit_code == 0
        database.session("sé", models=3)
        database.sql("UPDATE prediction_sessions SET created_at = (now() - interval '1 hour') AT TIME ZONE 'UTC'")
        yield database


def told(command: Sequence[str]) -> str:
    return " ".join(command)


def written(database: AppDatabase) -> list[int]:
    """How many refunds and reversals there are, and the balance."""
    rows = "SELECT (SELECT count(*) FROM sweeper.refunds), (SELECT count(*) FROM sweeper.reversals), credits FROM users"
    return [int(value) for value in database.sql(rows)[0]]


def shell(database: AppDatabase, command: Sequence[str], redirection: str, **environment: str) -> tuple[int, str, str]:
    """Run a command as a program of its own under a shell's redirection: its exit code, stdout and stderr."""
    done = subprocess.run(
        ["bash", "-c", f'"$@" {redirection}', "bash", sys.executable, "-m", "sweeper", *command],
        cwd=REPOSITORY,
        env={**neutral_environment(), **database.environment, **environment},
        capture_output=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8")


def expected(command: Sequence[str]) -> list[int]:
    """What is written once the command is done: a refund more, or one taken back."""
    return {"run": [2, 0, 105], "adopt": [2, 0, 102], "revert": [1, 1, 100]}[command[0]]


@pytest.mark.parametrize("command", WRITING, ids=told)
def test_what_ascii_does_not_have_is_written_as_its_number(app: AppDatabase, command: Sequence[str]) -> None:
    exit_code, stdout, stderr = shell(app, command, "", PYTHONIOENCODING="ascii", LC_ALL="C")
    assert (exit_code, LOST in stderr) == (0, False), stderr
    assert written(app) == expected(command)
    assert ("s\\xe9" in stdout) == (command[0] == "adopt")


@pytest.mark.slow
def test_what_ascii_does_not_have_stays_itself_in_files(app: AppDatabase) -> None:
    assert app.run("--session", "sé", now=None).exit_code == 0
    shown = {}
    for command in READING:
        exit_code, shown[command], stderr = shell(app, command, "", PYTHONIOENCODING="ascii", LC_ALL="C")
        assert (exit_code, LOST in stderr) == (0, False), stderr
    assert "sé," in shown["audit", "--format", "csv"]
    assert json.loads(shown["audit", "--format", "json"])["schema_version"] == 1


@pytest.mark.slow
@pytest.mark.parametrize("redirection", [">&-", ">/dev/full"])
@pytest.mark.parametrize("command", WRITING, ids=told)
def test_output_that_is_lost_is_said_and_the_work_is_done(
    app: AppDatabase, command: Sequence[str], redirection: str
) -> None:
    exit_code, _, stderr = shell(app, command, redirection)
    assert (exit_code, LOST in stderr, "Traceback" in stderr) == (1, True, False), stderr
    assert written(app) == expected(command)


@pytest.mark.slow
def test_a_command_that_reads_says_what_is_lost(app: AppDatabase) -> None:
    """Standard output is closed for one and full for the next: what writes shows both, for it is one writer."""
    for command, redirection in zip(READING, cycle((">&-", ">/dev/full")), strict=False):
        exit_code, _, stderr = shell(app, command, redirection)
        assert (exit_code, LOST in stderr, "Traceback" in stderr) == (1, True, False), stderr


@contextmanager
def unread() -> Iterator[int]:
    """The writing end of a pipe whose reader is gone."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        yield writer
    finally:
        os.close(writer)


def exit_unread(database: AppDatabase, command: Sequence[str]) -> int:
    """Run a command into such a pipe; it may not complain."""
    with unread() as pipe:
        done = subprocess.run(
            [sys.executable, "-m", "sweeper", *command],
            cwd=REPOSITORY,
            env={**neutral_environment(), **database.environment},
            stdout=pipe,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    assert (LOST.encode() in done.stderr, b"Traceback" in done.stderr) == (False, False), done.stderr
    return done.returncode


@pytest.mark.parametrize("command", WRITING, ids=told)
def test_a_reader_that_goes_away_changes_nothing(app: AppDatabase, command: Sequence[str]) -> None:
    assert exit_unread(app, command) == 0
    assert written(app) == expected(command)


@pytest.mark.slow
def test_without_a_reader_the_exit_code_is_that_of_the_work(app: AppDatabase) -> None:
    assert [exit_unread(app, command) for command in READING] == [0] * len(READING)
    assert exit_unread(app, ("run", "--dry-run", "--exit-code")) == 5
    assert exit_unread(app, ("explain",)) == 2


def test_a_run_with_nothing_to_say_loses_nothing(app: AppDatabase) -> None:
    assert app.run(now=None).exit_code == 0
    assert shell(app, ("run",), ">&-") == (0, "", "")


def test_unread_log_events_do_not_stop_a_run(app: AppDatabase) -> None:
    exit_code, stdout, _ = shell(app, ("run", "--json"), "2>/dev/full")
    assert (exit_code, json.loads(stdout)["refunds"]["sessions"]) == (0, 1)
    assert written(app) == expected(("run",))


@pytest.mark.parametrize("command", WRITING[1:], ids=told)
def test_with_yes_the_table_is_shown_once(app: AppDatabase, command: Sequence[str]) -> None:
    exit_code, stdout, _ = shell(app, command, "")
    assert (exit_code, "Would" in stdout) == (0, False)
    assert stdout.count("1 session as refunded elsewhere") + stdout.count("Took back 1 refund") == 1


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("revert --session s1 --reason x", 2),
        ("adopt --session s1 --reason x", 2),
        ("init --force", 0),
    ],
)
def test_with_standard_input_closed_there_is_no_user_to_ask(first: AppDatabase, line: str, code: int) -> None:
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m sweeper {line} <&-"],
        env={**neutral_environment(), **first.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert code == 0 or "--yes" in done.stderr
