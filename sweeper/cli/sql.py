"""``sweeper sql``."""

import time
from datetime import UTC, datetime
from typing import Annotated

import typer

from sweeper.cli.options import Config, Json, console, load_settings, open_database


def sql(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="The name of a statement; without it: all of them.")
    ] = None,
    config: Config = None,
    json: Json = False,
) -> int:
    """Show a statement, filled with this mapping. It is as it would be sent now, to read or to pipe into psql."""
    asked_at, as_of = time.monotonic(), datetime.now(UTC)
    from sweeper.render.json.statements import statement_document, statements_document
    from sweeper.statements.listing import find_statement, list_statements

    if name is None:
        from sweeper.render.terminal.statements import show_statements

        listed = list_statements()
        print(statements_document(listed)) if json else show_statements(console(), listed)  # noqa: T201
        return 0
    statement = find_statement(name)
    from sweeper.statements.script import script
    from sweeper.sweep.context import RunRequest

    settings = load_settings(config)
    with open_database("sweeper sql") as database:
        text = script(database, settings, RunRequest(as_of=as_of, asked_at=asked_at), statement)
    print(statement_document(name, text) if json else text)  # noqa: T201
    return 0
