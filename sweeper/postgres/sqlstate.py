"""Translates the driver's errors, by their SQLSTATE, into ours."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg
from sqlalchemy import exc

from sweeper.core.errors import FailedError
from sweeper.postgres.errors import (
    LOCK_NOT_AVAILABLE,
    QUERY_CANCELED,
    Busy,
    GuardLost,
    Refusal,
    StatementError,
    TooSlow,
    failure_of,
)
from sweeper.postgres.login import RefusedLogin

# Retried as a whole: serialization failure, deadlock, the server's shutdown and crash, connections that were lost
# or that idled while this machine slept, and, after a failover, a server that takes no writes (any more, or yet).
# Source: https://www.postgresql.org/docs/current/errcodes-appendix.html
READ_ONLY = "25006"
_RETRIED = frozenset({"40001", "40P01", "57P01", "57P02", "57P03", "57P05", "25P03", READ_ONLY})
# The SQLSTATEs of a login that no waiting fixes, and of one that may succeed later. A pooler's 08P01 means either, and
# so its message decides.
_REFUSED_STATES = {
    "28P01": "the password was refused or is missing",
    "28000": "the role is not known, may not log in, or pg_hba.conf does not let it in",
    "3D000": "the database does not exist",
    "42501": "this role may not connect to this database",
    **dict.fromkeys(("22023", "42601", "42704"), "it does not take what options, or PGOPTIONS, would set"),
}
# What a statement says of the server behind a foreign table, or behind dblink.
_OF_ANOTHER = ("08000", "08001", "08003", "08006")
_UNKNOWN_NAME = "the role or the database does not exist"
_UNKNOWN = {"28000": "the role does not exist", "3D000": "the database does not exist"}
_BUSY_STATES = {
    "53300": "it has no connection left",
    "55000": "the database takes no connections",
    "57P03": "it is starting or stopping",
}
# The same by libpq's own words, and by the server's where its SQLSTATE is not known.
_REFUSED_LOGINS = (
    ("password authentication failed", "the password was refused or is missing"),
    ("no password supplied", "the password was refused or is missing"),
    ("authentication failed", "the login was refused"),
    ("not permitted to log in", "this role may not log in"),
    ("permission denied for database", "this role may not connect to this database"),
    ("pg_hba.conf", "pg_hba.conf does not let this role in"),
    ("does not exist", _UNKNOWN_NAME),
    ("no such user", "the role does not exist"),  # PgBouncer's words
    ("no such database", "the database does not exist"),
    ("authentication method requirement", "it asks for a login that require_auth or channel_binding forbids"),
    ("channel binding is required", "it asks for a login that require_auth or channel_binding forbids"),
    ("does not support ssl", "TLS could not be agreed on"),
    ("certificate", "TLS could not be agreed on"),
)
_OUT_OF_REACH = (
    ("on that socket", "no server listens on this machine's socket: a URL with a host names another"),
    ("not read-only", "it is not what target_session_attrs asks for"),
    ("hot standby mode", "it is not what target_session_attrs asks for"),
    ("read-only", "it takes no writes"),
    ("refused", "nothing listens at the host and port of the connection settings"),
    ("resolve", "the host name is not known"),
    ("translate host", "the host name is not known"),
    ("query_wait_timeout", "its pooler has no connection left, and sweeper may need two at once"),  # PgBouncer's words
    ("timeout", "it does not answer in time"),
    ("starting up", "it is starting"),
    ("shutting down", "it is stopping"),
    ("too many", "it has no connection left"),
    ("ssl", "TLS could not be agreed on"),
    ("closed", "the connection was lost"),
    ("connection is lost", "the connection was lost"),  # psycopg's words for one that was reset while it was idle
)
# A trigger or a function of the app refused, whatever SQLSTATE it chose: PL/pgSQL's RAISE and ASSERT.
_RAISED_BY = frozenset({"exec_stmt_raise", "exec_stmt_assert"})
# A row's own fault, most likely: a CASE that fits none of its branches, a subquery that gives several rows, data
# exception, constraint, what a trigger has changed in between, a routine of the app, WITH CHECK OPTION and the like.
_REFUSED_CLASSES = ("20", "21", "22", "23", "27", "2F", "38", "39", "44", "P0")
# Never a row's fault: out of memory, disk or connections, an operator's command, a system error, a bug of the server.
_CLASSES_OF_THE_RUN = ("08", "53", "57", "58", "XX")
# ON CONFLICT found no usable arbiter: the guard is missing or invalid, or it is deferrable. The same codes come from
# much else; the server function that raised them shows which, unless a proxy leaves it out.
_GUARD_LOST = frozenset({"42P10", "55000"})
_GUARD_LOST_BY = frozenset({"infer_arbiter_indexes", "ExecCheckIndexConstraints"})
_TRANSACTION_TIMEOUT = "25P04"
# Row-level security, with row_security off, has the SQLSTATE of a missing right, and no right helps.
_HIDES_ROWS_BY = "check_enable_rls"
_SEES_ALL = "no GRANT changes that: give this role BYPASSRLS, or sweep as the owner of the table (see `sweeper check`)"


def driver_error(error: BaseException) -> BaseException | None:
    """The driver's own error, which SQLAlchemy wraps in another."""
    return error.orig if isinstance(error, exc.DBAPIError) else error


@contextmanager
def translated() -> Iterator[None]:
    """Turn the driver's errors into ours; those worth a retry are passed on as they are."""
    try:
        yield
    except (exc.DBAPIError, psycopg.Error) as error:
        cause = driver_error(error)
        ours = _translate(cause)
        if ours is None:
            raise
        raise ours from None


@contextmanager
def reported() -> Iterator[None]:
    """Turn what stops a statement of the command itself, or loses its connection, into an error of the command.

    Raises:
        SweeperError: as :func:`failure_of` and :func:`unreachable` give it.
    """
    try:
        yield
    except (Busy, TooSlow, Refusal) as problem:
        raise failure_of(problem) from None
    except (exc.DBAPIError, psycopg.Error) as lost:
        raise unreachable(lost) from None


def _translate(cause: BaseException | None) -> Exception | None:
    if not isinstance(cause, psycopg.Error):
        return None
    state = cause.sqlstate or ""
    message = cause.diag.message_primary or type(cause).__name__
    refusal = Refusal(state, message, cause.diag.constraint_name or "", raised=is_raised(cause))
    if refusal.raised:
        return refusal
    if is_transient(cause):
        return None
    if not state and isinstance(cause, psycopg.OperationalError):
        return unreachable(cause)
    if _is_guard_lost(cause):
        return GuardLost()
    if state == LOCK_NOT_AVAILABLE:
        return Busy()
    if state in (QUERY_CANCELED, _TRANSACTION_TIMEOUT):
        return TooSlow()
    if state[:2] in _REFUSED_CLASSES:
        return refusal
    return _unsettled(cause, refusal)


def _unsettled(cause: psycopg.Error, refusal: Refusal) -> FailedError:
    state = refusal.sqlstate
    if not state or state == READ_ONLY or state[:2] in _CLASSES_OF_THE_RUN or _is_fatal(cause):
        return failed_by(cause)
    if state == "42501":
        hidden = cause.diag.source_function == _HIDES_ROWS_BY
        message = f"{refusal.message}: {_SEES_ALL if hidden else 'grant it to this role, or run as one that has it'}"
        return StatementError(message, code="privilege", refusal=refusal)
    failed = failed_by(cause)
    return StatementError(failed.message, code=failed.code, refusal=refusal)


def _is_fatal(cause: psycopg.Error) -> bool:
    return cause.diag.severity_nonlocalized in ("FATAL", "PANIC")


def is_raised(cause: psycopg.Error) -> bool:
    """Whether a trigger or a function of the app raised the error."""
    return cause.diag.source_function in _RAISED_BY and not _is_fatal(cause)


def _is_guard_lost(cause: psycopg.Error) -> bool:
    """Whether our own statement found no guard, and not one inside a trigger or a function of the app."""
    if cause.sqlstate not in _GUARD_LOST:
        return False
    function = cause.diag.source_function
    return function is None or (function in _GUARD_LOST_BY and not cause.diag.context)


def failed_by(cause: psycopg.Error) -> FailedError:
    """The error that ends the command, with the server's primary message and SQLSTATE."""
    message = cause.diag.message_primary or type(cause).__name__
    return FailedError(f"the database says: {message} (SQLSTATE {cause.sqlstate or 'unknown'})", code="database")


def is_transient(error: BaseException) -> bool:
    """Whether the whole transaction may succeed when it is tried again."""
    cause = driver_error(error)
    if not isinstance(cause, psycopg.Error):
        return False
    if is_raised(cause):
        return False
    if cause.sqlstate == "08P01" and "statement pooling" in str(cause):  # PgBouncer in statement mode
        return False
    if cause.sqlstate:
        return cause.sqlstate in _RETRIED or cause.sqlstate.startswith("08")
    # no SQLSTATE: the connection itself was lost, or never made
    return is_out_of_step(cause) or (isinstance(cause, psycopg.OperationalError) and _refused_login(cause) is None)


def is_out_of_step(cause: BaseException | None) -> bool:
    """Whether the driver got other results than it asked for, as when a pooler loses its server during a COMMIT."""
    return isinstance(cause, psycopg.InternalError) and not cause.sqlstate


def _refused_login(cause: BaseException | None) -> str | None:
    """Why the server refuses the login, if waiting does not fix it."""
    state = cause.state if isinstance(cause, RefusedLogin) else ""
    if state in _BUSY_STATES:
        return None
    # in English the words say more than the SQLSTATE, which is the same for an unknown role and for pg_hba.conf
    said = _meaning(_REFUSED_LOGINS, cause)
    return (_UNKNOWN.get(state, said) if said == _UNKNOWN_NAME else said) or _REFUSED_STATES.get(state)


def _meaning(signs: Sequence[tuple[str, str]], cause: BaseException | None) -> str | None:
    text = str(cause).lower()
    return next((meaning for sign, meaning in signs if sign in text), None)


def unreachable(error: Exception) -> FailedError:
    """The error for a database that cannot be reached, without what libpq repeats of the settings."""
    cause = driver_error(error)
    state = cause.state if isinstance(cause, RefusedLogin) else getattr(cause, "sqlstate", None)
    if isinstance(cause, psycopg.Error) and cause.sqlstate in _OF_ANOTHER and not _is_fatal(cause):
        return failed_by(cause)
    known = {"40001": "serialization failures", "40P01": "deadlocks", READ_ONLY: "it takes no writes", **_BUSY_STATES}
    why = known.get(state or "") or _refused_login(cause) or _meaning(_OUT_OF_REACH, cause) or type(cause).__name__
    return FailedError(
        f"the database cannot be used: {why}" + (f" (SQLSTATE {state})" if state else ""),
        code="connection",
    )
