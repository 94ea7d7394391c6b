"""The server as `sweeper check` sees it: its clock, a standby, one that is not there."""

import os
import shlex
import signal
import subprocess
import time
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from sweeper.demo import server as embedded
from tests.helpers.app_database import AppDatabase
from tests.helpers.checks import check, items, not_ok
from tests.helpers.command import Ran, command
from tests.helpers.paths import APPS


@pytest.mark.parametrize("off", [timedelta(minutes=2), timedelta(minutes=-2)])
def test_a_clock_that_is_off_fails(good: AppDatabase, off: timedelta) -> None:
    ran = check(good, now=datetime.now(UTC) + off)
    assert ran.exit_code == 5
    assert not_ok(ran)["clock"] == "failure"
    assert "max_clock_skew = 60 s" in items(ran)["clock"]["message"]


def test_a_server_that_is_not_there_fails_without_telling_the_password(good: AppDatabase) -> None:
    ran = check(good, SWEEPER_DATABASE_URL="postgresql://me:secret@127.0.0.1:1/db")
    assert (ran.exit_code, not_ok(ran)) == (5, {"connection": "failure"})
    assert "secret" not in ran.stdout + ran.stderr


def test_a_standby_fails() -> None:
    """A dry run works there; a run does not."""
    kept = embedded.start_kept(18)
    environment = {"SWEEPER_DATABASE_URL": kept.url, "SWEEPER_CONFIG": str(APPS / "first.toml")}
    standby = None
    try:
        with psycopg.connect(kept.url, autocommit=True) as connection:
            connection.execute((APPS / "first.sql").read_text())
        assert command("install", environment=environment, now=None).exit_code == 0
        data = kept.folder / "data"
        how = (data / "postmaster.opts").read_text()
        owner = data.stat()
        os.kill(kept.pid, signal.SIGINT)
        while (data / "postmaster.pid").exists():
            time.sleep(0.05)
        (data / "standby.signal").touch()
        as_owner = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        standby = subprocess.Popen(
            shlex.split(how), cwd=kept.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **as_owner
        )
        ran = _check_when_up(environment)
        assert ran.exit_code == 5, ran.stdout
        assert items(ran)["primary"]["status"] == "failure"
        assert "standby" in items(ran)["primary"]["message"]
        assert {name for name, status in not_ok(ran).items() if status == "failure"} == {"primary"}
    finally:
        if standby:
            standby.send_signal(signal.SIGINT)
            standby.wait(timeout=30)
        kept.stop()


def _check_when_up(environment: dict[str, str]) -> Ran:
    deadline = time.monotonic() + 30
    while True:
        ran = command("check", "--json", environment=environment, now=None)
        if "failure" not in items(ran)["connection"]["status"] or time.monotonic() > deadline:
            return ran
        time.sleep(0.1)
