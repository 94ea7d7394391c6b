"""A table whose owner notices each reader: the planner evaluates its index with the reader's rights."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from tests.helpers.app_database import AppDatabase

# an immutable function may call another; a cast of a type to text is one more way, which needs no index
TRAPS = """
CREATE FUNCTION trap.spring() RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
    IF current_user <> '{owner}' THEN
        PERFORM pg_notify('sprung', current_user);
    END IF;
    RETURN 1;
END $$;
CREATE FUNCTION trap.simplified(integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN trap.spring();
END $$;
CREATE TYPE trap.kind AS ENUM ('refund', 'failed', 'running', 'done');
CREATE FUNCTION trap.as_text(trap.kind) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM trap.spring();
    RETURN enum_out($1);
END $$;
CREATE CAST (trap.kind AS text) WITH FUNCTION trap.as_text(trap.kind) AS IMPLICIT;
"""


@contextmanager
def trapped(database: AppDatabase, owner: str, tables: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """Make ``tables`` in a schema of their own, `trap`; the connection is told of each role that reads them."""
    database.sql(f"CREATE SCHEMA trap AUTHORIZATION {owner}; GRANT USAGE ON SCHEMA trap TO PUBLIC")
    database.sql(
        f"SET ROLE {owner}; {TRAPS.format(owner=owner)}; {tables}; "
        "GRANT SELECT ON ALL TABLES IN SCHEMA trap TO PUBLIC; GRANT USAGE ON TYPE trap.kind TO PUBLIC; RESET ROLE"
    )
    with psycopg.connect(database.url, autocommit=True) as listening:
        listening.execute("LISTEN sprung")
        yield listening


def sprung(listening: psycopg.Connection[tuple[object, ...]]) -> set[str]:
    """The roles whose rights the owner of the tables has had since this was asked before."""
    return {heard.payload for heard in listening.notifies(timeout=0.2)}
