"""The first app on tables that Citus has distributed by the account."""

from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from tests.helpers import sharded
from tests.helpers.app_database import AppDatabase
from tests.helpers.citus import Cluster
from tests.helpers.paths import APPS

BY_ACCOUNT = """
ALTER TABLE prediction_sessions DROP CONSTRAINT prediction_sessions_pkey, ADD PRIMARY KEY (id, user_id);
SELECT create_distributed_table('users', 'id');
SELECT create_distributed_table('prediction_sessions', 'user_id', colocate_with => 'users');
"""
assert_paid = partial(sharded.assert_paid, schema="sweeper")


def by_account(cluster: Cluster, folder: Path, *, installed: bool = True) -> AbstractContextManager[AppDatabase]:
    """The app, its accounts and their sessions on two nodes."""
    script, toml = (APPS / "first.sql").read_text() + BY_ACCOUNT, (APPS / "first.toml").read_text()
    return sharded.distributed(cluster, folder, script, toml, installed=installed)
