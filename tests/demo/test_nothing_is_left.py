"""The demo's PostgreSQL leaves no process and no folder behind, however its program ends."""

import os
import signal
from pathlib import Path

import psycopg
import pytest

from sweeper.demo import server
from tests.helpers.demo_server import KEEPS, alive, ask, each_version, eventually, family, nothing_left, shown, starter

pytestmark = pytest.mark.slow

RUNS = """
with server.running(version) as one:
    show(one)
    time.sleep(60)
"""
FORKS = """
with server.running(version) as one:
    if os.fork() == 0:
        time.sleep(60)
        os._exit(0)
    show(one)
    time.sleep(60)
"""
each_signal = pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name
)


@each_version
def test_leaves_no_process_and_no_folder_after_the_block(version: int, place: Path) -> None:
    with server.running(version) as one:
        pids = family(one.pid)
        assert all(map(alive, pids))
    assert not any(place.iterdir())
    assert nothing_left(place, pids)


@each_version
def test_leaves_nothing_after_an_exception_with_a_busy_client(version: int, place: Path) -> None:
    pids: list[int] = []
    with pytest.raises(ZeroDivisionError), server.running(version) as one:  # noqa: PT012
        pids += family(one.pid)
        with psycopg.connect(one.url) as connection:
            connection.execute("LOCK TABLE pg_class")
            raise ZeroDivisionError
    assert nothing_left(place, pids)


@each_version
@each_signal
def test_leaves_nothing_after_a_signal_to_its_program(number: signal.Signals, version: int, place: Path) -> None:
    with starter(RUNS, version) as program:
        one = shown(program)
        pids = family(one.pid)
        program.send_signal(number)
        program.wait(15)
    assert nothing_left(place, pids)


@each_version
@each_signal
@pytest.mark.parametrize("code", [RUNS, KEEPS], ids=["running", "start_kept"])
def test_leaves_nothing_after_a_signal_during_initdb(
    code: str, number: signal.Signals, version: int, place: Path
) -> None:
    with starter(code, version) as program:
        assert eventually(lambda: any(place.glob("sweeper-*/data/*")))
        program.send_signal(number)
        program.wait(15)
    assert nothing_left(place, [])


def test_leaves_nothing_after_sigkill_though_a_fork_holds_its_files_open(place: Path) -> None:
    with starter(FORKS, 18) as program:
        one = shown(program)
        pids = family(one.pid)
        forks = [pid for pid in family(program.pid)[1:] if alive(pid)]
        forks = [pid for pid in forks if pid not in {*pids, os.getpid()}]
        program.kill()
        program.wait(15)
        try:
            assert nothing_left(place, pids)
        finally:
            for pid in forks:
                os.kill(pid, signal.SIGKILL)


@each_version
def test_leaves_nothing_though_its_supervisor_was_killed(version: int, place: Path) -> None:
    with server.running(version) as one:
        pids = family(one.pid)
        supervisor = pids[-1]
        if len(pids) == 1:
            pytest.skip("the supervisor is found in /proc only")
        os.kill(supervisor, signal.SIGKILL)
        assert ask(one.url, "SELECT 1") == 1
    assert nothing_left(place, pids)


def test_ends_with_its_supervisor_when_that_is_terminated(place: Path) -> None:
    with server.running() as one:
        pids = family(one.pid)
        if len(pids) == 1:
            pytest.skip("the supervisor is found in /proc only")
        os.kill(pids[-1], signal.SIGTERM)
        assert nothing_left(place, pids)
