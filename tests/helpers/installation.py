"""What `sweeper install` makes, and how it is taken away."""

from typing import Any

from tests.helpers.app_database import AppDatabase
from tests.helpers.command import Ran

DUMP = """
SELECT 'relation', c.oid::regclass::text, c.relkind::text, c.relfilenode::text FROM pg_class AS c
WHERE c.relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
UNION ALL
SELECT 'column', a.attrelid::regclass::text, a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute AS a
JOIN pg_class AS c ON c.oid = a.attrelid
WHERE c.relnamespace::regnamespace::text !~ '^(pg_|information_schema)' AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT 'index', i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid), i.indisvalid::text FROM pg_index AS i
JOIN pg_class AS c ON c.oid = i.indexrelid
WHERE c.relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
UNION ALL
SELECT 'trigger', t.tgrelid::regclass::text, pg_get_triggerdef(t.oid), t.tgenabled::text FROM pg_trigger AS t
WHERE NOT t.tgisinternal
UNION ALL
SELECT 'function', p.oid::regprocedure::text, pg_get_functiondef(p.oid), '' FROM pg_proc AS p
WHERE p.pronamespace::regnamespace::text !~ '^(pg_|information_schema)'
UNION ALL
SELECT 'schema', n.nspname, '', '' FROM pg_namespace AS n WHERE n.nspname !~ '^pg_(toast_)?temp'
UNION ALL
SELECT 'constraint', c.conrelid::regclass::text, pg_get_constraintdef(c.oid), c.convalidated::text
FROM pg_constraint AS c WHERE c.conrelid <> 0
ORDER BY 1, 2, 3, 4
"""
LEDGER = 'app."CreditTransaction"'


def dump(database: AppDatabase) -> list[tuple[Any, ...]]:
    """Everything in the database but rows; relfilenode shows an index that was built again."""
    return database.sql(DUMP)


def shape(database: AppDatabase) -> list[tuple[Any, ...]]:
    """The same without what differs between two equal databases."""
    return [row[:3] for row in dump(database)]


def indexes(database: AppDatabase, table: str) -> dict[str, str]:
    """Sweeper's indexes on a table of the app, by name."""
    return dict(
        database.sql(
            "SELECT c.relname, pg_get_indexdef(c.oid) FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid "
            "WHERE i.indrelid = %s::regclass AND c.relname LIKE 'sweeper%%' ORDER BY 1",
            table,
        )
    )


def install(database: AppDatabase, *flags: str, **environment: str) -> Ran:
    """``sweeper install``, by the real clock."""
    return database.sweeper("install", *flags, now=None, **environment)


def installed(database: AppDatabase, *flags: str) -> Ran:
    """The same, without an error."""
    ran = install(database, *flags)
    assert ran.exit_code == 0, ran.stderr
    return ran


def refused(database: AppDatabase, *parts: str, exit_code: int = 2) -> str:
    """The message of an installation that must change nothing."""
    before = dump(database)
    ran = install(database)
    assert ran.exit_code == exit_code, ran.stdout + ran.stderr
    assert dump(database) == before
    for part in parts:
        assert part in ran.stderr
    return ran.stderr


def uninstall(database: AppDatabase) -> None:
    """Take an installation away, as docs/operations.md says."""
    database.sql("DROP SCHEMA sweeper CASCADE")
    for (name,) in database.sql("SELECT oid::regclass::text FROM pg_class WHERE relname LIKE 'sweeper%'"):
        database.sql(f"DROP INDEX {name}")


def printed(database: AppDatabase) -> str:
    """The SQL, written without touching anything."""
    before = dump(database)
    ran = install(database, "--print")
    assert ran.exit_code == 0, ran.stderr
    assert dump(database) == before
    return ran.stdout
