"""Real Postgres for every test: one server a version and test run, a database cloned from a template per test."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import Cluster, own_server
from tests.support import AppDatabase, Server, embedded_servers

APPS = Path(__file__).parent / "apps"
VERSIONS = (16, 18)


@pytest.fixture(scope="session")
def servers() -> Iterator[dict[int, Server]]:
    """The servers of this test run, by version; started when first asked for."""
    with embedded_servers() as found:
        yield found


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    asked = next((name for name in ("server", "cluster") if name in metafunc.fixturenames), None)
    if asked:
        given = os.environ.get("SWEEPER_TEST_DATABASE_URL") and asked == "server"
        versions = [0] if given else VERSIONS
        metafunc.parametrize(
            asked,
            versions,
            indirect=True,
            ids=[f"pg{v}" if v else "given" for v in versions],
            scope="session",
        )


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest, servers: dict[int, Server]) -> Server:
    """The server that a test runs on: each test runs on every version."""
    return servers[request.param]


@pytest.fixture(scope="module")
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """A server of the module's own, which a test may crash as long as it starts it again."""
    with own_server(request.param) as own:
        yield own


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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With two workers, each has the tests of one version: still one server a version."""
    for item in items:
        callspec = getattr(item, "callspec", None)
        params = {} if callspec is None else callspec.params
        version = params.get("server", params.get("cluster"))
        if version is not None:
            item.add_marker(pytest.mark.xdist_group(f"server-{version}"))
