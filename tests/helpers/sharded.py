"""The first app on a cluster of Citus, however its tables are distributed there."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.helpers.app_database import AppDatabase
from tests.helpers.citus import Cluster

ACCOUNTS = 20
BOOKS = """
SELECT (SELECT count(*) FROM {0}.refunds), (SELECT coalesce(sum(amount), 0) FROM {0}.refunds),
       (SELECT coalesce(sum(amount), 0) FROM {0}.reversals), (SELECT sum(credits) FROM users),
       (SELECT sum(total_credits_earned - total_credits_spent) FROM users),
       (SELECT count(DISTINCT session_id) FROM {0}.refunds)
"""


@contextmanager
def distributed(cluster: Cluster, folder: Path, script: str, toml: str, *, installed: bool) -> Iterator[AppDatabase]:
    """A database on all nodes, filled by a script, with its mapping file."""
    with cluster.blank(folder, script) as app:
        app.config.write_text(toml)
        if installed:
            ran = app.sweeper("install", now=None)
            assert ran.exit_code == 0, ran.stderr
        yield app


def assert_paid(app: AppDatabase, sessions: int, *, schema: str, others: int = 0) -> None:
    """Each of these sessions is refunded once, is over, and its credits are where they belong."""
    credits = 3 * sessions
    held = ACCOUNTS * 1000 + credits + others
    assert app.sql(BOOKS.format(schema)) == [(sessions, credits, 0, held, held, sessions)]
    assert app.value("SELECT count(*) FROM prediction_sessions WHERE status = 'error'") == sessions
