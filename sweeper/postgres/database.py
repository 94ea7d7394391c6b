"""The connection to the app's database, and the transactions on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import sqlalchemy
from sqlalchemy import exc

from sweeper.core.errors import ConfigurationError
from sweeper.postgres import dialect, encoding
from sweeper.postgres.connection import Connection
from sweeper.postgres.errors import WithoutTriggers
from sweeper.postgres.login import with_sqlstate
from sweeper.postgres.moments import read_any_moment
from sweeper.postgres.other_engines import postgres_version
from sweeper.postgres.sqlstate import READ_ONLY, driver_error, failed_by, is_out_of_step, is_raised, translated
from sweeper.postgres.templates import fill, fill_script
from sweeper.postgres.timeouts import Timeouts
from sweeper.postgres.transaction import Transaction
from sweeper.postgres.wrong_settings import wrong_setting

# A server whose machine has failed sends nothing at all. The connection is dropped after half a minute; the kernel's
# default is two hours. The URL's own parameters take precedence.
_LIVENESS = {
    "connect_timeout": "10",
    "keepalives_idle": "15",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}

_INVALID_VALUE = "22023"


class Database:
    """The app's database; one connection at a time."""

    def __init__(self, connection: Connection, *, application_name: str) -> None:
        self._settings = connection
        self.connections_made = 0

        self._has_no_encoding = False
        self._has_nodes = False

        def connect() -> psycopg.Connection[Any]:
            parameters = {
                **_LIVENESS,
                **connection.parameters,
                "application_name": application_name,
                "prepare_threshold": None,  # PgBouncer in transaction mode loses named statements
            }
            try:
                made = encoding.connect(parameters, has_no_encoding=self._has_no_encoding)
            except (psycopg.OperationalError, psycopg.ProgrammingError) as error:
                if wrong := wrong_setting(error):
                    raise wrong from None
                raise with_sqlstate(error, {**_LIVENESS, **connection.parameters}) from None
            self._has_no_encoding = encoding.is_without_encoding(made)
            read_any_moment(made)
            self.connections_made += 1
            return made

        self._engine = sqlalchemy.create_engine(
            f"{dialect.NAME}://",
            creator=connect,
            # before any transaction: another engine rejects its settings with an error of its own
            greet=self._read_version,
            pool_size=1,
            max_overflow=0,
            hide_parameters=True,
        )
        self.default_schemas = connection.schemas

    def _read_version(self, connection: sqlalchemy.Connection) -> tuple[int, ...]:
        said, self._has_nodes = connection.exec_driver_sql(fill("read_version", {})).one()
        return postgres_version(str(said), self._settings.parameters.get("host", ""))

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def transaction(
        self,
        *,
        timeouts: Timeouts,
        search_path: str | None = None,
        timezone: str = "UTC",
        read_only: bool = False,
        one_snapshot: bool = False,
    ) -> Iterator[Transaction]:
        """A transaction that commits at the end of the block.

        READ COMMITTED, or for reading only, and where asked for, one snapshot (REPEATABLE READ). Its settings are local
        to it, so that nothing stays behind on a pooled server connection. Not retried: see ``retrying``.

        Raises:
            Refusal, Busy, TooSlow, GuardLost, StatementError, FailedError: see ``translated``.
        """
        isolation = "REPEATABLE READ" if read_only or one_snapshot else "READ COMMITTED"
        with translated(), self._connected(read_only=read_only) as plain:
            connection = plain.execution_options(isolation_level=isolation)
            # never READ WRITE: that would overrule an operator's default_transaction_read_only
            connection.connection.dbapi_connection.read_only = True if read_only else None  # type: ignore[union-attr]
            with connection.begin():
                opened = Transaction(connection, reads_only=read_only)
                binds = {**timeouts._asdict(), "search_path": search_path, "timezone": timezone}
                with _known_zone(timezone):
                    found = opened.row(fill("set_transaction", {}), binds)
                if found.replication_role == "replica" and not read_only:
                    raise WithoutTriggers
                if self._has_nodes:
                    opened.script(fill_script("set_on_nodes", {}))
                yield opened

    @contextmanager
    def _connected(self, *, read_only: bool) -> Iterator[sqlalchemy.Connection]:
        with self._engine.connect() as connection:
            try:
                yield connection
            except (exc.DBAPIError, psycopg.Error) as error:
                cause = driver_error(error)
                if is_out_of_step(cause):
                    connection.invalidate()
                elif isinstance(cause, psycopg.Error) and cause.sqlstate == READ_ONLY and not is_raised(cause):
                    if read_only:
                        raise failed_by(cause) from None  # we asked for read-only: the statement writes
                    connection.invalidate()  # a failover: connect again, to the server that takes writes
                raise

    @contextmanager
    def outside_transaction(self) -> Iterator[Transaction]:
        """For CREATE INDEX CONCURRENTLY, which cannot run inside a transaction."""
        with translated(), self._engine.connect() as plain:
            yield Transaction(plain.execution_options(isolation_level="AUTOCOMMIT"))


@contextmanager
def _known_zone(timezone: str) -> Iterator[None]:
    """For setting what a transaction needs, of which the file chooses the zone alone; servers know different ones."""
    try:
        yield
    except exc.DBAPIError as error:
        if timezone != "UTC" and getattr(error.orig, "sqlstate", None) == _INVALID_VALUE:
            message = f"sessions.timezone = {timezone!r}: this server does not know that time zone"
            raise ConfigurationError(message, code="mapping") from None
        raise
