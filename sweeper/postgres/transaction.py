"""One open transaction: statements sent, rows read."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

import sqlalchemy

from sweeper.postgres.scripts import statements
from sweeper.postgres.sqlstate import translated

_ROWS_AT_ONCE = 500  # fewer rows than make Python collect garbage

Row = sqlalchemy.Row[Any]


class Transaction:
    def __init__(self, connection: sqlalchemy.Connection, *, reads_only: bool = False) -> None:
        self._connection = connection
        self._reads_only = reads_only
        self._kept: sqlalchemy.NestedTransaction | None = None

    def rows(self, statement: str, binds: Mapping[str, object] | None = None) -> Sequence[Row]:
        """Send one statement and read all its rows."""
        result = self._connection.exec_driver_sql(statement, dict(binds or {}))
        return result.all() if result.returns_rows else []

    def row(self, statement: str, binds: Mapping[str, object] | None = None) -> Row:
        """Send a statement that returns exactly one row."""
        (row,) = self.rows(statement, binds)
        return row

    @property
    def client_side_pid(self) -> int:
        """The server's process id as the client got it: behind a pooler it is not the server's own."""
        return int(self._connection.connection.dbapi_connection.info.backend_pid)  # type: ignore[union-attr]

    @property
    def server_version(self) -> int:
        """The server's version, such as 180001."""
        return int(self._connection.connection.dbapi_connection.info.server_version)  # type: ignore[union-attr]

    def script(self, script: str) -> None:
        """Send statements without binds, one after the other."""
        # without parameters psycopg leaves % as it is
        cursor = self._connection.connection.cursor()
        try:
            for statement in statements(script):
                cursor.execute(statement)
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
        """Undo what the block does if it fails, and continue the transaction.

        In a transaction that only reads, one savepoint serves one block after another until a block fails: there is
        nothing else to undo, and each block spares two statements.
        """
        with translated():
            if not self._reads_only or self._connection.get_nested_transaction() is not self._kept:
                with self._connection.begin_nested():  # a block within another has its own
                    yield
                return
            kept, self._kept = self._kept or self._connection.begin_nested(), None
            try:
                yield
            except BaseException:
                kept.rollback()
                raise
            self._kept = kept

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Undo what the block does in any case, and continue the transaction: for trying something."""
        with translated(), self._connection.begin_nested() as savepoint:
            yield
            savepoint.rollback()
