"""The only module that talks to the driver: connections, transactions, timeouts, retries and errors."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

import psycopg
import sqlalchemy
import stamina
from sqlalchemy import exc

from sweeper.core.errors import ConfigurationError, FailedError
from sweeper.postgres import encoding
from sweeper.postgres.connection import Connection
from sweeper.postgres.templates import fill

# Retried as a whole: serialization failure, deadlock, the server's shutdown and crash, connections that were lost
# or that idled while this machine slept, and, after a failover, a server that takes no writes (any more, or yet).
# Source: https://www.postgresql.org/docs/current/errcodes-appendix.html
_READ_ONLY = "25006"
_RETRIED = frozenset({"40001", "40P01", "57P01", "57P02", "57P03", "57P05", "25P03", _READ_ONLY})
# What is said of a login that waiting does not mend; libpq keeps the server's SQLSTATE of it to itself.
_REFUSED_LOGINS = (
    ("password authentication failed", "the password was refused or is missing"),
    ("no password supplied", "the password was refused or is missing"),
    ("authentication failed", "the login was refused"),
    ("not permitted to log in", "this role may not log in"),
    ("permission denied for database", "this role may not connect to this database"),
    ("pg_hba.conf", "pg_hba.conf does not let this role in"),
    ("does not exist", "the role or the database does not exist"),
    ("no such user", "the role or the database does not exist"),
    ("no such database", "the role or the database does not exist"),
    ("does not support ssl", "TLS could not be agreed on"),
    ("certificate", "TLS could not be agreed on"),
)
_OUT_OF_REACH = (
    ("read-only", "it takes no writes"),
    ("refused", "nothing listens there"),
    ("resolve", "the host name is not known"),
    ("translate host", "the host name is not known"),
    ("timeout", "it does not answer in time"),
    ("starting up", "it is starting"),
    ("shutting down", "it is stopping"),
    ("too many", "it has no connection left"),
    ("ssl", "TLS could not be agreed on"),
    ("closed", "the connection was lost"),
)
# A trigger or a function of the app said no, whatever SQLSTATE it chose: PL/pgSQL's RAISE and ASSERT.
_RAISED_BY = frozenset({"exec_stmt_raise", "exec_stmt_assert"})
# A row's own fault, most likely: a CASE that fits none of its branches, a subquery that gives several rows, data
# exception, constraint, what a trigger has changed meanwhile, a routine of the app, WITH CHECK OPTION and the like.
_REFUSED_CLASSES = ("20", "21", "22", "23", "27", "2F", "38", "39", "44", "P0")
# The classes that the server itself uses; any other comes from a RAISE in the app's own triggers and functions.
_SERVER_CLASSES = (
    "00 01 02 03 08 09 0A 0B 0F 0L 0P 0Z 10 20 21 22 23 24 25 26 27 28 2B 2D 2F 34 38 39 3B 3D 3F 40 42 44 53 54 55 57 "
    "58 72 F0 HV P0 XX"
)
# Never a row's fault: no memory, disk or connection left, an operator, the server's system and its own bugs.
_CLASSES_OF_THE_RUN = ("08", "53", "57", "58", "XX")
# ON CONFLICT found no usable arbiter: the guard is missing or invalid, or it is deferrable. The same codes come from
# much else; what of the server says them tells it, where no proxy leaves that out.
_GUARD_LOST = frozenset({"42P10", "55000"})
_GUARD_LOST_BY = frozenset({"infer_arbiter_indexes", "ExecCheckIndexConstraints"})
_TRANSACTION_TIMEOUT = "25P04"
UNIQUE_VIOLATION, LOCK_NOT_AVAILABLE, QUERY_CANCELED = "23505", "55P03", "57014"
FIRST_ATTEMPTS, RETRY_SECONDS = 10, 60.0
# A server that vanishes without a word, as a machine does, is given up after half a minute: left to itself the kernel
# waits for its answer for two hours. What the URL says goes first.
_LIVENESS = {
    "connect_timeout": "10",
    "keepalives_idle": "15",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
_ROWS_AT_ONCE = 500  # fewer than make Python look for garbage

Row = sqlalchemy.Row[Any]
T = TypeVar("T")


class Refusal(Exception):  # noqa: N818 - not an error of the run: one row's fault, to be isolated
    """The database refused a statement for what is in the rows.

    ``message`` is the server's primary message, never its DETAIL, which repeats the row. ``raised`` tells that the app
    itself refused it, by a RAISE: then it is the row's fault for sure.
    """

    def __init__(self, sqlstate: str, message: str, constraint: str = "", *, raised: bool = False) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate
        self.message = message
        self.constraint = constraint
        self.raised = raised


class StatementError(FailedError):
    """The database refused a statement, and its SQLSTATE does not tell whether for one row or for everything.

    It ends what was going on, as any other error, where nobody tries the rows one by one; ``refusal`` is for those who
    do.
    """

    def __init__(self, message: str, *, code: str, refusal: Refusal) -> None:
        super().__init__(message, code=code)
        self.refusal = refusal


class Busy(Exception):  # noqa: N818 - somebody else holds a lock: the sweep gives way
    """``lock_timeout`` passed."""


class TooSlow(Exception):  # noqa: N818 - the answer is a smaller batch
    """``statement_timeout`` or ``transaction_timeout`` passed."""


class GuardLost(ConfigurationError):  # noqa: N818
    """The unique index that stops a second refund is missing, invalid or deferrable."""

    def __init__(self) -> None:
        super().__init__(
            "the guard (the unique index that stops a second refund) is missing, not valid or deferrable: "
            "nothing was paid; run `sweeper install`",
            code="guard_missing",
        )


@dataclass(frozen=True)
class Timeouts:
    """Bounds of one transaction, in milliseconds; 0 is none.

    ``transaction_ms`` holds where the server has that bound, from version 17 on. ``tcp_user_ms`` is how long the server
    tries to send to a client that does not take anything; 0 is what the server's system does by itself.
    """

    lock_ms: int = 250
    statement_ms: int = 60_000
    idle_ms: int = 60_000
    transaction_ms: int = 0
    tcp_user_ms: int = 0


READ_TIMEOUTS = Timeouts(statement_ms=3_600_000, idle_ms=600_000)
# What locks rows of the app keeps it waiting for seconds at the most, even where this process is stopped (SIGSTOP, a
# frozen machine) in the middle. A server that cannot send its answer outlives all of these: see ANSWER_BYTES.
LOCKING_TIMEOUTS = Timeouts(lock_ms=250, statement_ms=10_000, idle_ms=5_000, transaction_ms=20_000, tcp_user_ms=5_000)
# so much a statement that holds locks may answer: it fits into what lies between a server and a client that stands
ANSWER_BYTES = 200_000


def text_array(values: Collection[str]) -> str:
    """A list of texts as Postgres writes an array; psycopg's own way takes longer than the statement it is for."""
    if not values:
        return "{}"
    joined = "\x00".join(values)  # a text in Postgres never holds that one
    escaped = joined.replace("\\", "\\\\").replace('"', '\\"')
    return '{"' + escaped.replace("\x00", '","') + '"}'


def text_bytes(values: Collection[str | None]) -> int:
    """How many bytes the server takes at the most to answer with these texts, as an array."""
    texts = [value or "" for value in values]
    return len(text_array(texts).encode(encoding.ENCODING, encoding.ERRORS))


class Transaction:
    """One open transaction."""

    def __init__(self, connection: sqlalchemy.Connection) -> None:
        self._connection = connection

    def rows(self, statement: str, binds: Mapping[str, object] | None = None) -> Sequence[Row]:
        """Send one statement and read all its rows."""
        result = self._connection.exec_driver_sql(statement, dict(binds or {}))
        return result.all() if result.returns_rows else []

    def row(self, statement: str, binds: Mapping[str, object] | None = None) -> Row:
        """Send one statement that gives exactly one row."""
        (row,) = self.rows(statement, binds)
        return row

    @property
    def client_side_pid(self) -> int:
        """The server process as the client was told: a pooler tells another than the server itself."""
        return int(self._connection.connection.dbapi_connection.info.backend_pid)  # type: ignore[union-attr]

    def script(self, statements: str) -> None:
        """Send statements without binds, several at once."""
        # without parameters psycopg uses the simple protocol, which takes several and leaves % alone
        cursor = self._connection.connection.cursor()
        try:
            cursor.execute(statements)
        finally:
            cursor.close()

    def copy_out(self, statement: str, write: Callable[[str], object]) -> None:
        """Send a COPY … TO STDOUT in UTF-8, and pass on its rows as they arrive, many at a time."""
        cursor: Any = self._connection.connection.cursor()
        with cursor, cursor.copy(statement) as rows:
            while chunk := b"".join(islice(rows, _ROWS_AT_ONCE)):
                # a byte that is no UTF-8, which a database without an encoding may hold, is written as \\xe9
                write(chunk.decode(errors="backslashreplace"))

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what is inside when it fails, and go on with the transaction."""
        with translated(), self._connection.begin_nested():
            yield


class Database:
    """The app's database; one connection at a time."""

    def __init__(self, connection: Connection, *, application_name: str) -> None:
        self._settings = connection
        self.connections_made = 0

        self._has_no_encoding = False

        def connect() -> psycopg.Connection[Any]:
            parameters = {
                **_LIVENESS,
                **connection.parameters,
                "application_name": application_name,
                "prepare_threshold": None,  # PgBouncer in transaction mode loses named statements
            }
            made = encoding.connect(parameters, has_no_encoding=self._has_no_encoding)
            self._has_no_encoding = encoding.is_without_encoding(made)
            self.connections_made += 1
            return made

        self._engine = sqlalchemy.create_engine(
            "postgresql+psycopg://",
            creator=connect,
            pool_size=1,
            max_overflow=0,
            use_native_hstore=False,
            hide_parameters=True,
        )
        # it would ask by a bare name, under a path that may give somebody else's function of that name
        self._engine.dialect._get_default_schema_name = lambda connection: ""  # type: ignore[method-assign]  # noqa: ARG005
        self.default_schema = connection.schema

    def close(self) -> None:
        """Close the connection."""
        self._engine.dispose()

    @contextmanager
    def transaction(
        self,
        *,
        timeouts: Timeouts,
        search_path: str | None = None,
        timezone: str = "UTC",
        read_only: bool = False,
    ) -> Iterator[Transaction]:
        """A transaction that commits at the end of the block.

        READ COMMITTED, or for reading only, one snapshot (REPEATABLE READ). Its settings are local to it,
        so that nothing stays behind on a pooled server connection. Not retried: see :func:`retrying`.

        Raises:
            Refusal, Busy, TooSlow, GuardLost, StatementError, FailedError: see :func:`translated`.
        """
        isolation = "REPEATABLE READ" if read_only else "READ COMMITTED"
        with translated(), self._connected(read_only=read_only) as plain:
            connection = plain.execution_options(isolation_level=isolation)
            # never READ WRITE: that would overrule an operator's default_transaction_read_only
            connection.connection.dbapi_connection.read_only = True if read_only else None  # type: ignore[union-attr]
            with connection.begin():
                opened = Transaction(connection)
                opened.rows(
                    fill("set_transaction", {}),
                    {
                        "lock_ms": timeouts.lock_ms,
                        "statement_ms": timeouts.statement_ms,
                        "idle_ms": timeouts.idle_ms,
                        "transaction_ms": timeouts.transaction_ms,
                        "tcp_user_ms": timeouts.tcp_user_ms,
                        "search_path": search_path,
                        "timezone": timezone,
                    },
                )
                yield opened

    @contextmanager
    def _connected(self, *, read_only: bool) -> Iterator[sqlalchemy.Connection]:
        with self._engine.connect() as connection:
            try:
                yield connection
            except (exc.DBAPIError, psycopg.Error) as error:
                cause = error.orig if isinstance(error, exc.DBAPIError) else error
                if isinstance(cause, psycopg.Error) and cause.sqlstate == _READ_ONLY and not _is_raised(cause):
                    if read_only:
                        raise _said(cause) from None  # we asked for that: what was sent writes
                    connection.invalidate()  # a failover: what takes writes is to be looked for again
                raise

    @contextmanager
    def outside_transaction(self) -> Iterator[Transaction]:
        """For CREATE INDEX CONCURRENTLY, which cannot run inside a transaction."""
        with translated(), self._engine.connect() as plain:
            yield Transaction(plain.execution_options(isolation_level="AUTOCOMMIT"))


@contextmanager
def translated() -> Iterator[None]:
    """Turn the driver's errors into ours; those worth a retry pass as they are."""
    try:
        yield
    except (exc.DBAPIError, psycopg.Error) as error:
        cause = error.orig if isinstance(error, exc.DBAPIError) else error
        ours = _translate(cause)
        if ours is None:
            raise
        raise ours from None


def _translate(cause: BaseException | None) -> Exception | None:
    if not isinstance(cause, psycopg.Error):
        return None
    state = cause.sqlstate or ""
    message = cause.diag.message_primary or type(cause).__name__
    refusal = Refusal(state, message, cause.diag.constraint_name or "", raised=_is_raised(cause))
    if refusal.raised:
        return refusal
    if _is_transient(cause):
        return None
    if not state and isinstance(cause, psycopg.OperationalError):
        return unreachable(cause)
    if _is_guard_lost(cause):
        return GuardLost()
    if state == LOCK_NOT_AVAILABLE:
        return Busy()
    if state in (QUERY_CANCELED, _TRANSACTION_TIMEOUT):
        return TooSlow()
    if state[:2] in _REFUSED_CLASSES or (state and state[:2] not in _SERVER_CLASSES):
        return refusal
    return _unsettled(cause, refusal)


def _unsettled(cause: psycopg.Error, refusal: Refusal) -> FailedError:
    state = refusal.sqlstate
    if not state or state == _READ_ONLY or state[:2] in _CLASSES_OF_THE_RUN or _is_fatal(cause):
        return _said(cause)
    if state == "42501":
        message = f"{refusal.message}: grant it to this role, or run as one that has it"
        return StatementError(message, code="privilege", refusal=refusal)
    said = _said(cause)
    return StatementError(said.message, code=said.code, refusal=refusal)


def _is_fatal(cause: psycopg.Error) -> bool:
    return cause.diag.severity_nonlocalized in ("FATAL", "PANIC")


def _is_raised(cause: psycopg.Error) -> bool:
    """Whether a trigger or a function of the app refused it."""
    return cause.diag.source_function in _RAISED_BY and not _is_fatal(cause)


def _is_guard_lost(cause: psycopg.Error) -> bool:
    """Whether it is our own statement that found no guard, and not one inside a trigger or a function of the app."""
    if cause.sqlstate not in _GUARD_LOST:
        return False
    said_by = cause.diag.source_function
    return said_by is None or (said_by in _GUARD_LOST_BY and not cause.diag.context)


def _said(cause: psycopg.Error) -> FailedError:
    message = cause.diag.message_primary or type(cause).__name__
    return FailedError(f"the database says: {message} (SQLSTATE {cause.sqlstate or 'unknown'})", code="database")


def _is_transient(error: BaseException) -> bool:
    cause = error.orig if isinstance(error, exc.DBAPIError) else error
    if not isinstance(cause, psycopg.Error):
        return False
    if _is_raised(cause):
        return False
    if cause.sqlstate == "08P01" and "statement pooling" in str(cause):  # how PgBouncer says what it will never do
        return False
    if cause.sqlstate:
        return cause.sqlstate in _RETRIED or cause.sqlstate.startswith("08")
    # no SQLSTATE: the connection itself was lost, or there was none
    return isinstance(cause, psycopg.OperationalError) and _meaning(_REFUSED_LOGINS, cause) is None


def _passing(seconds: float) -> Callable[[Exception], bool]:
    """Tells of errors whether they may pass, for so long after the first."""
    moments: list[float] = []

    def may_pass(error: Exception) -> bool:
        moments.append(time.monotonic())
        return moments[-1] - moments[0] < seconds and _is_transient(error)

    return may_pass


def _meaning(signs: Sequence[tuple[str, str]], cause: BaseException | None) -> str | None:
    text = str(cause).lower()
    return next((meaning for sign, meaning in signs if sign in text), None)


def retrying(work: Callable[[], T], *, attempts: int | None = None) -> T:
    """Do ``work``, a whole transaction, again while what stops it may pass: a minute long, or ``attempts`` times.

    The minute begins when it is stopped for the first time: before that it may have waited for long, as a commit does
    for a standby that is gone.

    Raises:
        FailedError: it did not pass in time, or the database cannot be reached.
    """
    try:
        for attempt in stamina.retry_context(
            on=_passing(RETRY_SECONDS), attempts=attempts, timeout=None, wait_initial=0.05, wait_max=5.0
        ):
            with attempt:
                return work()
    except (exc.DBAPIError, psycopg.Error) as error:
        raise unreachable(error) from None
    raise AssertionError("unreachable")


def unreachable(error: Exception) -> FailedError:
    """The error for a database that cannot be reached, without what libpq repeats of the settings."""
    cause = error.orig if isinstance(error, exc.DBAPIError) else error
    state = getattr(cause, "sqlstate", None)
    known = {"40001": "serialization failures", "40P01": "deadlocks", _READ_ONLY: "it takes no writes"}
    why = known.get(state or "") or _meaning(_REFUSED_LOGINS + _OUT_OF_REACH, cause) or type(cause).__name__
    return FailedError(
        f"the database cannot be used: {why}" + (f" (SQLSTATE {state})" if state else ""),
        code="connection",
    )
