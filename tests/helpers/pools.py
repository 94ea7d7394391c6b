"""The first app with free and paid credits, and sessions that know what came from which."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.helpers.app_database import AppDatabase
from tests.helpers.server import Server

POOLS = """
    ALTER TABLE users ADD free int NOT NULL DEFAULT 0 CHECK (free >= 0), ADD closed_at timestamptz;
    ALTER TABLE prediction_sessions ADD from_free int NOT NULL DEFAULT 0, ADD from_paid int;
"""
OLD = """balance    = "credits"
spent      = "total_credits_spent"
updated_at = "updated_at"
invariant  = "credits = total_credits_earned - total_credits_spent"
"""
NEW = """balance = "credits + free"
updated_at = "updated_at"
[accounts.add]
free = "s.from_free"
credits = "s.from_paid"
"""


@contextmanager
def with_pools(server: Server, folder: Path) -> Iterator[AppDatabase]:
    """That app, installed, with two accounts of 10 paid credits."""

    @contextmanager
    def divide() -> Iterator[AppDatabase]:
        with server.app("first", folder) as first:
            first.sql(POOLS)
            first.configure(OLD, NEW)
            first.configure('"cardinality(selected_models)"', '"from_free + from_paid"')
            assert first.sweeper("install").exit_code == 0
            first.account("u1", credits=10)
            first.account("u2", credits=10)
            yield first

    with server.prepared("first_pools", folder, divide) as database:
        yield database


def paid_for(app: AppDatabase, session_id: str, free: object, paid: object, account: str = "u1") -> None:
    """A failed session for which so much was taken from each pool."""
    app.session(session_id, account=account)
    app.sql("UPDATE prediction_sessions SET from_free = %s, from_paid = %s WHERE id = %s", free, paid, session_id)


def pools_of(app: AppDatabase) -> list[tuple[object, ...]]:
    """Each account with its free and its paid credits."""
    return app.sql("SELECT id, free, credits FROM users ORDER BY id")


def held(app: AppDatabase) -> list[tuple[object, ...]]:
    """Each session on hold, and why."""
    return app.sql("SELECT session_id, why FROM sweeper.holds WHERE ended_at IS NULL ORDER BY session_id")
