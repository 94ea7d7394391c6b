"""What is on hold."""

from tests.helpers.app_database import AppDatabase


def holds(database: AppDatabase) -> dict[str, tuple[str, str | None]]:
    """Why each session is on hold, and the SQLSTATE."""
    rows = database.sql("SELECT session_id::text, why, sqlstate FROM sweeper.holds WHERE ended_at IS NULL")
    return {session: (why, sqlstate) for session, why, sqlstate in rows}


def hold_messages(database: AppDatabase) -> dict[str, str]:
    """The database's own message of each session on hold."""
    return dict(database.sql("SELECT session_id::text, message FROM sweeper.holds WHERE ended_at IS NULL"))
