"""Roles that may log in, for one test."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from tests.helpers.app_database import AppDatabase

LAYER = "sweeper_layer"
READER = (
    "GRANT USAGE ON SCHEMA sweeper, public TO {}",
    "GRANT SELECT ON ALL TABLES IN SCHEMA sweeper, public TO {}",
    "ALTER ROLE {} SET default_transaction_read_only = on",
)


@contextmanager
def role(database: AppDatabase, *grants: str) -> Iterator[str]:
    """A role that may log in, and its connection URL."""
    name = "role_" + database.value("SELECT current_database()")
    database.sql(f"CREATE ROLE {name} LOGIN PASSWORD 'p'")
    try:
        for grant in grants:
            database.sql(grant.format(name))
        yield database.url.replace(database.url.split("//")[1].split("@")[0], f"{name}:p")
    finally:
        database.sql(f"DROP OWNED BY {name}")
        database.sql(f"DROP ROLE {name}")


def someone(database: AppDatabase) -> tuple[str, str]:
    """A role without any right of its own, for one test; its name, and how to connect as it."""
    role = f"sweeper_test_{os.getpid()}"
    database.sql(f"CREATE ROLE {role} LOGIN PASSWORD 'secret'")
    return role, database.url.replace(database.url.split("://")[1].split("@")[0], f"{role}:secret")


def drop_role(database: AppDatabase, name: str) -> None:
    """Drop a role and all that it may do."""
    database.sql(f"REASSIGN OWNED BY {name} TO CURRENT_USER; DROP OWNED BY {name}; DROP ROLE {name}")
