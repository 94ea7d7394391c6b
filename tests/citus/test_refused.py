"""Tables that Citus has distributed in another way are refused, with the reason, before anything is changed."""

from pathlib import Path

import pytest

from tests.helpers.checks import check, items
from tests.helpers.citus import Cluster
from tests.helpers.installation import dump
from tests.helpers.paths import APPS
from tests.helpers.shards import BY_ACCOUNT

APP = (APPS / "first.sql").read_text()
TOML = (APPS / "first.toml").read_text()
BY_ID = """
SELECT create_distributed_table('prediction_sessions', 'id');
SELECT create_distributed_table('users', 'id', colocate_with => 'prediction_sessions')
"""
APART = BY_ACCOUNT.replace("colocate_with => 'users'", "colocate_with => 'none'")
LEDGER = """
[ledger]
table = "entries"
session = "session_id"
[ledger.insert]
session_id = "session_id"
user_id = "account_id"
amount = "amount"
[[reasons]]"""


def refused(cluster: Cluster, folder: Path, script: str, toml: str, named: str) -> None:
    """Install and check say why in a line, nothing is changed, and no run begins."""
    with cluster.blank(folder, script) as app:
        app.config.write_text(toml)
        before = dump(app)
        ran = app.sweeper("install", now=None)
        assert ran.exit_code == 2
        assert named in ran.stderr
        assert ran.stderr.count("\n") == 1
        assert dump(app) == before
        checked = check(app)
        assert checked.exit_code == 5
        assert named in items(checked)["mapping"]["message"]
        assert app.run("--dry-run", now=None, role=None).exit_code == 2


@pytest.mark.parametrize(
    ("script", "named"),
    [
        (APP + BY_ID, 'over several nodes by "id"'),
        (APP + "SELECT create_distributed_table('users', 'id')", "on different nodes of Citus"),
        (APP + APART, "in which all of them are distributed by the account and colocated"),
        (APP + "SELECT create_reference_table('users')", "a reference table of Citus"),
        (APP + "SELECT citus_add_local_table_to_metadata('users')", "among its own"),
    ],
)
def test_tables_that_are_not_together_are_refused(cluster: Cluster, tmp_path: Path, script: str, named: str) -> None:
    refused(cluster, tmp_path, script, TOML, named)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("[[reasons]]", LEDGER, "[ledger] is not supported on tables that Citus distributes"),
        ('"cardinality(selected_models)"', '"(SELECT count(*)::int FROM users)"', "it reads more than the row"),
        ('account    = "user_id"', 'account    = "lower(user_id)"', "where both are distributed by the account"),
    ],
)  # fmt: skip
def test_what_would_not_be_exact_is_refused(cluster: Cluster, tmp_path: Path, old: str, new: str, named: str) -> None:
    script = APP + BY_ACCOUNT + (
        "CREATE TABLE entries (session_id text, user_id text, amount int);"
        "SELECT create_distributed_table('entries', 'user_id', colocate_with => 'users')"
    )  # fmt: skip
    toml = TOML.replace(old, new, 1)
    assert toml != TOML
    refused(cluster, tmp_path, script, toml, named)


def test_balances_of_the_type_money_are_refused(cluster: Cluster, tmp_path: Path) -> None:
    script = APP + "ALTER TABLE users ALTER credits TYPE money;" + BY_ACCOUNT
    toml = "".join(line for line in TOML.splitlines(keepends=True) if not line.startswith("invariant"))
    refused(cluster, tmp_path, script, toml, "it is of type money")


def test_partitioned_tables_are_refused(cluster: Cluster, tmp_path: Path) -> None:
    partitioned = (
        "ALTER TABLE prediction_sessions RENAME TO old;"
        "CREATE TABLE prediction_sessions (LIKE old) PARTITION BY RANGE (created_at);"
        "ALTER TABLE prediction_sessions ADD PRIMARY KEY (id, user_id, created_at);"
        "CREATE TABLE one PARTITION OF prediction_sessions FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');"
        "SELECT create_distributed_table('users', 'id');"
        "SELECT create_distributed_table('prediction_sessions', 'user_id', colocate_with => 'users')"
    )
    refused(cluster, tmp_path, APP + partitioned, TOML, "it is partitioned, and Citus distributes its partitions")


def test_tables_that_are_on_the_coordinator_alone_are_ordinary(cluster: Cluster, tmp_path: Path) -> None:
    """That Citus is there changes nothing for them."""
    with cluster.blank(tmp_path, APP) as app:
        app.config.write_text(TOML)
        installed = app.sweeper("install", now=None)
        assert installed.exit_code == 0, installed.stderr
        app.account()
        app.session("failed")
        app.session("stuck", "generating", created="2026-11-20 10:00")
        ran = app.run(role=None)
        assert ran.exit_code == 0, ran.stderr
        assert app.refunds() == {"failed": 3, "stuck": 3}
