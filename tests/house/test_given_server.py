"""The tests on a server that is given: any valid URL, also one without a password, and two workers on one server."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from sweeper.demo import server as embedded
from tests.helpers.app_database import AppDatabase
from tests.helpers.command import neutral_environment
from tests.helpers.paths import REPOSITORY
from tests.helpers.server import Server, complete

# what goes through roles and rights, which all databases of a server share, and through URLs that are changed by text
TESTS = ("tests/install/test_fence.py", "tests/check/test_grants.py", "tests/postgres/test_connection.py")


@pytest.fixture(scope="module")
def trusting() -> Iterator[str]:
    """Host and port of a server that lets everybody in without a password."""
    with embedded.running(18) as server:
        (server.folder / "data" / "pg_hba.conf").write_text("host all all 127.0.0.1/32 trust\n")
        with psycopg.connect(server.url) as connection:
            connection.execute("SELECT pg_reload_conf()")
        yield server.url.rpartition("@")[2].partition("/")[0]


@pytest.mark.parametrize(
    "form",
    [
        "postgresql://postgres@{}/postgres",
        "postgres://postgres@{}",
        "postgresql://postgres:@{}/",
        "postgresql://{}/postgres?user=postgres",
        "postgresql://{}/?user=postgres&dbname=postgres&application_name=a%20%26b",
        "postgresql://postgres@{}/postgres?options=-c%20search_path%3Da/b",
    ],
)
def test_any_valid_url_is_a_server(trusting: str, form: str) -> None:
    url = complete(form.format(trusting))
    server = Server(url)
    app = AppDatabase(server.url_of("some_app"), Path(), psycopg.Connection)  # type: ignore[arg-type]
    assert url.startswith(f"postgresql://postgres@{trusting}/postgres")
    given = {name: value for name, value in conninfo_to_dict(form.format(trusting)).items() if name != "password"}
    expected = {**given, "user": "postgres", "dbname": "some_app"}
    assert conninfo_to_dict(app.url) == expected
    assert conninfo_to_dict(app.url_as("clerk")) == {**expected, "user": "clerk", "password": "clerk"}
    assert conninfo_to_dict(app.url_with("connect_timeout=5")) == {**expected, "connect_timeout": "5"}
    assert conninfo_to_dict(app.missing_url) == {**expected, "dbname": "some_app_gone"}


def test_a_password_stays_in_its_place(first: AppDatabase) -> None:
    with psycopg.connect(first.url, autocommit=True) as connection:
        name = f"odd_{connection.info.dbname}"
        connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'p@ss/word?'")
    try:
        parts = {**conninfo_to_dict(first.url), "user": name, "password": "p@ss/word?"}
        assert conninfo_to_dict(complete(psycopg.conninfo.make_conninfo(**parts))) == {
            key: value for key, value in parts.items() if key != "password" or first.connection.info.password
        }
    finally:
        first.sql(f"DROP ROLE {name}")


@pytest.mark.slow
def test_two_workers_share_a_server_that_asks_for_no_password(trusting: str) -> None:
    environment = {**neutral_environment(), "SWEEPER_TEST_DATABASE_URL": f"postgres://postgres@{trusting}"}
    environment.pop("PYTEST_XDIST_WORKER", None)
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--tb=short", "-p", "no:cacheprovider", *TESTS]
    ran = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
    assert "passed" in ran.stdout
    with psycopg.connect(f"postgres://postgres@{trusting}") as connection:
        left = connection.execute("SELECT datname FROM pg_database WHERE datname ~ '^(test|template)_'").fetchall()
    assert left == [], "a given server is left as it was"
