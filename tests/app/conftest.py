"""What the tests of this folder ask for."""

from collections.abc import Iterator

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.server import Server


@pytest.fixture(scope="module")
def shared(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppDatabase]:
    """One database for the whole file: each test makes its tables anew, which takes a tenth of a clone's time."""
    with server.app("first", tmp_path_factory.mktemp("mapping"), installed=False) as database:
        yield database


@pytest.fixture
def app(shared: AppDatabase) -> App:
    schemas = shared.sql("SELECT quote_ident(nspname) FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema)'")
    shared.sql("RESET ALL; DROP SCHEMA " + ", ".join(name for (name,) in schemas) + " CASCADE; CREATE SCHEMA public")
    return App(shared)
