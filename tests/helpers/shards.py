"""The first app on tables that Citus has distributed by the account."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.helpers.app_database import AppDatabase
from tests.helpers.citus import Cluster
from tests.helpers.paths import APPS

ACCOUNTS = 20
BY_ACCOUNT = """
ALTER TABLE prediction_sessions DROP CONSTRAINT prediction_sessions_pkey, ADD PRIMARY KEY (id, user_id);
SELECT create_distributed_table('users', 'id');
SELECT create_distributed_table('prediction_sessions', 'user_id', colocate_with => 'users');
"""
BOOKS = """
SELECT (SELECT count(*) FROM sweeper.refunds), (SELECT coalesce(sum(amount), 0) FROM sweeper.refunds),
       (SELECT coalesce(sum(amount), 0) FROM sweeper.reversals), (SELECT sum(credits) FROM users),
       (SELECT sum(total_credits_earned - total_credits_spent) FROM users),
       (SELECT count(DISTINCT session_id) FROM sweeper.refunds)
"""


@contextmanager
def by_account(cluster: Cluster, folder: Path, *, installed: bool = True) -> Iterator[AppDatabase]:
    """The app, its accounts and their sessions on two nodes."""
    with cluster.blank(folder, (APPS / "first.sql").read_text() + BY_ACCOUNT) as app:
        app.config.write_text((APPS / "first.toml").read_text())
        if installed:
            ran = app.sweeper("install", now=None)
            assert ran.exit_code == 0, ran.stderr
        yield app


def assert_paid(app: AppDatabase, sessions: int, *, accounts: int = ACCOUNTS, others: int = 0) -> None:
    """Each of these sessions is refunded once, is over, and its credits are where they belong."""
    credits = 3 * sessions
    held = accounts * 1000 + credits + others
    assert app.sql(BOOKS) == [(sessions, credits, 0, held, held, sessions)]
    assert app.value("SELECT count(*) FROM prediction_sessions WHERE status = 'error'") == sessions
