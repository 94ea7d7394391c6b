"""Text of a database without an encoding (SQL_ASCII): its bytes are left as they are, whatever they mean.

Bytes that are not UTF-8 become lone surrogates in Python (``surrogateescape``), and the same bytes on the way back: an
id like that is an id like any other.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Dumper, Loader

ENCODING, ERRORS = "utf-8", "surrogateescape"
_TEXT_TYPES = ("text", "varchar", "bpchar", "name", '"char"')
# the driver's default for types that it does not know, such as an enum of the app
_ANY_OTHER_TYPE = 0


class _TextLoader(Loader):
    def load(self, data: Buffer) -> str:
        return bytes(data).decode(ENCODING, ERRORS)


class _JsonLoader(Loader):
    def load(self, data: Buffer) -> Any:
        return json.loads(bytes(data).decode(ENCODING, ERRORS))


class _TextDumper(Dumper):
    def dump(self, obj: str) -> Buffer:
        if "\x00" in obj:
            raise psycopg.DataError("text in Postgres cannot contain a NUL")
        return obj.encode(ENCODING, ERRORS)


class _Cursor(psycopg.Cursor[Any]):
    """Sends statements as bytes: the driver itself treats SQL_ASCII as seven bits."""

    def execute(self, query: Any, *arguments: Any, **options: Any) -> "_Cursor":
        return super().execute(_as_bytes(query), *arguments, **options)

    @contextmanager
    def copy(self, statement: Any, *arguments: Any, **options: Any) -> Iterator[psycopg.Copy]:
        with super().copy(_as_bytes(statement), *arguments, **options) as copy:
            yield copy


def _as_bytes(query: Any) -> Any:
    return query.encode(ENCODING, ERRORS) if isinstance(query, str) else query


def connect(parameters: dict[str, Any], *, has_no_encoding: bool) -> psycopg.Connection[Any]:
    """Open a connection; ``has_no_encoding``: this database is known to be SQL_ASCII.

    Raises:
        psycopg.Error: no connection can be opened.
    """
    # whatever PGCLIENTENCODING or the database says: ids may contain any letter
    if not has_no_encoding:
        made = psycopg.connect(**parameters, client_encoding="utf8")
        if not is_without_encoding(made):
            return made
        made.close()  # the encoding must be set at the start of a session, because a pooler does not keep a SET
    made = psycopg.connect(**parameters, client_encoding="SQL_ASCII")
    made.cursor_factory = _Cursor
    for name in _TEXT_TYPES:
        made.adapters.register_loader(name, _TextLoader)
    made.adapters.register_loader(_ANY_OTHER_TYPE, _TextLoader)
    for name in ("json", "jsonb"):
        made.adapters.register_loader(name, _JsonLoader)
    made.adapters.register_dumper(str, _TextDumper)
    return made


def is_without_encoding(connection: psycopg.Connection[Any]) -> bool:
    """Whether the database behind a connection is SQL_ASCII."""
    return connection.info.parameter_status("server_encoding") == "SQL_ASCII"
