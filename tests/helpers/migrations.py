"""Migrations of the app."""

from typing import Any

import psycopg

from tests.helpers.app_database import AppDatabase
from tests.helpers.installation import installed

VALUES = "'initializing', 'queued', 'researching', 'generating', 'finished', 'error'"
SMALLER_ENUM = (
    f"CREATE TYPE session_status_new AS ENUM ({VALUES})",
    "ALTER TABLE prediction_sessions ALTER status DROP DEFAULT",
    "ALTER TABLE prediction_sessions ALTER status TYPE session_status_new USING (status::text::session_status_new)",
    "ALTER TYPE session_status RENAME TO session_status_old",
    "ALTER TYPE session_status_new RENAME TO session_status",
    "DROP TYPE session_status_old",
    "ALTER TABLE prediction_sessions ALTER status SET DEFAULT 'queued'",
)


def live_indexes(database: AppDatabase) -> dict[str, bool]:
    """The indexes on live sessions, and whether each is valid."""
    return dict(
        database.sql(
            "SELECT indexrelid::regclass::text, indisvalid FROM pg_index "
            "WHERE indrelid = 'prediction_sessions'::regclass AND indexrelid::regclass::text LIKE 'sweeper_live%'"
        )
    )


def live_functions(database: AppDatabase) -> list[str]:
    return [name for (name,) in database.sql("SELECT proname FROM pg_proc WHERE proname LIKE 'live\\_%' ORDER BY 1")]


def prepare(database: AppDatabase, column: str, *, fence: bool) -> None:
    """The first app with such a status column, one refunded session, an owed one, a stuck one and two others."""
    database.sql("ALTER TYPE session_status ADD VALUE 'old'")
    database.sql(f"ALTER TABLE prediction_sessions ALTER status TYPE {column} USING status::text::{column}")
    installed(database, *(["--fence"] if fence else []))
    database.account()
    database.session("paid")
    assert database.run().document["refunds"]["sessions"] == 1
    database.session("failed")
    database.session("stuck", "generating")
    database.session("alive", "queued", created="2026-11-23 11:59")
    database.session("done", "finished")


def migrate(database: AppDatabase, statements: tuple[str, ...], *, together: bool) -> None:
    if together:
        with database.connection.transaction():
            for statement in statements:
                database.sql(statement)
    else:
        for statement in statements:
            database.sql(statement)


def finish(connection: psycopg.Connection[Any], session_id: str) -> None:
    """What a worker does that does not look."""
    connection.execute("UPDATE prediction_sessions SET status = 'finished' WHERE id = %s", [session_id])
