"""What the tests of this folder ask for."""

import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.programs import program


@pytest.fixture
def textfile(first: AppDatabase, tmp_path: Path) -> Path:
    """The first app, monitored by a text file."""
    first.account()
    path = tmp_path / "sweeper.prom"
    first.append(f'[monitoring]\ntextfile = "{path}"\n')
    return path


@pytest.fixture(scope="module")
def pushgateway() -> Iterator[str]:
    """A real Pushgateway on a port of its own."""
    executable = program("prometheus-pushgateway")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [executable, f"--web.listen-address=127.0.0.1:{port}", "--persistence.file="],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(url)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=10)


def _wait_for(url: str) -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(f"{url}/-/ready", timeout=1).close()  # noqa: S310
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the Pushgateway does not start")
