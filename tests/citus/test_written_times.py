"""Times that a refund writes to a session: Citus takes no cast that depends on a setting where it writes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.citus import Cluster
from tests.helpers.shards import by_account
from tests.helpers.tenants import tenant

MARKS = '[sessions.refunded]\nrefunded_at = "at"\nrefunded_on = "at"\nbegan_at = "s.created_at"\n\n[accounts]'
# the sessions whose times are right by the zone of the file
RIGHT = """
WITH here AS (SELECT now() AT TIME ZONE 'Asia/Kathmandu' AS now)
SELECT id
FROM prediction_sessions, here
WHERE refunded_at BETWEEN here.now - interval '10 minutes' AND here.now
  AND refunded_on = refunded_at::date
  AND began_at = created_at AT TIME ZONE 'Asia/Kathmandu'
ORDER BY id
"""


@pytest.fixture(params=[by_account, tenant])
def app(request: pytest.FixtureRequest, cluster: Cluster, tmp_path: Path) -> Iterator[AppDatabase]:
    with request.param(cluster, tmp_path) as database:
        database.sql(
            "ALTER TABLE prediction_sessions ADD refunded_at timestamp, ADD refunded_on date, ADD began_at timestamptz"
        )
        database.configure("[accounts]", MARKS)
        database.configure("[sessions.close]", 'timezone = "Asia/Kathmandu"\n[sessions.close]')
        installed = database.sweeper("install", now=None)
        assert installed.exit_code == 0, installed.stderr
        database.account()
        database.session("failed", created="2026-11-20 10:00")
        database.session("stuck", "generating", created="2026-11-20 10:00")
        yield database


def test_a_run_writes_them_in_the_zone_of_the_file(app: AppDatabase) -> None:
    ran = app.run(now=None, role=None)
    assert (ran.exit_code, ran.document["refunds"]["sessions"]) == (0, 2), ran.stderr
    assert app.sql(RIGHT) == [("failed",), ("stuck",)]


def test_the_refund_function_does_too(app: AppDatabase) -> None:
    schema = app.value("SELECT relnamespace::regnamespace FROM pg_class WHERE relname = 'refunds' AND relkind = 'r'")
    for session in ("failed", "stuck"):
        assert app.value(f"SELECT {schema}.refund(%s, 'worker_failure')", session) == 3
    assert app.sql(RIGHT) == [("failed",), ("stuck",)]
