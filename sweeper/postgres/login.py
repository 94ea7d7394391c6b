"""The SQLSTATE of a refused login, whatever language the server speaks.

libpq gives the server's message and not its SQLSTATE, unless it is asked for the SQLSTATE alone before the server
answers. psycopg cannot ask for that; the libpq that its wheel brings along can.
"""

import re
import select
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from psycopg import conninfo, pq

_SQLSTATE_ALONE = 3  # PQERRORS_SQLSTATE
_SECONDS = 5.0
_STATE = re.compile(r": +([0-9A-Z]{5})\s*\Z")
# What libpq itself reports, always in English, without a refusal by a server: then there is no SQLSTATE to find.
_NO_ANSWER = (
    "is the server running", "could not translate host name", "timeout expired", "could not send",
    "session is read-only", "session is not read-only", "hot standby mode",
)  # fmt: skip


class RefusedLogin(psycopg.OperationalError):
    """The server refused the login; ``state`` is the SQLSTATE that it gave for that, beside its message."""

    def __init__(self, message: str, state: str) -> None:
        super().__init__(message)
        self.state = state


def with_sqlstate(error: psycopg.Error, parameters: Mapping[str, str]) -> psycopg.Error:
    """The error of a connection that failed, with the server's SQLSTATE when that can be found out.

    It takes a second attempt to log in, because libpq does not keep the SQLSTATE of the first.
    """
    text = str(error).lower()
    if error.sqlstate or any(sign in text for sign in _NO_ANSWER):
        return error
    state = None
    with suppress(psycopg.Error, OSError, ValueError):
        state = _ask(parameters)
    return RefusedLogin(str(error), state) if state else error


def _ask(parameters: Mapping[str, str]) -> str | None:
    set_verbosity = _verbosity()
    if set_verbosity is None:
        return None
    connection = pq.PGconn.connect_start(conninfo.make_conninfo(**parameters).encode())
    try:
        address = getattr(connection, "pgconn_ptr", None)  # the wheel's class has it
        if connection.status == pq.ConnStatus.BAD or address is None:
            return None
        set_verbosity(address, _SQLSTATE_ALONE)
        deadline = time.monotonic() + _SECONDS
        while time.monotonic() < deadline:
            polled = connection.connect_poll()
            if polled == pq.PollingStatus.FAILED:
                found = _STATE.search(connection.error_message.decode(errors="replace"))
                return found[1] if found else None
            if polled == pq.PollingStatus.OK:
                return None
            waiting = ([connection.socket], []) if polled == pq.PollingStatus.READING else ([], [connection.socket])
            select.select(*waiting, [], max(0.0, deadline - time.monotonic()))
        return None
    finally:
        connection.finish()


@cache
def _verbosity() -> Any:
    """PQsetErrorVerbosity of the libpq in use; None where it is not known for certain which file that is."""
    if pq.__impl__ != "binary":
        return None
    import ctypes
    from importlib.util import find_spec

    wheel = find_spec("psycopg_binary")
    if wheel is None or wheel.origin is None:
        return None
    package = Path(wheel.origin).parent
    beside = [*package.parent.glob("psycopg_binary.libs/libpq-*"), *package.glob(".dylibs/libpq*")]  # Linux, macOS
    if len(beside) != 1:
        return None
    library = ctypes.CDLL(str(beside[0]))  # it is loaded already
    if library.PQlibVersion() != pq.version():
        return None
    asked = library.PQsetErrorVerbosity
    asked.argtypes, asked.restype = (ctypes.c_void_p, ctypes.c_int), ctypes.c_int
    return asked
