"""`sweeper revert`."""

from tests.helpers.app_database import AppDatabase
from tests.helpers.command import Ran

WHY = ("--reason", "paid by mistake", "--yes")


def revert(database: AppDatabase, *flags: str) -> Ran:
    """``sweeper revert --json`` with a reason, and without a question."""
    return database.sweeper("revert", "--json", *WHY, *flags)
