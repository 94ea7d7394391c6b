"""Real Postgres for every test: one server a worker, a database cloned from a template per test.

The tests run on the newest version. Those that are marked `every_version`, which speak to the server's own ways, run on
every version that is supported: marked `slow` on the older ones. `SWEEPER_TEST_SERVERS=14,17` runs the chosen tests on
those versions instead; `SWEEPER_TEST_DATABASE_URL` on the server that it names, and no other.
"""

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from tests.helpers import binaries
from tests.helpers.app_database import AppDatabase
from tests.helpers.server import Server, embedded_servers

NEWEST, OTHERS = 18, (14, 15, 16, 17)

# or each program that a test starts, and each worker, compiles everything anew: 0.2 and 3.5 s
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.fixture(scope="session")
def servers() -> Iterator[dict[int, Server]]:
    """The servers of this test run, by version; started when first asked for."""
    with embedded_servers() as found:
        yield found


def pytest_collection() -> None:
    """Collect no garbage while thousands of tests are found, which leaves none."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Leave all tests out of later garbage collections, and collect less often: that saves a twentieth of the time."""
    gc.freeze()
    gc.set_threshold(10_000)
    gc.enable()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "server" in metafunc.fixturenames:
        everywhere = metafunc.definition.get_closest_marker("every_version") is not None
        metafunc.parametrize("server", _versions(everywhere=everywhere), indirect=True, scope="session")


def _versions(*, everywhere: bool) -> list[ParameterSet]:
    """The versions that a test runs on; 0 is the server that is given."""
    if os.environ.get("SWEEPER_TEST_DATABASE_URL"):
        return [pytest.param(0, id="given")]
    if chosen := os.environ.get("SWEEPER_TEST_SERVERS"):
        return [_version(int(number)) for number in chosen.replace(",", " ").split()]
    others = OTHERS if everywhere else ()
    return [_version(NEWEST), *(_version(number, pytest.mark.slow) for number in others)]


def _version(number: int, *marks: pytest.MarkDecorator) -> ParameterSet:
    missing = number in binaries.PACKAGED and not binaries.installation(number).is_dir()
    reason = f"PostgreSQL {number} is not there; {binaries.HINT}"
    return pytest.param(number, id=f"pg{number}", marks=[*marks, *([pytest.mark.skip(reason)] if missing else [])])


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
