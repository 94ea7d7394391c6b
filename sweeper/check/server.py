"""The server: reachable, a primary, new enough, its clock and ours, a pooler in the way."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sweeper.check.context import reading
from sweeper.check.result import Check, failure, ok
from sweeper.postgres.clocks import describe_skew, skew_seconds
from sweeper.postgres.database import Database
from sweeper.postgres.templates import fill
from sweeper.postgres.transaction import Row


def read_server(database: Database) -> tuple[Row, bool]:
    """What the server reports about itself, and whether a pooler is in between.

    Raises:
        FailedError: it cannot be reached.
    """
    with reading(database) as transaction:
        row = transaction.row(fill("read_server", {}))
        # a pooler gives the client a process id of its own
        return row, transaction.client_side_pid != row.backend_pid


def check_server(
    server: Row, *, pooled: bool, as_of: datetime, asked_at: float, max_clock_skew: timedelta
) -> Iterator[Check]:
    yield ok(f"connected as {server.role}", "connection")
    if server.server_version < 140_000:
        yield failure(f"Postgres {server.version}: 14 or later is needed", "update the server", "version")
    else:
        yield ok(f"Postgres {server.version}", "version")
    if server.standby:
        yield failure(
            "this server is a standby: a dry run works here, a run does not",
            "name the primary in SWEEPER_DATABASE_URL",
            "primary",
        )
    elif server.read_only_by_default:
        yield failure(
            "transactions of this role are read-only by default (default_transaction_read_only)",
            f"ALTER ROLE {server.role_as_sql} RESET default_transaction_read_only",
            "primary",
        )
    elif server.without_triggers:
        yield failure(
            "session_replication_role is replica: no trigger would fire, and a run refuses to pay without",
            f"ALTER ROLE {server.role_as_sql} RESET session_replication_role",
            "primary",
        )
    else:
        yield ok("this server can be written to", "primary")
    yield _clock(server.clock, as_of, asked_at, max_clock_skew)
    yield ok(
        "there is a pooler in between: its transaction mode is fine, its statement mode is not"
        if pooled
        else "connected directly, or through a pooler that cannot be detected",
        "pooler",
    )


def _clock(theirs: datetime, as_of: datetime, asked_at: float, limit: timedelta) -> Check:
    skew = skew_seconds(theirs, as_of, asked_at)
    message = describe_skew(skew)
    if abs(skew) > limit.total_seconds():
        return failure(
            f"{message}, more than max_clock_skew = {limit.total_seconds():g} s",
            "set both clocks by NTP (timedatectl set-ntp true)",
            "clock",
        )
    return ok(message, "clock")
