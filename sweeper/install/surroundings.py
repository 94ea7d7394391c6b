"""The server that a command works on: its version, its clock, whether it can be written to, and the search path."""

from datetime import datetime
from typing import NamedTuple

from sweeper.core.errors import ConfigurationError, FailedError
from sweeper.postgres.database import Database
from sweeper.postgres.templates import fill, quote_name
from sweeper.postgres.timeouts import Timeouts

CATALOG_TIMEOUTS = Timeouts(statement_ms=60_000)


class Surroundings(NamedTuple):
    """The server, and how this connection resolves the bare names of the file."""

    schemas: tuple[str, ...]
    server_version: int
    standby: bool
    clock: datetime
    read_only: bool = False

    def require_writable(self) -> None:
        """Check that this server can be written to.

        Raises:
            FailedError: it is a standby, or transactions are read-only by default.
        """
        if self.standby:
            raise FailedError("this server is a standby and cannot be written to: name the primary", code="standby")
        if self.read_only:
            raise FailedError(
                "this server takes no writes: default_transaction_read_only is on, as some providers set it when a "
                "disk is nearly full",
                code="read_only",
            )

    def search_path(self, own_schema: str) -> str:
        """The path for bare names of the file, as SQL.

        Never through sweeper's own schema, where a role of that name would look first: its tables have plain names,
        such as ``runs``, that an app's tables may have. Nor through pg_catalog: where a path does not name it, it is
        searched first; behind another schema, what somebody plants there would win.
        """
        named = [name for name in self.schemas if name != own_schema and not name.startswith("pg_")]
        return ", ".join([quote_name(name) for name in named] + ["pg_temp"])


def read_surroundings(database: Database) -> Surroundings:
    """Read it from the server.

    Raises:
        ConfigurationError: it is older than Postgres 14.
    """
    with database.transaction(timeouts=CATALOG_TIMEOUTS) as transaction:
        row = transaction.row(fill("read_surroundings", {}))
    if row.server_version < 140_000:
        raise ConfigurationError("Postgres 14 or later is needed", code="server_version")
    schemas = dict.fromkeys([*database.default_schemas, *row.schemas])
    return Surroundings(tuple(schemas), row.server_version, row.standby, row.clock, row.read_only)
