"""The demo's PostgreSQL, as a program starts it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from sweeper.demo import server
from tests.helpers.paths import REPOSITORY

PREAMBLE = """
import os, signal, sys, time
from pathlib import Path
from sweeper.demo import server
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
version = int(sys.argv[1])
def show(one):
    print(one.pid, one.folder, one.url, flush=True)
"""
KEEPS = "show(server.start_kept(version))"
each_version = pytest.mark.parametrize("version", [18, pytest.param(16, marks=pytest.mark.slow)])


def starter(code: str, version: int) -> subprocess.Popen[str]:
    """A program that starts a server of this version as ``code`` says."""
    path = os.pathsep.join([str(REPOSITORY), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path.rstrip(os.pathsep)}
    return subprocess.Popen(
        [sys.executable, "-c", PREAMBLE + code, str(version)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def shown(program: subprocess.Popen[str]) -> server.Server:
    """The server that a program says it has started."""
    assert program.stdout is not None
    pid, folder, url = program.stdout.readline().split()
    return server.Server(url, Path(folder), int(pid))


def family(pid: int) -> list[int]:
    """The process, its children and its parent (where the system has /proc; else itself alone)."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    relatives = [child for child, parent in parents.items() if parent == pid]
    return [pid, *relatives, *([parents[pid]] if pid in parents else [])]


def alive(pid: int) -> bool:
    """Whether there is such a process, and it has not ended."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def eventually(condition: Callable[[], Any], seconds: float = 15) -> bool:
    """Whether it becomes true in that time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return bool(condition())


def nothing_left(place: Path, pids: list[int]) -> bool:
    """Whether the folder is empty and the processes are gone, soon."""
    return eventually(lambda: not any(place.iterdir()) and not any(map(alive, pids)))


def ask(url: str, question: str) -> Any:
    """The first value that a server answers with."""
    with psycopg.connect(url, connect_timeout=10) as connection:
        row = connection.execute(question.encode()).fetchone()
    return row and row[0]
