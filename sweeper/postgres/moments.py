"""Times that Postgres has and Python does not: before the year 1, after 9999, and infinite ones."""

import re
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.abc import Buffer
from psycopg.types.datetime import TimestamptzLoader

# a day within Python's range, so that no time zone leaves it
EARLIEST, LATEST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
_EARLY = re.compile(rb"-|0001-|.* BC$")


class _MomentLoader(TimestamptzLoader):
    """Reads a time as the nearest one that Python has: one odd row must not fail the whole command."""

    def load(self, data: Buffer) -> datetime:
        try:
            found = super().load(data)
        except (psycopg.DataError, OverflowError):
            return EARLIEST if _EARLY.match(bytes(data)) else LATEST
        return min(max(found, EARLIEST), LATEST)


def read_any_moment(made: psycopg.Connection[Any]) -> None:
    """Let this connection read every time that the database may have."""
    made.adapters.register_loader("timestamptz", _MomentLoader)
