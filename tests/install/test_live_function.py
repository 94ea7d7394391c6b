"""The function that recognizes a live session: the app needs no right on it, and what pays does not call it."""

import os
from collections.abc import Iterator

import psycopg
import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.checks import check, items
from tests.helpers.installation import installed
from tests.helpers.migrations import SMALLER_ENUM, live_functions, live_indexes, migrate, prepare


@pytest.fixture
def stranger(bare: AppDatabase) -> Iterator[str]:
    """A role that owns the app's tables, or may write them, and has no right on anything of sweeper's."""
    name = f"sweeper_test_{os.getpid()}"
    bare.sql(f"CREATE ROLE {name}")
    yield name
    bare.sql(f"REASSIGN OWNED BY {name} TO CURRENT_USER; DROP OWNED BY {name}; DROP ROLE {name}")


@pytest.mark.parametrize("fence", [True, False], ids=["fence", "no fence"])
def test_the_apps_role_needs_no_right_on_anything_of_ours(bare: AppDatabase, stranger: str, *, fence: bool) -> None:
    bare.sql("ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC")
    prepare(bare, "session_status", fence=fence)
    bare.sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON prediction_sessions TO {stranger}")
    assert not bare.value(f"SELECT has_schema_privilege('{stranger}', 'sweeper', 'USAGE')")
    with bare.connect(autocommit=True) as app:
        app.execute(f"SET ROLE {stranger}")  # type: ignore[call-overload]
        app.execute("INSERT INTO prediction_sessions (id, status) VALUES ('new', 'queued'), ('over', 'finished')")
        app.execute("UPDATE prediction_sessions SET status = 'error', step = 'x' WHERE id IN ('new', 'over')")
        app.execute("DELETE FROM prediction_sessions WHERE id = 'new'")


def test_the_owner_of_the_table_may_migrate_it_and_sees_nothing_of_ours(bare: AppDatabase, stranger: str) -> None:
    bare.sql(f"ALTER TABLE prediction_sessions OWNER TO {stranger}; GRANT CREATE ON SCHEMA public TO {stranger}")
    prepare(bare, "session_status", fence=True)
    bare.sql(f"ALTER TYPE session_status OWNER TO {stranger}")
    with bare.connect(autocommit=True) as app:
        app.execute(f"SET ROLE {stranger}")  # type: ignore[call-overload]
        for statement in SMALLER_ENUM:
            app.execute(statement)  # type: ignore[call-overload]
        for table in ("refunds", "settings", "runs"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(f"SELECT * FROM sweeper.{table}")  # type: ignore[call-overload]
    assert bare.run().document["refunds"]["sessions"] == 2


@pytest.mark.parametrize("fence", [True, False], ids=["fence", "no fence"])
def test_a_function_that_was_tampered_with_pays_for_no_finished_session(bare: AppDatabase, *, fence: bool) -> None:
    prepare(bare, "session_status", fence=fence)
    (function,) = live_functions(bare)
    bare.sql(
        f"CREATE OR REPLACE FUNCTION sweeper.{function}(anyelement) RETURNS boolean IMMUTABLE PARALLEL SAFE "
        "LANGUAGE plpgsql AS 'BEGIN RETURN true; END'"
    )
    bare.sql("REINDEX TABLE prediction_sessions")
    for flags in ((), ("--full",), ("--session", "done")):
        bare.run(*flags)
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="session done is finished"):
        bare.sql("SELECT sweeper.refund('done', 'x')")
    assert bare.refunds() == {"paid": 3, "failed": 3, "stuck": 3}
    assert bare.credits() == 109


def test_what_pays_does_not_ask_the_function(bare: AppDatabase) -> None:
    prepare(bare, "session_status", fence=True)
    bodies = bare.value("SELECT string_agg(prosrc, ' ') FROM pg_proc WHERE proname IN ('refund', 'fence')")
    assert "live_" not in bodies


# --- the function and its index


def test_a_changed_list_of_statuses_makes_another_function_and_takes_the_old_one_away(first: AppDatabase) -> None:
    before = live_functions(first)
    assert len(before) == 1
    first.configure('"queued", ', "")
    installed(first)
    after = live_functions(first)
    assert len(after) == 1
    assert after != before
    first.configure('["initializing", "researching"', '["researching", "initializing"')
    installed(first)
    assert live_functions(first) == after, "their order means nothing"


def test_the_printed_sql_makes_the_function_before_its_index(bare: AppDatabase) -> None:
    printed = bare.sweeper("install", "--print", now=None).stdout
    assert printed.index('FUNCTION "sweeper".live_') < printed.index("INDEX CONCURRENTLY")


def test_an_older_installation_is_named_by_check_and_followed_by_an_install(first: AppDatabase) -> None:
    first.account()
    first.session("failed")
    (name,) = live_indexes(first)
    first.sql(f"DROP INDEX {name}; DROP FUNCTION sweeper.{live_functions(first)[0]}")
    older = "sweeper_live_726c371c_0123456789"
    first.sql(
        f"CREATE INDEX {older} ON prediction_sessions (created_at, id) "
        "WHERE status IN ('error', 'initializing', 'queued', 'researching', 'generating')"
    )
    first.sql(f"UPDATE sweeper.settings SET live_index = 'public.{older}'; ALTER TABLE sweeper.settings DROP fence")
    first.sql(
        "CREATE FUNCTION sweeper.fence() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; "
        "CREATE TRIGGER sweeper_fence AFTER UPDATE ON prediction_sessions FOR EACH ROW "
        "WHEN (NEW.status IS DISTINCT FROM OLD.status) EXECUTE FUNCTION sweeper.fence()"
    )
    item = {item["name"]: item for item in first.sweeper("check", "--json").document["checks"]}["migrations"]
    assert (item["status"], item["fix"]) == ("warning", "sweeper install")
    assert "the fence" in item["message"]
    assert first.run("--dry-run").document["refunds"]["sessions"] == 1
    first.sql("UPDATE sweeper.settings SET schema_version = 2")
    installed(first)
    migrate(first, SMALLER_ENUM, together=True)
    assert older not in live_indexes(first)
    assert first.value("SELECT fence FROM sweeper.settings") is True
    assert first.run().document["refunds"]["sessions"] == 1


def test_a_function_that_was_replaced_is_a_failure_of_check_with_what_builds_it_again(first: AppDatabase) -> None:
    """The run would go on and find nothing."""
    (name,) = live_functions(first)
    nobody = "RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT false'"
    first.sql(f"CREATE OR REPLACE FUNCTION sweeper.{name}(anyelement) {nobody}")
    first.account()
    first.session("owed")
    found = items(check(first))["index"]
    assert (found["status"], name in found["message"]) == ("failure", True)
    first.sql(found["fix"].partition(";")[0])
    assert first.sweeper("install", now=None).exit_code == 0
    assert items(check(first))["index"]["status"] == "ok"
    assert first.run().document["refunds"]["sessions"] == 1


def test_a_function_that_the_app_may_not_call_is_reported(bare: AppDatabase) -> None:
    """The app's role could write no session any more."""
    prepare(bare, "session_status", fence=False)
    bare.sql("REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA sweeper FROM PUBLIC")
    writers = bare.value(
        "SELECT string_agg(oid::regrole::text, ', ') FROM pg_roles WHERE rolname !~ '^pg_' "
        "AND has_any_column_privilege(oid, 'prediction_sessions', 'INSERT, UPDATE')"
    )
    bare.sql(f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA sweeper TO {writers}")
    assert items(check(bare))["index"]["status"] == "ok", "who writes may call it"
    bare.sql("GRANT UPDATE (error) ON prediction_sessions TO sweeper_layer")
    item = items(check(bare))["index"]
    assert item["status"] == "failure"
    bare.sql(item["fix"])
    assert items(check(bare))["index"]["status"] == "ok"
