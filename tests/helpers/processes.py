"""Sweeps in a process of their own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any

from tests.helpers.app_database import AppDatabase
from tests.helpers.command import neutral_environment
from tests.helpers.paths import REPOSITORY

DEADLINE_SECONDS = 60


def start(app: AppDatabase, *flags: str) -> subprocess.Popen[str]:
    """A sweep in a process of its own."""
    environment = {**os.environ, **app.environment, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-m", "sweeper", "run", "--json", *flags]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


@contextmanager
def started(database: AppDatabase, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A command as a program of its own, by the real clock; it never outlives the test."""
    with subprocess.Popen(
        [sys.executable, "-m", "sweeper", *arguments],
        cwd=REPOSITORY,
        env={**neutral_environment(), **database.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # ignored where a shell has started the tests in the background
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    ) as program:
        try:
            yield program
        finally:
            program.kill()


def running(database: AppDatabase, *flags: str) -> AbstractContextManager[subprocess.Popen[str]]:
    """`sweeper run --json` as such a program."""
    return started(database, "run", "--json", *flags)


def wait_until(happened: Callable[[], object], program: subprocess.Popen[str]) -> None:
    """Wait for something that the program is about to do."""
    end = time.monotonic() + DEADLINE_SECONDS
    while not happened():
        assert program.poll() is None, "it ended before its time"
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.01)


def end(program: subprocess.Popen[str]) -> tuple[int, dict[str, Any], str]:
    """Wait for its end: the exit code, the document and the log."""
    stdout, stderr = program.communicate(timeout=DEADLINE_SECONDS)
    return program.returncode, json.loads(stdout), stderr
