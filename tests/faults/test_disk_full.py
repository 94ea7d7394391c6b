"""A disk that is full while the sweep pays."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from tests.helpers.app_database import AppDatabase

pytestmark = pytest.mark.slow


@pytest.fixture
def small_disk(first: AppDatabase) -> Iterator[str]:
    """A tablespace on a file system of a few megabytes."""
    data = Path(first.value("SELECT current_setting('data_directory')"))
    if os.geteuid() or not data.is_dir():
        pytest.skip("mounting a file system beside the server's needs root")
    folder = Path(tempfile.mkdtemp(dir=data.parent))
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m", "none", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode:
        folder.rmdir()
        pytest.skip("no file system can be mounted here")
    name = f"small_{os.getpid()}"
    try:
        shutil.chown(folder, data.stat().st_uid, data.stat().st_gid)
        first.sql(f"CREATE TABLESPACE {name} LOCATION '{folder}'")
        yield name
        first.sql("ALTER TABLE sweeper.refunds SET TABLESPACE pg_default")
        first.sql(f"DROP TABLESPACE {name}")
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        folder.rmdir()


def fill(app: AppDatabase) -> None:
    """Write until the disk is full."""
    with suppress(psycopg.errors.DiskFull):
        while True:
            app.sql("INSERT INTO filler SELECT repeat('x', 1000) FROM generate_series(1, 8)")


def test_a_full_disk_fails_the_run_puts_nothing_on_hold_and_leaves_exact_books(
    first: AppDatabase, small_disk: str
) -> None:
    """Exit 1 and the server's word; with room again, the next run pays."""
    first.account()
    first.sql(f"ALTER TABLE sweeper.refunds SET TABLESPACE {small_disk}")
    first.sql(
        "INSERT INTO prediction_sessions (id, user_id, status, selected_models, created_at) "
        "SELECT 's' || n, 'u1', 'error', '{m1,m2}', '2021-01-01' FROM generate_series(1, 3000) AS n"
    )
    first.sql(f"CREATE TABLE filler (text) TABLESPACE {small_disk} AS SELECT ''::text")
    fill(first)
    ran = first.run()
    assert (ran.exit_code, ran.document["error"]["code"], ran.document["held"]) == (1, "database", 0)
    assert "53100" in ran.document["error"]["message"]
    refunds = first.refunds()
    assert len(refunds) == ran.document["refunds"]["sessions"] < 3000
    assert first.credits() == 100 + 2 * len(refunds)
    assert first.value("SELECT count(*) FROM sweeper.holds") == 0
    first.sql("DROP TABLE filler")
    assert first.run().exit_code == 0
    assert (len(first.refunds()), first.credits()) == (3000, 6100)
