"""Tables that Citus has distributed are refused, with the reason, before anything is changed."""

from pathlib import Path

import pytest

from tests.helpers.checks import check, items
from tests.helpers.citus import Cluster
from tests.helpers.installation import dump
from tests.helpers.paths import APPS

APP = (APPS / "first.sql").read_text()
BY_ACCOUNT = """
ALTER TABLE prediction_sessions DROP CONSTRAINT prediction_sessions_pkey, ADD PRIMARY KEY (id, user_id);
SELECT create_distributed_table('users', 'id');
SELECT create_distributed_table('prediction_sessions', 'user_id', colocate_with => 'users');
"""


@pytest.mark.parametrize(
    ("script", "named"),
    [
        (APP + BY_ACCOUNT, 'over several nodes by "user_id"'),
        (APP + "SELECT create_distributed_table('users', 'id')", 'over several nodes by "id"'),
        (APP + "SELECT create_reference_table('users')", "a reference table of Citus"),
        (APP + "SELECT citus_add_local_table_to_metadata('users')", "among its own"),
    ],
)
def test_distributed_tables_are_refused(cluster: Cluster, tmp_path: Path, script: str, named: str) -> None:
    with cluster.blank(tmp_path, script) as app:
        app.config.write_text((APPS / "first.toml").read_text())
        before = dump(app)
        ran = app.sweeper("install", now=None)
        assert ran.exit_code == 2
        assert "is not supported: " in ran.stderr
        assert named in ran.stderr
        assert ran.stderr.count("\n") == 1
        assert dump(app) == before
        checked = check(app)
        assert checked.exit_code == 5
        assert named in items(checked)["mapping"]["message"]


def test_tables_that_are_on_the_coordinator_alone_are_ordinary(cluster: Cluster, tmp_path: Path) -> None:
    """That Citus is there changes nothing for them."""
    with cluster.blank(tmp_path, APP) as app:
        app.config.write_text((APPS / "first.toml").read_text())
        installed = app.sweeper("install", now=None)
        assert installed.exit_code == 0, installed.stderr
        app.account()
        app.session("failed")
        app.session("stuck", "generating", created="2026-11-20 10:00")
        ran = app.run(role=None)
        assert ran.exit_code == 0, ran.stderr
        assert app.refunds() == {"failed": 3, "stuck": 3}
