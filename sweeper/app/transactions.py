"""Transactions over the app's tables."""

from contextlib import AbstractContextManager

from sweeper.app.mapping import Mapping
from sweeper.postgres.database import Database
from sweeper.postgres.timeouts import Timeouts
from sweeper.postgres.transaction import Transaction


def app_transaction(
    database: Database, mapping: Mapping, timeouts: Timeouts, *, read_only: bool = False, one_snapshot: bool = False
) -> AbstractContextManager[Transaction]:
    """A transaction in which the mapping's expressions mean what they meant when it was checked.

    They depend on the search path and on the time zone, which are those of the mapping here.
    """
    return database.transaction(
        timeouts=timeouts, search_path=mapping.search_path, timezone=mapping.timezone,
        read_only=read_only, one_snapshot=one_snapshot,
    )  # fmt: skip
