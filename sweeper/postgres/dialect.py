"""What SQLAlchemy needs to know about Postgres if every statement is sent as it is written."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import psycopg
import sqlalchemy
from sqlalchemy.dialects import registry
from sqlalchemy.engine import default
from sqlalchemy.engine.interfaces import IsolationLevel

NAME = "sweeper"
_LEVELS = {
    "READ COMMITTED": psycopg.IsolationLevel.READ_COMMITTED,
    "REPEATABLE READ": psycopg.IsolationLevel.REPEATABLE_READ,
}
_WITHOUT_A_TRANSACTION: IsolationLevel = "AUTOCOMMIT"


class Dialect(default.DefaultDialect):
    """Transactions, savepoints and rows, over psycopg.

    SQLAlchemy's own also writes SQL and knows each type of Postgres. It takes as long to import as a run that finds
    nothing spends on the server, and asks a new connection four questions, by bare names under whatever path that has.
    """

    name = "postgresql"
    driver = "psycopg"
    default_paramstyle = "pyformat"
    supports_statement_cache = True
    # each transaction sets its own
    default_isolation_level: IsolationLevel = "READ COMMITTED"

    def __init__(self, greet: Callable[[sqlalchemy.Connection], tuple[int, ...]], **more: Any) -> None:
        super().__init__(**more)
        self._greet = greet

    @classmethod
    def import_dbapi(cls) -> ModuleType:
        return psycopg

    def initialize(self, connection: sqlalchemy.Connection) -> None:
        """Read on the first connection what server it has reached."""
        self.server_version_info = self._greet(connection)

    def get_isolation_level_values(self, dbapi_conn: Any) -> tuple[IsolationLevel, ...]:  # noqa: ARG002 - SQLAlchemy's
        return "READ COMMITTED", "REPEATABLE READ", _WITHOUT_A_TRANSACTION

    def set_isolation_level(self, dbapi_connection: Any, level: IsolationLevel) -> None:
        dbapi_connection.autocommit = level == _WITHOUT_A_TRANSACTION
        dbapi_connection.isolation_level = _LEVELS.get(level)

    def is_disconnect(self, e: Exception, connection: Any, cursor: Any) -> bool:  # noqa: ARG002 - SQLAlchemy's
        return isinstance(e, psycopg.Error) and connection is not None and (connection.closed or connection.broken)


registry.register(NAME, __name__, "Dialect")
