"""Another schema over the same table, a ledger of other sessions, and sessions that were charged again."""

from pathlib import Path

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.jobs import (
    ATTEMPT,
    FILE,
    SWAPPED,
    TRIES,
    add_jobs,
    install,
    jobs,
    reconfigure,
    refused,
    sweep,
)
from tests.helpers.server import Server


@pytest.mark.slow
@pytest.mark.parametrize("how", ["the same", "restored", "renamed"])
def test_two_schemas_over_one_table_are_refused_before_either_has_refunds(
    server: Server, tmp_path: Path, how: str
) -> None:
    for database in jobs(server, tmp_path):
        database.sql("INSERT INTO users VALUES ('u', 0)")
        add_jobs(database, 20)
        first, second = database.config.read_text(), '[database]\nschema = "aside"\n' + database.config.read_text()
        if how == "restored":
            database.sql(SWAPPED["dropped"])
        elif how == "renamed":
            database.sql("ALTER TABLE jobs RENAME TO work")
            second = second.replace('"jobs"', '"work"')
        database.config.write_text(second)
        said = refused(database, "install")
        assert "schema sweeper is installed over" in said
        assert 'DROP SCHEMA "sweeper" CASCADE' in said
        refused(database, "run", "--dry-run")
        # as if both had been installed by a version before
        database.sql("ALTER SCHEMA sweeper RENAME TO hidden; ALTER TABLE hidden.locks RENAME TO hidden_locks")
        assert install(database) == 0
        database.sql("ALTER TABLE hidden.hidden_locks RENAME TO locks; ALTER SCHEMA hidden RENAME TO sweeper")
        for text in (second, first.replace('"jobs"', '"work"') if how == "renamed" else first):
            database.config.write_text(text)
            assert "both would pay every session" in refused(database, "install")
            assert "both would pay every session" in refused(database, "run", "--dry-run")
            said = refused(database, "run")
            if how == "renamed" and text != second:
                assert "not the one that is installed" in said
                continue
            assert "both would pay every session" in said
            found = database.sweeper("check", "--json", now=None).document["checks"]
            assert [one for one in found if one["status"] == "failure" and "both would pay" in one["message"]]
        database.sql("DROP SCHEMA aside CASCADE")
        assert (install(database), sweep(database), sweep(database)) == (0, 20, 0)


def test_another_app_with_its_own_schema_is_ignored(paid: AppDatabase) -> None:
    paid.sql("CREATE TABLE renders (LIKE jobs INCLUDING ALL)")
    paid.config.write_text('[database]\nschema = "aside"\n' + paid.config.read_text().replace('"jobs"', '"renders"'))
    assert install(paid) == 0
    assert sweep(paid) == 0
    paid.config.write_text(FILE.format(sessions=""))
    assert (install(paid), sweep(paid)) == (0, 0)


@pytest.mark.parametrize("how", ["another column", "another table"])
def test_a_ledger_without_its_settings_is_not_taken_up_for_other_sessions(
    server: Server, tmp_path: Path, how: str
) -> None:
    for database in jobs(server, tmp_path, more="ALTER TABLE jobs ADD seq int UNIQUE NOT NULL DEFAULT 0;"):
        database.sql("INSERT INTO users SELECT 'u' || n, 0 FROM generate_series(1, 20) AS n")
        database.sql(
            "INSERT INTO jobs (id, seq, user_id, status, cost) "
            "SELECT n, 21 - n, 'u' || n, 'error', 1 FROM generate_series(1, 20) AS n"
        )
        assert sweep(database) == 20
        database.sql("DROP TABLE sweeper.runs, sweeper.holds, sweeper.settings, sweeper.locks")
        before = database.config.read_text()
        if how == "another column":
            database.configure('id = "id"\naccount', 'id = "seq"\naccount')
        else:
            database.sql("CREATE TABLE renders (LIKE jobs INCLUDING ALL)")
            database.sql(
                "INSERT INTO renders (id, seq, user_id, status, cost) "
                "SELECT n, n, 'u' || n + 10, 'error', 1 FROM generate_series(1, 5) AS n"
            )
            database.configure('"jobs"', '"renders"')
        for flags in ((), ("--rekey",)):
            assert "are not of the sessions there" in refused(database, "install", *flags)
        database.config.write_text(before)
        assert (install(database), sweep(database)) == (0, 0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "after", "charged"),
    [
        (TRIES, ATTEMPT, "tries = 2, charge_id = 'again'"),
        (TRIES, 'attempt = "tries::text"', "tries = 2"),
        (TRIES, ATTEMPT, "tries = 2, charge_id = 'again', status = 'running', started_at = now()"),
        (TRIES, ATTEMPT, "charge_id = 'again', started_at = now() + interval '1 minute'"),
        (TRIES, "", "tries = 2"),
        (TRIES, ATTEMPT, "tries = NULL, charge_id = 'again'"),
        ("", ATTEMPT, "charge_id = 'again', started_at = now() + interval '1 minute'"),
        ("", ATTEMPT, "charge_id = 'again', status = 'running'"),
    ],
)
def test_a_session_that_was_charged_again_keeps_the_key_from_being_changed(
    server: Server, tmp_path: Path, before: str, after: str, charged: str
) -> None:
    for database in jobs(server, tmp_path, sessions=before):
        database.sql("INSERT INTO users VALUES ('u', 0)")
        add_jobs(database, 5)
        assert sweep(database) == 5
        database.sql(f"UPDATE jobs SET {charged} WHERE id = 3")
        reconfigure(database, after)
        said = refused(database, "install", "--rekey")
        assert "1 sessions look charged again since their refund (3)" in said
        assert ("sweeper run" if before else "sessions.exclude") in said
        assert database.value("SELECT count(*) FROM sweeper.refunds WHERE session_id = 3") == 1
        reconfigure(database, f'{after}\nexclude = "id = 3"')
        assert install(database, "--rekey") == 0
        assert sweep(database) == 0


@pytest.mark.slow
def test_a_session_that_was_charged_again_is_told_by_an_attempt_of_another_type(server: Server, tmp_path: Path) -> None:
    """Not by one that has other values as well: then no refund has what its session has."""
    more = "CREATE TYPE phase AS ENUM ('a', 'b'); ALTER TABLE jobs ADD phase phase NOT NULL DEFAULT 'a';"
    for database in jobs(server, tmp_path, sessions='attempt = "phase"', more=more):
        database.sql("INSERT INTO users VALUES ('u', 0)")
        add_jobs(database, 5)
        assert sweep(database) == 5
        database.sql("UPDATE jobs SET phase = 'b' WHERE id = 3")
        database.sql("ALTER TYPE phase RENAME VALUE 'a' TO 'first'")
        assert "1 sessions look charged again since their refund (3)" in refused(database, "install", "--rekey")
        database.sql("UPDATE jobs SET phase = 'first' WHERE id = 3")
        assert (install(database, "--rekey"), sweep(database)) == (0, 0)
        database.sql("UPDATE jobs SET phase = 'b' WHERE id = 3")
        database.sql("ALTER TABLE jobs ALTER phase DROP DEFAULT, ALTER phase TYPE text")
        assert "1 sessions look charged again since their refund (3)" in refused(database, "install", "--rekey")
        database.sql("UPDATE jobs SET phase = 'first' WHERE id = 3")
        assert (install(database, "--rekey"), sweep(database)) == (0, 0)
        database.sql("ALTER TABLE jobs ALTER phase TYPE numeric USING length(phase)")
        assert (install(database, "--rekey"), sweep(database)) == (0, 0)


def test_an_edit_of_a_row_is_not_a_new_charge_if_the_old_key_has_attempts(server: Server, tmp_path: Path) -> None:
    """As when a migration fills in the column that the new key reads."""
    edited = 'active_at = "updated_at"\n'
    more = "ALTER TABLE jobs ADD updated_at timestamptz DEFAULT now() - interval '2 hours';"
    for database in jobs(server, tmp_path, sessions=edited + TRIES, more=more):
        database.sql("INSERT INTO users VALUES ('u', 0)")
        add_jobs(database, 5)
        assert sweep(database) == 5
        database.sql("UPDATE jobs SET charge_id = 'x' || id, updated_at = now() + interval '10 minutes'")
        reconfigure(database, edited + ATTEMPT)
        assert install(database, "--rekey") == 0
        assert sweep(database) == 0


def test_a_session_refunded_for_several_charges_is_translated_if_the_old_key_has_attempts(
    server: Server, tmp_path: Path
) -> None:
    for database in jobs(server, tmp_path, sessions=TRIES):
        database.sql("INSERT INTO users VALUES ('u', 0)")
        add_jobs(database, 5)
        assert sweep(database) == 5
        database.sql("UPDATE jobs SET tries = 2, charge_id = 'again' WHERE id = 3")
        assert sweep(database) == 1  # as `install --rekey` asks for
        reconfigure(database, ATTEMPT)
        assert install(database, "--rekey") == 0
        keys = database.sql("SELECT attempt FROM sweeper.refunds WHERE session_id = 3 ORDER BY created_at")
        assert keys == [("1 (before)",), ("again",)]
        assert sweep(database) == 0
        database.sql("UPDATE jobs SET charge_id = '1' WHERE id = 3")
        assert [sweep(database), sweep(database)] == [1, 0]


def test_a_second_schema_does_not_sweep_a_detached_partition_again(server: Server, tmp_path: Path) -> None:
    more = (
        "DROP TABLE jobs; CREATE TABLE jobs (id int, user_id text, status text, cost numeric, charge_id text, "
        "started_at timestamptz NOT NULL DEFAULT now() - interval '3 hours', PRIMARY KEY (id, started_at)) "
        "PARTITION BY RANGE (started_at); CREATE TABLE jobs_now PARTITION OF jobs DEFAULT;"
    )
    for database in jobs(server, tmp_path, more=more):
        database.sql("INSERT INTO users VALUES ('u', 0)")
        add_jobs(database, 20)
        assert sweep(database) == 20
        database.sql("ALTER TABLE jobs DETACH PARTITION jobs_now; ALTER TABLE jobs_now ADD UNIQUE (id)")
        database.config.write_text('[database]\nschema = "aside"\n' + database.config.read_text())
        database.configure('"jobs"', '"jobs_now"')
        assert "20 failed sessions" in refused(database, "install")
        refused(database, "run", "--dry-run")
        excluded = "EXISTS (SELECT FROM sweeper.refunds AS r WHERE r.session_id = s.id)"
        database.configure('amount = "cost"', f'amount = "cost"\nexclude = "{excluded}"')
        assert (install(database), sweep(database)) == (0, 0)
