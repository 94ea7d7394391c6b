"""Real Postgres for every test: one server a worker, a database cloned from a template per test.

The tests run on the newest version; marked `slow`, they run on the older one, too.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.server import Server, embedded_servers

NEWEST, OLDER = 18, 16


@pytest.fixture(scope="session")
def servers() -> Iterator[dict[int, Server]]:
    """The servers of this test run, by version; started when first asked for."""
    with embedded_servers() as found:
        yield found


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "server" in metafunc.fixturenames:
        versions = [
            pytest.param(NEWEST, id=f"pg{NEWEST}"),
            pytest.param(OLDER, id=f"pg{OLDER}", marks=pytest.mark.slow),
        ]
        if os.environ.get("SWEEPER_TEST_DATABASE_URL"):
            versions = [pytest.param(0, id="given")]
        metafunc.parametrize("server", versions, indirect=True, scope="session")


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest, servers: dict[int, Server]) -> Server:
    """The server that a test runs on: each test runs on every version."""
    return servers[request.param]


@pytest.fixture
def first(server: Server, tmp_path: Path) -> Iterator[AppDatabase]:
    """The first app of the README: enum status, timestamps without zone, no ledger; sweeper installed."""
    with server.app("first", tmp_path) as database:
        yield database


@pytest.fixture
def prisma(server: Server, tmp_path: Path) -> Iterator[AppDatabase]:
    """A Prisma app: quoted names, uuid ids, decimal balances, its own transactions as ledger; sweeper installed."""
    with server.app("prisma", tmp_path) as database:
        yield database


@pytest.fixture
def ledger_only(server: Server, tmp_path: Path) -> Iterator[AppDatabase]:
    """An app without a balance column: bigint ids, decimal(14,3), account by subquery; sweeper installed."""
    with server.app("ledger_only", tmp_path) as database:
        yield database


@pytest.fixture
def bare(server: Server, tmp_path: Path) -> Iterator[AppDatabase]:
    """The first app's tables without sweeper."""
    with server.app("first", tmp_path, installed=False) as database:
        yield database
