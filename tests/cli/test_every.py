"""`sweeper run --every`: a loop for hosts without cron, in a process of its own, by the real clock."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.own_server import own_server, reconnect
from tests.helpers.processes import DEADLINE_SECONDS, running

FAST = ("--every", "20ms")
Documents = Iterator[dict[str, Any]]


def documents(program: subprocess.Popen[str]) -> Documents:
    """One document a line, as they come."""
    assert program.stdout
    return (json.loads(line) for line in program.stdout)


def stop(program: subprocess.Popen[str], number: signal.Signals = signal.SIGTERM) -> int:
    program.send_signal(number)
    program.communicate(timeout=DEADLINE_SECONDS)
    return program.returncode


def until_refunded(found: Documents) -> dict[str, Any]:
    return next(document for document in found if document.get("refunds", {}).get("sessions"))


def test_each_round_is_a_run_and_refunds_what_came_since(first: AppDatabase) -> None:
    first.account()
    with running(first, *FAST) as program:
        found = documents(program)
        assert next(found)["refunds"]["sessions"] == 0
        first.session("s1")
        paid = until_refunded(found)
        first.session("s2")
        assert until_refunded(found)["run_id"] != paid["run_id"]
        assert stop(program) == 143
    assert first.refunds() == {"s1": 3, "s2": 3}
    assert first.value("SELECT count(*) FROM sweeper.runs WHERE ended_at IS NULL") == 0


def test_the_file_is_read_anew_and_a_broken_one_stops_nothing(first: AppDatabase) -> None:
    first.account()
    with running(first, *FAST) as program:
        found = documents(program)
        next(found)
        text = first.config.read_text()
        first.config.write_text("[sessions\n")
        broken = next(document for document in found if "error" in document)
        assert (broken["outcome"], broken["error"]["code"]) == ("failed", "config")
        first.config.write_text(text.replace("[policy]", "[policy]\nmax_amount = 1"))
        first.session("s1")
        assert next(document for document in found if document.get("held"))["outcome"] == "partial"
        assert stop(program, signal.SIGINT) == 130
    assert first.refunds() == {}


def test_one_broken_file_of_several_does_not_end_it(first: AppDatabase) -> None:
    """Files come and go in a folder; it is read anew each time."""
    first.account()
    first.session("s1")
    broken = first.config.with_name("broken.toml")
    broken.write_text("[sessions\n")
    with running(first, *FAST, "--config", str(first.config.parent)) as program:
        found = documents(program)
        assert next(found)["error"]["code"] == "config"
        assert next(found)["refunds"]["sessions"] == 1
        assert (next(found)["config"], next(found)["outcome"]) == (str(broken), "complete")
        broken.unlink()
        for document in found:
            if document["config"] == str(broken):
                continue
            if next(found)["config"] == str(first.config):
                break
        assert stop(program) == 143


def test_what_is_wrong_with_every_file_ends_it(first: AppDatabase) -> None:
    for name in ("one.toml", "two.toml"):
        (first.config.parent / name).write_text("[sessions\n")
    first.config.unlink()
    with running(first, *FAST, "--config", str(first.config.parent)) as program:
        stdout, _ = program.communicate(timeout=DEADLINE_SECONDS)
    assert (program.returncode, len(stdout.splitlines())) == (2, 2)


def test_a_signal_ends_it_at_once_while_it_waits(first: AppDatabase) -> None:
    with running(first, "--every", "1h") as program:
        next(documents(program))
        began = time.monotonic()
        assert stop(program) == 143
        assert time.monotonic() - began < 2


def test_what_is_wrong_from_the_start_ends_it(first: AppDatabase) -> None:
    first.config.write_text("[sessions\n")
    with running(first, *FAST) as program:
        stdout, _ = program.communicate(timeout=DEADLINE_SECONDS)
    assert program.returncode == 2
    assert json.loads(stdout)["error"]["code"] == "config"


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (("--every", "0s"), "--every must be more than zero"),
        (("--every", "soon"), "--every: 'soon' is not a duration"),
        (("--every", "5m", "--session", "s1"), "--every and --session cannot be used together"),
    ],
)
def test_flags_that_make_no_sense_are_refused(first: AppDatabase, flags: tuple[str, ...], expected: str) -> None:
    ran = first.run(*flags)
    assert ran.exit_code == 2
    assert expected in ran.stderr


@pytest.mark.slow
def test_it_survives_a_crash_of_the_server(tmp_path: Path) -> None:
    with own_server() as (server, crash), server.app("first", tmp_path) as database:
        database.account()
        with running(database, *FAST) as program:
            found = documents(program)
            next(found)
            crash()
            reconnect(database)
            database.session("s1")
            assert until_refunded(found)["refunds"]["credits"] == 3
            assert stop(program) == 143
        assert database.refunds() == {"s1": 3}
        database.connection.close()


def resident_bytes(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096


@pytest.mark.slow
def test_its_memory_stays_flat(first: AppDatabase) -> None:
    """As many rounds as an hour has at intervals of some twenty seconds, with a refund in some of them."""
    first.account()
    first.session("s0")  # what only a refund imports is there before the first look
    with running(first, "--every", "1ms") as program:
        found = documents(program)
        for _ in range(50):
            next(found)
        before = resident_bytes(program.pid)
        for number in range(1, 200):
            if number % 50 == 0:
                first.session(f"s{number}")
            next(found)
        after = resident_bytes(program.pid)
        stop(program)
    assert after - before < 2_000_000, f"{(after - before) / 1e6:.1f} MB more"
