"""The app changes the columns that a charge is known by."""

from pathlib import Path

import psycopg
import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.jobs import TRIES, add_job, add_jobs, install, jobs, reconfigure, refused, sweep
from tests.helpers.server import Server


@pytest.mark.parametrize(
    "migration",
    ["ALTER TABLE jobs ALTER id TYPE bigint", "ALTER TABLE jobs ALTER id TYPE text"],
    ids=["bigint", "text"],
)
def test_an_id_that_was_widened_is_noticed_by_the_run_and_translated(paid: AppDatabase, migration: str) -> None:
    paid.sql(migration)
    assert "the type of sessions.id" in refused(paid, "run")
    assert "--rekey" in refused(paid, "install")
    assert install(paid, "--rekey") == 0
    assert sweep(paid) == 0
    add_job(paid, 21, account="u", cost=1)
    assert sweep(paid) == 1


@pytest.mark.parametrize("sessions", ["", TRIES], ids=["id", "attempt"])
def test_a_migration_that_changes_the_values_with_their_type_ends_in_no_second_payment(
    server: Server, tmp_path: Path, sessions: str
) -> None:
    for database in jobs(server, tmp_path, sessions=sessions):
        database.sql("INSERT INTO users VALUES ('u', 0), ('v', 0)")
        add_job(database, 1, account="u", cost=1)
        add_job(database, 2, account="v", cost=1)
        assert sweep(database) == 2
        add_job(database, 3, account="u", cost=1)
        column = "tries" if sessions else "id"
        database.sql(f"ALTER TABLE jobs ALTER {column} DROP DEFAULT, ALTER {column} TYPE text USING 'n' || {column}")
        said = refused(database, "install", "--rekey")
        assert "2 sessions look refunded under another id or attempt" in said
        refused(database, "run")
        database.sql(f"ALTER TABLE jobs ALTER {column} TYPE bigint USING substr({column}, 2)::bigint")
        assert install(database, "--rekey") == 0
        assert sweep(database) == 1


def test_an_account_id_that_was_widened_is_taken_up_by_install(server: Server, tmp_path: Path) -> None:
    for database in jobs(server, tmp_path, account_type="int"):
        database.sql("INSERT INTO users VALUES (1, 0), (2, 0)")
        for job_id in (1, 2, 3):
            add_job(database, job_id, account="1", cost=10)
        sweep(database)
        database.sql("UPDATE jobs SET user_id = 2 WHERE id = 3")  # its refund went to the account before
        database.sql("ALTER TABLE users ALTER id TYPE bigint; ALTER TABLE jobs ALTER user_id TYPE bigint")
        refused(database, "run")
        assert install(database) == 0
        assert sweep(database) == 0
        assert (
            database.sql("SELECT account_id, pg_typeof(account_id)::text FROM sweeper.refunds") == [(1, "bigint")] * 3
        )


def test_a_renamed_value_of_an_enum_is_noticed_and_taken_up(server: Server, tmp_path: Path) -> None:
    kind = "CREATE TYPE kind AS ENUM ('first', 'second'); ALTER TABLE jobs ADD kind kind DEFAULT 'first';"
    for database in jobs(server, tmp_path, sessions='attempt = "kind"', more=kind):
        database.sql("INSERT INTO users VALUES ('u', 0)")
        add_job(database, 1, account="u", cost=10)
        sweep(database)
        database.sql("ALTER TYPE kind ADD VALUE 'zeroth' BEFORE 'first'")
        assert sweep(database) == 0
        database.sql("ALTER TYPE kind RENAME VALUE 'first' TO 'primary'")
        assert "has no value 'first' any more" in refused(database, "run")
        database.sql("CREATE VIEW report AS SELECT session_id, amount FROM sweeper.refunds")
        assert "views read their columns: report" in refused(database, "install", "--rekey")
        database.sql("DROP VIEW report; CREATE VIEW report AS SELECT amount FROM sweeper.refunds")
        assert install(database, "--rekey") == 0
        assert sweep(database) == 0
        for old, new in (("primary", "tmp"), ("second", "primary"), ("tmp", "second")):
            database.sql(f"ALTER TYPE kind RENAME VALUE '{old}' TO '{new}'")
        assert "renamed to each other" in refused(database, "run")
        assert install(database, "--rekey") == 0
        assert sweep(database) == 0


def test_an_id_column_that_is_gone_or_another_one_ends_in_no_second_payment(paid: AppDatabase) -> None:
    paid.sql("ALTER TABLE jobs DROP id; ALTER TABLE jobs ADD id int; UPDATE jobs SET id = public_id - 500")
    paid.sql("ALTER TABLE jobs ALTER id SET NOT NULL, ADD UNIQUE (id)")
    assert "another column than the one of that name" in refused(paid, "run")
    for flags in ((), ("--rekey",)):
        assert "is gone" in refused(paid, "install", *flags)
    paid.config.write_text('[database]\nschema = "aside"\n' + paid.config.read_text())
    assert "schema sweeper has the refunds" in refused(paid, "install")


@pytest.mark.parametrize("sessions", ["", TRIES], ids=["id", "attempt"])
def test_refund_does_not_take_another_column_of_that_name_for_the_key(
    server: Server, tmp_path: Path, sessions: str
) -> None:
    """The statements of the app, and of refund(), go by the name."""
    for database in jobs(server, tmp_path, sessions=sessions):
        database.sql("INSERT INTO users VALUES ('u', 0)")
        add_jobs(database, 3)
        assert sweep(database) == 3
        column = "tries" if sessions else "id"
        database.sql(f"ALTER TABLE jobs RENAME {column} TO old_{column}; ALTER TABLE jobs ADD {column} int")
        database.sql(f"UPDATE jobs SET {column} = old_{column} + 10")
        called = 1 if sessions else 11
        with pytest.raises(psycopg.Error, match="another column has the name"):
            database.sql(f"SELECT sweeper.refund({called}, 'x')")
        refused(database, "run")
        refused(database, "install")
        assert database.sql("SELECT credits FROM users") == [(3,)]


def test_an_id_column_that_is_renamed_is_the_same(paid: AppDatabase) -> None:
    paid.sql("ALTER TABLE jobs RENAME id TO number")
    paid.configure('id = "id"', 'id = "number"')
    assert install(paid) == 0
    assert sweep(paid) == 0


@pytest.mark.parametrize(
    ("attempt", "migration"),
    [
        ("charged_at::timestamptz", "SELECT"),
        ("tries::text", "ALTER TABLE jobs ALTER tries TYPE numeric(12, 2)"),
        ("charged_at", "ALTER TABLE jobs ALTER charged_at TYPE timestamp(0)"),
    ],
    ids=["zone", "text of a column", "digits"],
)
def test_what_an_attempt_reads_may_change_and_nothing_is_paid_again(
    server: Server, tmp_path: Path, attempt: str, migration: str
) -> None:
    more = "ALTER TABLE jobs ADD charged_at timestamp DEFAULT '2026-01-01 12:00:00.25';"
    for database in jobs(server, tmp_path, sessions=f'attempt = "{attempt}"', more=more):
        database.sql("INSERT INTO users VALUES ('u', 0)")
        add_jobs(database, 5)
        assert sweep(database) == 5
        database.sql(migration)
        if migration == "SELECT":
            database.configure("[accounts]", 'timezone = "Europe/Berlin"\n[accounts]')
        assert "sessions" in refused(database, "run")
        assert install(database, "--rekey") == 0
        assert sweep(database) == 0


def test_an_enum_that_an_attempt_reads_can_be_dropped_by_the_app(server: Server, tmp_path: Path) -> None:
    kind = "CREATE TYPE kind AS ENUM ('first', 'second'); ALTER TABLE jobs ADD kind kind DEFAULT 'first';"
    for database in jobs(server, tmp_path, sessions='attempt = "kind"', more=kind):
        database.sql("INSERT INTO users VALUES ('u', 0)")
        add_job(database, 1)
        assert sweep(database) == 1
        database.sql(
            "CREATE TYPE kind_new AS ENUM ('first'); ALTER TABLE jobs ALTER kind DROP DEFAULT, "
            "ALTER kind TYPE kind_new USING (kind::text::kind_new); DROP TYPE kind; ALTER TYPE kind_new RENAME TO kind"
        )
        assert "has no value 'second' any more" in refused(database, "run")
        assert install(database, "--rekey") == 0
        assert sweep(database) == 0


def test_the_refund_function_of_another_type_goes_with_its_rights(paid: AppDatabase) -> None:
    paid.sql("GRANT EXECUTE ON FUNCTION sweeper.refund(int, text, text, text) TO sweeper_layer")
    paid.sql("ALTER TABLE jobs ALTER id TYPE bigint")
    assert install(paid, "--rekey") == 0
    assert paid.value("SELECT count(*) FROM pg_proc WHERE proname = 'refund'") == 1
    granted = "SELECT has_function_privilege('sweeper_layer', 'sweeper.refund(bigint, text, text, text)', 'EXECUTE')"
    assert paid.value(granted)


def test_accounts_with_other_ids_are_those_of_the_sessions(paid: AppDatabase) -> None:
    paid.sql("ALTER TABLE users ADD number bigint UNIQUE GENERATED ALWAYS AS IDENTITY (START 7)")
    paid.sql("ALTER TABLE jobs ADD user_number bigint; UPDATE jobs SET user_number = 7")
    paid.configure('account = "user_id"', 'account = "user_number"')
    paid.configure('table = "users"\nid = "id"', 'table = "users"\nid = "number"')
    assert install(paid) == 0
    assert sweep(paid) == 0
    assert paid.sql("SELECT DISTINCT account_id FROM sweeper.refunds") == [(7,)]


def test_a_timezone_that_makes_sessions_younger_than_their_refunds_is_called_wrong(
    server: Server, tmp_path: Path
) -> None:
    more = "ALTER TABLE jobs ALTER started_at TYPE timestamp;"
    for database in jobs(server, tmp_path, sessions='attempt = "tries"', more=more):
        database.sql("INSERT INTO users VALUES ('u', 0)")
        add_jobs(database, 5)
        assert sweep(database) == 5
        database.configure("[accounts]", 'timezone = "America/New_York"\n[accounts]')
        said = refused(database, "install", "--rekey")
        assert "was UTC and is America/New_York: read in that, 5 sessions were started, or failed, after" in said
        assert "charged again" not in said


@pytest.mark.parametrize("type_name", ["real", "double precision"])
def test_no_digits_are_lost_when_the_amount_becomes_a_floating_point_number(paid: AppDatabase, type_name: str) -> None:
    add_job(paid, 21, account="u", cost=1)
    paid.sql(f"ALTER TABLE jobs ALTER cost TYPE {type_name}; UPDATE jobs SET cost = 1234567 WHERE id = 21")
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="floating-point"):
        paid.sql("SELECT sweeper.refund(21, 'x')")
    assert install(paid) == 0
    assert paid.value("SELECT sweeper.refund(21, 'x')") == 1234567


def test_no_more_is_paid_than_was_charged_when_the_charge_becomes_a_floating_point_number(paid: AppDatabase) -> None:
    """As a number of six digits, 1234567 is 1234570."""
    paid.sql("ALTER TABLE jobs ADD taken numeric")
    reconfigure(paid, 'charged = "taken"')
    assert install(paid) == 0
    add_job(paid, 21, account="u", cost=1234569)
    paid.sql("ALTER TABLE jobs ALTER taken TYPE real; UPDATE jobs SET taken = 1234567")
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="floating-point"):
        paid.sql("SELECT sweeper.refund(21, 'x')")
    assert install(paid) == 0
    assert paid.value("SELECT sweeper.refund(21, 'x')") == 0
