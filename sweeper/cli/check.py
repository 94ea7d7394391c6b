"""``sweeper check``."""

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sweeper.cli.options import Config, Json, console, load_connection, load_settings
from sweeper.core.errors import SweeperError

if TYPE_CHECKING:
    from sweeper.config.model import Settings


def check(config: Config = None, json: Json = False) -> int:
    """Check that a run can work, and show how to fix what is wrong. Read-only."""
    asked_at, as_of = time.monotonic(), datetime.now(UTC)
    from sweeper.check.checks import check as check_all
    from sweeper.postgres.database import Database
    from sweeper.render.json.check import check_document
    from sweeper.render.terminal.check import show_check

    connection = load_connection()
    database = Database(connection, application_name="sweeper check")
    try:
        result = check_all(database, _settings_or_error(config), as_of=as_of, asked_at=asked_at)
    finally:
        database.close()
    if json:
        print(check_document(result))  # noqa: T201
    else:
        show_check(console(), result)
    return result.exit_code


def _settings_or_error(config: Config) -> "Settings | SweeperError":
    try:
        return load_settings(config)
    except SweeperError as error:
        return error
