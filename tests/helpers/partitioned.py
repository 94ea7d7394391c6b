"""The first app with its sessions in partitions."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.helpers.app_database import AppDatabase
from tests.helpers.installation import installed
from tests.helpers.server import Server

# 2026 by month, what is older, and the rest
BY_MONTH = """
    CREATE TABLE sessions_old PARTITION OF prediction_sessions FOR VALUES FROM (MINVALUE) TO ('2026-01-01');
    CREATE TABLE sessions_rest PARTITION OF prediction_sessions DEFAULT;
    DO $$
    BEGIN
        FOR month IN 0 .. 11 LOOP
            EXECUTE format(
                'CREATE TABLE sessions_%s PARTITION OF prediction_sessions FOR VALUES FROM (%L) TO (%L)',
                month + 1,
                timestamp '2026-01-01' + make_interval(months => month),
                timestamp '2026-01-01' + make_interval(months => month + 1)
            );
        END LOOP;
    END
    $$
"""


def partition(
    database: AppDatabase,
    by: str = "RANGE (created_at)",
    partitions: str = BY_MONTH,
    key: str | None = "PRIMARY KEY (id, created_at)",
    *,
    with_sweeper: bool = True,
) -> None:
    """Give the first app an empty table of sessions in partitions, and install sweeper over it."""
    database.sql("DROP TABLE prediction_sessions")
    database.sql(
        "CREATE TABLE prediction_sessions (id text NOT NULL, user_id text, status session_status, step text, "
        f"selected_models text[], error text, created_at timestamp, completed_at timestamp{f', {key}' if key else ''}) "
        f"PARTITION BY {by}"
    )
    for statement in [partitions] if "DO $$" in partitions else partitions.split(";"):
        if statement.strip():
            database.sql(statement)
    if with_sweeper:
        installed(database)


@contextmanager
def by_month(server: Server, folder: Path) -> Iterator[AppDatabase]:
    """The first app by month, with two accounts."""

    @contextmanager
    def divide() -> Iterator[AppDatabase]:
        with server.app("first", folder, installed=False) as bare:
            partition(bare)
            for account in ("u1", "u2"):
                bare.account(account)
            yield bare

    with server.prepared("first_by_month", folder, divide) as database:
        yield database
