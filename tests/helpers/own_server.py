"""A server of the test's own that crashes and starts again."""

import os
import shlex
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from sweeper.demo import server as embedded
from tests.helpers.app_database import AppDatabase
from tests.helpers.server import Server

DEADLINE_SECONDS = 30


def as_owner_of(data: Path) -> dict[str, Any]:
    """The subprocess arguments of the account that has this data folder: Postgres refuses to run as root."""
    owner = data.stat()
    return {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}


def start_program(how: list[str], data: Path) -> subprocess.Popen[bytes]:
    """Start a Postgres program as the owner of ``data``; what it says is in a file beside it."""
    with (data.parent / f"{data.name}.log").open("ab") as log:
        return subprocess.Popen(how, cwd=data.parent, stdout=log, stderr=log, **as_owner_of(data))


def until(happened: Callable[[], object], what: str) -> None:
    """Wait for something that a server is about to do."""
    end = time.monotonic() + DEADLINE_SECONDS
    while not happened():
        assert time.monotonic() < end, f"it never came to that: {what}"
        time.sleep(0.02)


@contextmanager
def own_server() -> Iterator[tuple[Server, Callable[[], None]]]:
    """A server of the test's own, and what crashes it and starts it again."""
    kept = embedded.start_kept(18)
    data = kept.folder / "data"
    restarted: list[subprocess.Popen[bytes]] = []

    def crash() -> None:
        how = (data / "postmaster.opts").read_text()
        os.kill(kept.pid, signal.SIGQUIT)  # what pg_ctl -m immediate sends: no checkpoint, every connection is cut
        while (data / "postmaster.pid").exists():
            time.sleep(0.02)
        restarted.append(start_program(shlex.split(how), data))

    server = Server(kept.url)
    try:
        yield server, crash
    finally:
        server.disconnect()
        for process in restarted:
            process.send_signal(signal.SIGINT)
            process.wait()
        kept.stop()


def reconnect(app: AppDatabase) -> None:
    """The test's own connection, once the server is up again."""
    app.connection.close()
    for _ in range(200):
        with suppress(psycopg.OperationalError):
            app.connection = psycopg.connect(app.url, autocommit=True)
            return
        time.sleep(0.1)
    raise AssertionError("the server does not come up")
