"""What is on hold."""

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase


def holds(database: AppDatabase) -> dict[str, tuple[str, str | None]]:
    """Why each session is on hold, and the SQLSTATE."""
    rows = database.sql("SELECT session_id::text, why, sqlstate FROM sweeper.holds WHERE ended_at IS NULL")
    return {session: (why, sqlstate) for session, why, sqlstate in rows}


def hold_messages(database: AppDatabase) -> dict[str, str]:
    """The database's own message of each session on hold."""
    return dict(database.sql("SELECT session_id::text, message FROM sweeper.holds WHERE ended_at IS NULL"))


def charge_again_on_hold(app: App) -> None:
    """Put the session on hold for its first charge, which is above the cap, and charge it again below the cap."""
    app.sql("ALTER TABLE jobs ADD charge int NOT NULL DEFAULT 1")
    app.map(attempt="charge")
    app.map("policy", max_amount=2)
    assert app.install().exit_code == 0
    assert app.database.run().document["held"] == 1
    app.sql("UPDATE jobs SET charge = 2, price = 1")
