"""Transactions over the app's tables."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TypeVar

from sweeper.app.mapping import Mapping
from sweeper.postgres.database import Database
from sweeper.postgres.retries import retrying
from sweeper.postgres.timeouts import READ_TIMEOUTS, Timeouts
from sweeper.postgres.transaction import Transaction

T = TypeVar("T")


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


def reading(database: Database, mapping: Mapping) -> AbstractContextManager[Transaction]:
    """A read-only transaction with one snapshot, for the mapped tables."""
    return app_transaction(database, mapping, READ_TIMEOUTS, read_only=True)


def read(database: Database, mapping: Mapping, ask: Callable[[Transaction], T], *, attempts: int | None = None) -> T:
    """What ``ask`` reads in such a transaction; again in another, as `retrying` does, while its failure may pass.

    Raises:
        FailedError: it did not pass in time, or the database cannot be reached.
    """

    def attempt() -> T:
        with reading(database, mapping) as transaction:
            return ask(transaction)

    return retrying(attempt, attempts=attempts)
