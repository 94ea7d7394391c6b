"""``sweeper install``."""

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from sweeper.cli.options import Config, Json, load_connection, load_settings


def install(
    config: Config = None,
    show: Annotated[
        bool, typer.Option("--print", help="Print the SQL for a DBA or a migration tool, and touch nothing.")
    ] = False,
    fence: Annotated[
        bool, typer.Option("--fence", help="Also stop the app from setting a refunded session to running or succeeded.")
    ] = False,
    json: Json = False,
) -> int:
    """Create sweeper's schema, the guard, the supporting index and refund(). Safe to repeat; upgrades in place."""
    from sweeper import guard
    from sweeper.database import Database
    from sweeper.render.document import install_document

    settings = load_settings(config)
    connection = load_connection()
    database = Database(connection, application_name="sweeper install")
    keeper = Database(connection, application_name="sweeper install, waiting")
    try:
        as_of = None if show else datetime.now(UTC)
        result = guard.install(database, settings, as_of=as_of, fence=fence, keeper=None if show else keeper)
    finally:
        database.close()
        keeper.close()
    if json:
        print(install_document(result))  # noqa: T201
    elif show:
        sys.stdout.write(result.sql)
    else:
        for action in result.actions:
            print(action)  # noqa: T201
        print("Installed: the mapping is the one in the file.")  # noqa: T201
        for note in result.notes:
            print(f"Note: {note}.")  # noqa: T201
    return 0
