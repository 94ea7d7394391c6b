"""The status of a session: a column of any type that has few values, or a read-only expression."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sweeper.app.catalog import INTEGER_TYPES, TEXT_TYPES, Column, Table, has_subquery, is_name, problem
from sweeper.app.reader import Reader
from sweeper.config.errors import nearest
from sweeper.config.model import SessionsSection
from sweeper.core.errors import SweeperError
from sweeper.postgres.errors import Busy, Refusal, TooSlow
from sweeper.postgres.templates import fill, fill_part, quote_text

_WHOLE_TYPES = (*INTEGER_TYPES, "boolean")
_SEEN_ROWS = 100_000
_WHAT = "must be text, an enum, an integer or a boolean"


class Status(NamedTuple):
    """How the status of a session, a row ``s``, is read.

    ``column`` is the stored column that it is, None where it is an expression; ``written`` is whether closing a
    session sets it. ``of_row`` is whether it reads only the session's own row, so that locking that row keeps it
    as it is, and a trigger sees how it changes. ``equal_as_text``: two of them are equal exactly when their texts are.
    """

    sql: str
    type: str
    column: Column | None
    written: bool
    of_row: bool
    equal_as_text: bool

    @property
    def indexed(self) -> str:
        """The argument of the function that an index calls: the column, as its base type, or the expression."""
        return f"s.{self.column.quoted}" if self.column else self.sql

    @property
    def padded(self) -> bool:
        """Whether values end with spaces that their texts do not have."""
        return self.type in ("character", "bpchar")


def read_status(reader: Reader, own: SessionsSection, sessions: Table) -> Status:
    """The status that the file maps, with every value of it that the file names.

    Raises:
        ConfigurationError: a status cannot have its type; a value is not of that type; nothing would close
            a stuck session whose status is read from other tables.
    """
    column = sessions.column(own.status)
    if column is None and is_name(own.status):
        reader.column("sessions.status", own.status, sessions)  # this error names the nearest column
    status = _of_column(own, column) if column and column.expression is None else _expression(reader, own, sessions)
    _check_values(reader, own, sessions, status)
    if not status.of_row and own.running and not own.close:
        raise problem(
            "sessions.status", own.status, "is read from other tables, and nothing in the file closes a stuck session: "
            "set what does in [sessions.close], or leave sessions.running empty",
        )  # fmt: skip
    return status


def _of_column(own: SessionsSection, column: Column) -> Status:
    if column.category not in ("E", "S") and column.base_type not in _WHOLE_TYPES:
        raise problem("sessions.status", own.status, f"{_WHAT}, and is {column.base_type}")
    names = {"status_column": column.quoted, "status_type": column.base_type}
    sql = fill_part("status", names, {"domain": column.domain})
    return Status(sql, column.base_type, column, not column.generated, True, column.equal_as_text)


def _expression(reader: Reader, own: SessionsSection, sessions: Table) -> Status:
    column = sessions.column(own.status)
    text = own.status if column is None or column.expression is None else column.expression
    found = reader.expression("sessions.status", text, sessions)
    is_text = found.type in TEXT_TYPES
    if not is_text and found.type not in _WHOLE_TYPES and not reader.labels(found.type):
        raise problem("sessions.status", own.status, f"{_WHAT}, and is {found.type}")
    sql = fill_part("status_expression", {"status": found.sql}, {"text": is_text})
    return Status(sql, "text" if is_text else found.type, None, False, not has_subquery(text), True)


def _check_values(reader: Reader, own: SessionsSection, sessions: Table, status: Status) -> None:
    named = {f"sessions.{name}": getattr(own, name) for name in ("failed", "running", "succeeded")}
    labels = reader.labels(status.type) if status.type not in (*TEXT_TYPES, *_WHOLE_TYPES) else ()
    for key, values in named.items():
        for value in values:
            if labels and value not in labels:
                what = f"is not a value of the enum {status.type}{nearest(value, labels)}"
                raise problem(key, value, what + _seen(reader, sessions, status))
    if status.type in _WHOLE_TYPES:
        _check_literals(reader, sessions, status, named)


def _check_literals(reader: Reader, sessions: Table, status: Status, named: Mapping[str, Sequence[str]]) -> None:
    """Check that integers and booleans are written as the database writes them: they are compared as text."""
    every = [value for values in named.values() for value in values]
    if _literals(reader, every, status.type) == every:
        return
    for key, values in named.items():
        for value in values:
            written = _literals(reader, [value], status.type)
            if written is None:
                raise problem(key, value, f"is not a value of the type {status.type}" + _seen(reader, sessions, status))
            if written != [value]:
                raise problem(key, value, f"must be written as the database does: {written[0]}")


def _literals(reader: Reader, statuses: Sequence[str], type_name: str) -> list[str] | None:
    """The statuses as the server writes them; None if one of them is not of the type."""
    statement = fill("read_literals", {"statuses": statuses_sql(statuses, type_name)})
    try:
        with reader.transaction.savepoint():
            return list(reader.transaction.row(statement).texts)
    except (Refusal, SweeperError):
        return None


def _seen(reader: Reader, sessions: Table, status: Status) -> str:
    """The statuses of some sessions, for an error message; nothing else here reads rows."""
    statement = fill("list_seen_statuses", {"sessions": sessions.qualified, "status": status.sql})
    try:
        with reader.transaction.savepoint():
            rows = reader.transaction.rows(statement, {"limit": _SEEN_ROWS})
    except (Refusal, SweeperError, Busy, TooSlow):
        return ""
    seen = [f"{'null' if row.status is None else row.status} ({row.sessions})" for row in rows]
    return f"; sessions have: {', '.join(seen)}" if seen else ""


def statuses_sql(statuses: Sequence[str], type_name: str) -> str:
    """Statuses of the file as an SQL array of a type."""
    listed = [{"status": quote_text(status)} for status in statuses]
    return fill_part("statuses", {"status_type": type_name}, {"statuses": listed})


def texts_sql(status: Status, statuses: Sequence[str]) -> list[str]:
    """The texts of statuses as SQL, each once, in an order that does not depend on that of the file."""
    return [quote_text(text) for text in sorted({text.rstrip(" ") if status.padded else text for text in statuses})]
