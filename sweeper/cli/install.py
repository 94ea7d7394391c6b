"""``sweeper install``."""

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from sweeper.cli.options import Config, Json, load_connection, load_settings

_RELEASED = (
    "Released: a migration may change the status column. Runs go on meanwhile, slower and without the fence; "
    "`sweeper install` puts back what was taken away."
)


def install(
    config: Config = None,
    show: Annotated[
        bool, typer.Option("--print", help="Print the SQL for a DBA or a migration tool, and touch nothing.")
    ] = False,
    fence: Annotated[
        bool, typer.Option("--fence", help="Also stop the app from setting a refunded session to running or succeeded.")
    ] = False,
    rekey: Annotated[
        bool,
        typer.Option(
            "--rekey", help="Translate the refunds that there are to the key of the file, where it is another."
        ),
    ] = False,
    release: Annotated[
        bool,
        typer.Option(
            "--release",
            help="Take index and fence off the status column, so that a migration of the app can change it; "
            "`sweeper install` puts them back.",
        ),
    ] = False,
    json: Json = False,
) -> int:
    """Create sweeper's schema, the guard, the supporting index and refund(). Safe to repeat; upgrades in place."""
    from sweeper import guard
    from sweeper.database import Database
    from sweeper.errors import ConfigurationError
    from sweeper.render.document import install_document

    if fence and release:
        raise ConfigurationError("--fence puts up what --release takes away: give one of them", code="usage")
    settings = load_settings(config)
    connection = load_connection()
    database = Database(connection, application_name="sweeper install")
    keeper = Database(connection, application_name="sweeper install, waiting")
    try:
        as_of = None if show else datetime.now(UTC)
        result = guard.install(
            database,
            settings,
            as_of=as_of,
            fence=fence,
            rekey=rekey,
            release=release,
            keeper=None if show else keeper,
        )
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
        print(_RELEASED if release else "Installed: the mapping is the one in the file.")  # noqa: T201
    return 0
