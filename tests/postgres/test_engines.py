"""Servers that speak Postgres's protocol and are none: said in one line, before anything is changed."""

import pytest

from sweeper.core.errors import ConfigurationError
from sweeper.postgres.other_engines import postgres_version
from tests.helpers.app_database import AppDatabase
from tests.helpers.checks import check, items, not_ok
from tests.helpers.installation import dump

COCKROACH = "CockroachDB CCL v24.1.0 (x86_64-pc-linux-gnu, built 2024/05/15 21:28:29, go1.22.2)"
POSTGRES = "PostgreSQL 18.0 on x86_64-pc-linux-gnu, compiled by gcc, 64-bit"


def pretend(database: AppDatabase, version: str) -> None:
    """Let this database call itself something else."""
    database.sql(
        "CREATE OR REPLACE FUNCTION pg_catalog.version() RETURNS text LANGUAGE sql STABLE "
        f"AS $version$ SELECT '{version}'::pg_catalog.text $version$"
    )


def test_cockroach_is_named_by_check_and_install(bare: AppDatabase) -> None:
    pretend(bare, COCKROACH)
    before = dump(bare)
    ran = bare.sweeper("install", now=None)
    assert ran.exit_code == 2
    assert ran.stderr.count("CockroachDB is not supported: its SKIP LOCKED") == 1
    assert dump(bare) == before
    checked = check(bare)
    assert (checked.exit_code, not_ok(checked)) == (5, {"version": "failure"})
    assert "CockroachDB is not supported" in items(checked)["version"]["message"]


@pytest.mark.parametrize(
    ("version", "host", "named"),
    [
        (POSTGRES, "abc.dsql.us-east-1.on.aws", "Aurora DSQL"),
        ("PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC, Redshift 1.0.12103", "", "Redshift"),
        ("Some Database 1.0", "", "not Postgres"),
        ("PostgreSQL 12.12 (Greenplum Database 7.1.0 build commit:0) on x86_64", "", "Greenplum"),
    ],
)
def test_others_are_named_by_version_or_endpoint(version: str, host: str, named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        postgres_version(version, host)
    assert postgres_version(POSTGRES, "dsql.example.org") == (18,)
