"""The first app in a schema that Citus keeps on a node of its own."""

from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from tests.helpers import sharded
from tests.helpers.app_database import AppDatabase
from tests.helpers.citus import Cluster
from tests.helpers.paths import APPS

TENANT = f"""
SET citus.enable_schema_based_sharding = on;
CREATE SCHEMA tenant;
SET search_path = tenant, public;
{(APPS / "first.sql").read_text()}
"""
assert_paid = partial(sharded.assert_paid, schema="tenant")


def tenant(cluster: Cluster, folder: Path, *, installed: bool = True) -> AbstractContextManager[AppDatabase]:
    """The app, with sweeper's tables in the tenant's schema."""
    toml = '[database]\nschema = "tenant"\n' + (APPS / "first.toml").read_text()
    return sharded.distributed(cluster, folder, TENANT, toml, installed=installed)
