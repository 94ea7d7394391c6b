"""``sweeper install``."""

import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from sweeper.cli.options import Config, Json, load_settings, open_database, stderr_log

if TYPE_CHECKING:
    from sweeper.config.model import Settings
    from sweeper.install.indexes.blockers import Blocker
    from sweeper.postgres.database import Database

_RELEASED = (
    "Released: a migration may change the status column. Until `sweeper install` puts back what was removed, runs are "
    "slower and have no fence."
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
        typer.Option("--rekey", help="Translate the existing refunds to the key in the file, where that has changed."),
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
    """Create or upgrade what sweeper keeps in the database. This is its schema, the guard, an index and refund()."""
    asked_at, as_of = time.monotonic(), datetime.now(UTC)
    from sweeper.core.errors import ConfigurationError
    from sweeper.install import installer
    from sweeper.install.indexes.blockers import BlockerWatch
    from sweeper.render.json.install import install_document

    if fence and release:
        raise ConfigurationError("--fence installs what --release removes: give one of them", code="usage")
    settings = load_settings(config)
    with (
        open_database("sweeper install") as database,
        open_database("sweeper install, waiting") as keeper,
        open_database("sweeper install, watching") as watcher,
    ):
        result = installer.install(
            database,
            settings,
            as_of=None if show else as_of,
            asked_at=asked_at,
            fence=fence,
            rekey=rekey,
            release=release,
            keeper=None if show else keeper,
            watch=BlockerWatch(watcher, _tell),
        )
        if not (show or release):
            result = result._replace(notes=(*result.notes, *_rehearsed(database, settings, as_of)))
    if json:
        print(install_document(result))  # noqa: T201
    elif show:
        sys.stdout.write(result.sql)
    else:
        for action in result.actions:
            print(action)  # noqa: T201
        print(_RELEASED if release else "Installed: the mapping is the one in the file.")  # noqa: T201
        for note in result.notes:
            print(f"Note: {note}.")  # noqa: T201
    return 0


def _rehearsed(database: "Database", settings: "Settings", as_of: datetime) -> "Iterator[str]":
    """Rehearse with the rights of the installing role, and keep the results for a runner that has fewer rights."""
    from sweeper.check.rehearsal.rehearse import keep_rehearsal

    for item in keep_rehearsal(database, settings, as_of):
        yield f"{item.name}: {item.message}; until that is fixed, no run pays under a mapping that has never paid"


def _tell(blocker: "Blocker") -> None:
    stderr_log().warning(
        "install_waits_for_transaction",
        pid=blocker.pid,
        state=blocker.state,
        age_seconds=None if blocker.age_seconds is None else round(blocker.age_seconds, 1),
        application_name=blocker.application_name,
    )
