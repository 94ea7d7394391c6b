"""A real PgBouncer."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.helpers.app_database import AppDatabase


@contextmanager
def pooled(database: AppDatabase, folder: Path, mode: str, *, size: int = 2, wait: int = 60) -> Iterator[str]:
    """A PgBouncer before this database, with fewer connections than a run would like; its URL."""
    if not shutil.which("pgbouncer"):
        pytest.skip("pgbouncer is not installed")
    parts = psycopg.conninfo.conninfo_to_dict(database.url)
    server = {key: parts[key] for key in ("host", "port", "dbname", "user", "password") if key in parts}
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    config = folder / "pgbouncer.ini"
    config.write_text(
        f"""[databases]
app = {psycopg.conninfo.make_conninfo(**server)}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
default_pool_size = {size}
query_wait_timeout = {wait}
server_login_retry = 1
"""
    )
    as_user = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = subprocess.Popen(["pgbouncer", "-q", *as_user, str(config)], stderr=subprocess.DEVNULL)
    url = f"postgresql://{parts['user']}@127.0.0.1:{port}/app"
    try:
        _wait_for(port)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=10)


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("PgBouncer does not start")
