"""``sweeper install``: what it adds, that it can be repeated, and that a mistake leaves nothing behind."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from sweeper.config.parsing import load
from sweeper.core.results import InstallResult
from sweeper.install import installer
from sweeper.postgres.connection import from_url
from sweeper.postgres.database import Database
from tests.helpers.app_database import AppDatabase
from tests.helpers.installation import dump, indexes, install, installed, refused, shape, uninstall
from tests.helpers.prisma_app import prisma_job

pytestmark = pytest.mark.every_version

INSTALLED = [
    "Installed: the mapping is the one in the file.",
    "Note: refund() runs with the rights of a superuser, its owner: `sweeper install --print` ends with a role of its "
    "own for it.",
]


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
            if "MERGE" in statement and first.connection.info.server_version < 150000:
                continue  # which 14 does not have
            with pytest.raises(psycopg.errors.RestrictViolation, match=f"{table} is append-only"):
                first.sql(statement)
        assert first.value(f"SELECT amount FROM sweeper.{table}") == 3


def test_a_refund_can_be_reversed_once(first: AppDatabase) -> None:
    first.sql("INSERT INTO sweeper.refunds VALUES (gen_random_uuid(), 's', 'u', 0, 0, 3, 'r', '', 'l', NULL, now())")
    reverse = "INSERT INTO sweeper.reversals SELECT gen_random_uuid(), refund_id, 3, '', '', now() FROM sweeper.refunds"
    first.sql(reverse)
    with pytest.raises(psycopg.errors.UniqueViolation):
        first.sql(reverse)


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
    first.sql("ALTER TABLE sweeper.refunds DROP CONSTRAINT refunds_session_id_attempt_again_key")
    first.session("failed")
    ran = first.run()
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "guard_missing")
    assert first.refunds() == {}
    assert "created unique index" in installed(first).stdout
    assert first.run().document["refunds"]["credits"] == 3


def test_a_dropped_guard_of_sweepers_own_is_missed_beside_a_mapped_ledger(prisma: AppDatabase) -> None:
    prisma_job(prisma)
    prisma.sql("ALTER TABLE sweeper.refunds DROP CONSTRAINT refunds_session_id_attempt_again_key")
    ran = prisma.run()
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "guard_missing")


def test_two_mappings_live_in_two_schemas_of_one_database(first: AppDatabase, tmp_path: Path) -> None:
    first.account()
    first.session("failed")
    first.sql("CREATE TABLE exports (LIKE prediction_sessions INCLUDING ALL)")
    other = tmp_path / "other.toml"
    exports = first.config.read_text().replace('"prediction_sessions"', '"exports"')
    other.write_text(exports + "\n[database]\nschema = 'other'\n")
    assert install(first, "--config", str(other)).exit_code == 0
    assert [len(indexes(first, table)) for table in ("prediction_sessions", "exports")] == [1, 1]
    # a change of one leaves the other's index alone, and its mapping
    other.write_text(other.read_text().replace('"initializing", ', ""))
    assert "dropped an index" in install(first, "--config", str(other)).stdout
    assert [len(indexes(first, table)) for table in ("prediction_sessions", "exports")] == [1, 1]
    assert first.run().document["refunds"]["sessions"] == 1
    assert first.sql("SELECT count(*) FROM other.refunds") == [(0,)]
    installed(first)
    assert first.sweeper("run", "--json", "--dry-run", "--config", str(other)).exit_code == 0


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


# --- what it refuses


def test_a_newer_schema_than_the_program_is_refused(first: AppDatabase) -> None:
    first.sql("UPDATE sweeper.settings SET schema_version = schema_version + 1")
    refused(first, "installed by a newer sweeper", "update the program")
    for flags in ((), ("--dry-run",)):
        ran = first.run(*flags)
        assert (ran.exit_code, ran.document["error"]["code"]) == (2, "newer_schema")


def test_without_an_installation_run_exits_2_and_names_install(bare: AppDatabase) -> None:
    before = dump(bare)
    ran = bare.run()
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "not_installed")
    assert "`sweeper install`" in ran.document["error"]["message"]
    assert dump(bare) == before
