"""Other versions of Postgres come from npm, and their tests are skipped where it cannot give them."""

import os
from pathlib import Path

import pytest

from sweeper.demo import server as embedded
from tests.helpers import binaries
from tests.helpers.demo_server import ask


def test_without_npm_nothing_fails_and_the_versions_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert binaries.main() == 0
    assert "PostgreSQL 14, 15, 17 are skipped: this takes npm" in capsys.readouterr().err


def test_an_npm_that_fails_is_quoted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho 'ENOTFOUND: no such registry' >&2; exit 1\n")
    npm.chmod(0o755)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert binaries.main() == 0
    assert "ENOTFOUND" in capsys.readouterr().err
    assert [path.name for path in binaries.cache().iterdir()] == [], "nothing half-made is left"


@pytest.mark.slow
@pytest.mark.parametrize("version", binaries.PACKAGED)
def test_a_fetched_version_runs(version: int) -> None:
    if not binaries.installation(version).is_dir():
        pytest.skip(f"PostgreSQL {version} is not there; {binaries.HINT}")
    with embedded.running(version, tree=binaries.installation(version)) as server:
        assert int(ask(server.url, "SHOW server_version_num")) // 10000 == version
