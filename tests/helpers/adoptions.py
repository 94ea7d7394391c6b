"""`sweeper adopt`."""

from tests.helpers.app_database import AppDatabase
from tests.helpers.command import Ran

WHY = ("--reason", "paid by the old handler", "--yes")


def adopt(database: AppDatabase, *flags: str) -> Ran:
    """``sweeper adopt --json`` with a reason, and without a question."""
    return database.sweeper("adopt", "--json", *WHY, *flags)
