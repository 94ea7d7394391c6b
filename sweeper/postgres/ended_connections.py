"""Detects that the server ends the connection of a transaction each time, because of something in its rows."""

from collections.abc import Callable
from typing import TypeVar

import psycopg
from sqlalchemy import exc

from sweeper.postgres.errors import Refusal, StatementError
from sweeper.postgres.sqlstate import driver_error

T = TypeVar("T")

_ENDED, _TIMES = "57P01", 3


def unless_ended(work: Callable[[], T], server_start: Callable[[], object]) -> Callable[[], T]:
    """Wraps ``work``, a whole transaction to be retried; it fails for good when its connection was ended three times.

    That counts only while ``server_start``, asked on a new connection each time, gives the same moment: a server that
    goes down, or one that takes over, ends connections as well, and none of that is the rows' fault.
    """
    starts: list[object] = []

    def attempt() -> T:
        try:
            return work()
        except (exc.DBAPIError, psycopg.Error) as error:
            cause = driver_error(error)
            if not isinstance(cause, psycopg.Error) or cause.sqlstate != _ENDED:
                starts.clear()
                raise
            start = server_start()
            starts[:] = [*(known for known in starts if known == start), start]
            if len(starts) < _TIMES:
                raise
        message = cause.diag.message_primary or "the server ended the connection"
        raise StatementError(
            f"the server ended the connection {_TIMES} times, and stayed up: {message} (SQLSTATE {_ENDED})",
            code="connection",
            refusal=Refusal(_ENDED, message),
        )

    return attempt
