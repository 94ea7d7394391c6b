"""What `sweeper check` says."""

from datetime import datetime
from typing import Any

from tests.helpers.app_database import AppDatabase
from tests.helpers.command import Ran


def check(database: AppDatabase, now: datetime | None = None, **environment: str) -> Ran:
    """``sweeper check --json``."""
    return database.sweeper("check", "--json", now=now, **environment)


def items(ran: Ran) -> dict[str, dict[str, Any]]:
    """Each item of the document by its name."""
    return {item["name"]: item for item in ran.document["checks"]}


def not_ok(ran: Ran) -> dict[str, str]:
    """The status of each item that is not ok."""
    return {name: item["status"] for name, item in items(ran).items() if item["status"] != "ok"}
