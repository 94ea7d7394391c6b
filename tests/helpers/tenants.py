"""The first app in a schema that Citus keeps on a node of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.helpers.app_database import AppDatabase
from tests.helpers.citus import Cluster
from tests.helpers.paths import APPS

ACCOUNTS = 20
TENANT = f"""
SET citus.enable_schema_based_sharding = on;
CREATE SCHEMA tenant;
SET search_path = tenant, public;
{(APPS / "first.sql").read_text()}
"""
BOOKS = """
SELECT (SELECT count(*) FROM tenant.refunds), (SELECT coalesce(sum(amount), 0) FROM tenant.refunds),
       (SELECT coalesce(sum(amount), 0) FROM tenant.reversals), (SELECT sum(credits) FROM tenant.users),
       (SELECT sum(total_credits_earned - total_credits_spent) FROM tenant.users),
       (SELECT count(DISTINCT session_id) FROM tenant.refunds)
"""


@contextmanager
def tenant(cluster: Cluster, folder: Path, *, installed: bool = True) -> Iterator[AppDatabase]:
    """The app, with sweeper's tables in the tenant's schema."""
    with cluster.blank(folder, TENANT) as app:
        app.config.write_text('[database]\nschema = "tenant"\n' + (APPS / "first.toml").read_text())
        if installed:
            ran = app.sweeper("install", now=None)
            assert ran.exit_code == 0, ran.stderr
        yield app


def assert_paid(app: AppDatabase, sessions: int, *, others: int = 0) -> None:
    """Each of these sessions is refunded once, is over, and its credits are where they belong."""
    credits = 3 * sessions
    held = ACCOUNTS * 1000 + credits + others
    assert app.sql(BOOKS) == [(sessions, credits, 0, held, held, sessions)]
    assert app.value("SELECT count(*) FROM prediction_sessions WHERE status = 'error'") == sessions
