"""Times that the database has and Python has not: before the year 1, after 9999, and the infinite ones."""

import re
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.abc import Buffer
from psycopg.types.datetime import TimestamptzLoader

# a day within what Python has, so that no zone leads out of it
EARLIEST, LATEST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
_EARLY = re.compile(rb"-|0001-|.* BC$")


class _MomentLoader(TimestamptzLoader):
    """Reads a time as the nearest that there is: one odd row must not be an error of the whole command."""

    def load(self, data: Buffer) -> datetime:
        try:
            found = super().load(data)
        except (psycopg.DataError, OverflowError):
            return EARLIEST if _EARLY.match(bytes(data)) else LATEST
        return min(max(found, EARLIEST), LATEST)


def read_any_moment(made: psycopg.Connection[Any]) -> None:
    """Let this connection read every time that the database may have."""
    made.adapters.register_loader("timestamptz", _MomentLoader)
