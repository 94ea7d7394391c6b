"""sweeper.refund() as a layer calls it."""

from tests.helpers.app_database import AppDatabase


def refund(app: AppDatabase, session: object, reason: str = "worker_failure", cast: str = "text") -> object:
    """Refund as a worker's error handler does; the amount."""
    return app.value(f"SELECT sweeper.refund(%s::{cast}, %s, 'TimeoutError', 'worker')", session, reason)
