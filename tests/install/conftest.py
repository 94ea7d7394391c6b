"""What the tests of this folder ask for."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.jobs import add_jobs, jobs, sweep
from tests.helpers.server import Server


@pytest.fixture(params=["first", "prisma", "ledger_only"])
def database(request: pytest.FixtureRequest, server: Server, tmp_path: Path) -> Iterator[AppDatabase]:
    """Every app in its turn; sweeper installed."""
    with server.app(request.param, tmp_path) as found:
        yield found


@pytest.fixture
def paid(server: Server, tmp_path: Path) -> Iterator[AppDatabase]:
    """Twenty sessions of one credit each, refunded under the plain key."""

    @contextmanager
    def pay() -> Iterator[AppDatabase]:
        for database in jobs(server, tmp_path):
            database.sql("INSERT INTO users VALUES ('u', 0)")
            add_jobs(database, 20)
            assert sweep(database) == 20
            yield database

    with server.prepared("paid_jobs", tmp_path, pay) as database:
        yield database
