"""Installations and runs beside each other: no run goes on under a mapping that is not the installed one."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.jobs import FILE, JOBS, TRIES, add_job, add_jobs, install, jobs, reconfigure, refused, sweep
from tests.helpers.server import Server


def test_a_run_stops_when_another_mapping_is_installed(server: Server, tmp_path: Path) -> None:
    for database in jobs(server, tmp_path):
        database.sql("INSERT INTO users SELECT 'u' || n, 0 FROM generate_series(1, 200) AS n")
        add_jobs(database, 200, account="'u' || n")
        database.sql(
            # as if `sweeper install` had come while the third batch was found
            "CREATE FUNCTION replaced() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "IF (SELECT count(*) FROM sweeper.refunds) >= 100 THEN "
            "UPDATE sweeper.locks SET fingerprint = 'another' WHERE name = 'installation'; END IF; "
            "RETURN NULL; END $$; "
            "CREATE TRIGGER replaced AFTER INSERT ON sweeper.refunds FOR EACH STATEMENT EXECUTE FUNCTION replaced()"
        )
        ran = database.run("--batch-size", "50", now=None, role=None)
        assert (ran.exit_code, ran.document["error"]["code"]) == (2, "mapping_changed")
        assert ran.document["refunds"]["sessions"] == 100


def test_an_installation_waits_for_the_batch_that_is_being_paid(paid: AppDatabase) -> None:
    with paid.connect() as batch:
        batch.execute("SELECT FROM sweeper.locks WHERE name = 'installation' FOR SHARE")
        reconfigure(paid, 'exclude = "false"')
        ran = paid.sweeper("install", now=None)
        assert (ran.exit_code, "another transaction holds a lock" in ran.stderr) == (1, True)
        batch.rollback()
    assert install(paid) == 0


def test_a_stranger_cannot_hold_up_a_run(paid: AppDatabase) -> None:
    """Any role may take advisory locks: taking all of them keeps no run waiting."""
    with paid.connect() as stranger:
        stranger.execute("SELECT pg_advisory_lock(n) FROM generate_series(-100, 100) AS n")
        add_job(paid, 21, account="u", cost=1)
        assert paid.value("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == 201
        assert sweep(paid) == 1


# --- before an installation


def test_a_dry_run_works_before_anything_is_installed(server: Server, tmp_path: Path) -> None:
    with server.blank(tmp_path, JOBS.format(id_type="uuid", account_type="int", cost_type="int")) as database:
        database.config.write_text(FILE.format(sessions=TRIES))
        database.sql("INSERT INTO users VALUES (1, 0)")
        database.sql("INSERT INTO jobs (id, user_id, status, cost) VALUES (gen_random_uuid(), 1, 'error', 7)")
        planned = database.run("--dry-run", now=None, role=None)
        assert planned.exit_code == 0, planned.stderr
        assert planned.document["refunds"] == {"sessions": 1, "credits": 7, "accounts": 1}
        assert database.value("SELECT count(*) FROM pg_namespace WHERE nspname = 'sweeper'") == 0
        assert install(database) == 0
        assert sweep(database) == 7


def test_a_dry_run_shows_a_changed_file_before_it_is_installed(paid: AppDatabase) -> None:
    add_job(paid, 21, account="u", cost=10)
    paid.configure('amount = "cost"', 'amount = "cost / 10"')
    assert paid.run("--dry-run", now=None, role=None).document["refunds"]["credits"] == "1.00000000000000000000"
    assert "not the one that is installed" in refused(paid, "run")


def test_the_clock_of_the_floor_is_that_of_the_run(server: Server, tmp_path: Path) -> None:
    """Where nothing is installed and the file names no floor, a dry run begins where an installation would."""
    with server.blank(tmp_path, JOBS.format(id_type="int", account_type="int", cost_type="int")) as database:
        database.config.write_text(FILE.format(sessions="").replace("since = 2020-01-01T00:00:00Z\n", ""))
        database.sql("INSERT INTO users VALUES (1, 0)")
        add_job(database, 1, account="1", cost=7)
        now = datetime.now(UTC)
        planned = database.run("--dry-run", now=now, role=None)
        assert planned.document["refunds"]["sessions"] == 0
        assert planned.document["before_floor"] == {"sessions": 1, "credits": 7}
        assert (
            database.run("--dry-run", now=now - timedelta(hours=4), role=None).document["before_floor"]["sessions"] == 0
        )


# --- what comes while an installation is at work, and what columns become


def by_public_id(database: AppDatabase) -> None:
    database.config.write_text(database.config.read_text().replace('id = "id"', 'id = "public_id"', 1))


@pytest.mark.parametrize("refunds", [20, 0], ids=["translated", "empty until then"])
def test_what_runs_while_an_installation_waits_is_not_paid_again(server: Server, tmp_path: Path, refunds: int) -> None:
    """The refunds get the new key together with the mapping, and a ledger that was empty is looked at again."""
    for database in jobs(server, tmp_path):
        database.sql("INSERT INTO users VALUES ('u', 0)")
        add_jobs(database, 20)
        if refunds:
            sweep(database)
        before = database.config.read_text()
        by_public_id(database)
        after = database.config.read_text()
        printed = database.sweeper("install", "--rekey", "--print", now=None).stdout
        tables, marker, last = printed.partition("-- 3. refund()")
        database.sql(tables.partition("-- 2. The indexes")[0])
        # a run by the file before, as cron would start it meanwhile
        database.config.write_text(before)
        assert sweep(database) == 20 - refunds
        database.config.write_text(after)
        script = (marker + last).partition("-- 4.")[0].partition("-- 5.")[0]
        if refunds:
            database.sql(script)
            assert database.sql("SELECT min(session_id), max(session_id) FROM sweeper.refunds") == [(1000, 1019)]
            assert sweep(database) == 0
        with pytest.raises(psycopg.errors.RaiseException, match="plan it again"):
            database.sql(script)
        database.sql("ROLLBACK")
        assert database.value("SELECT credits FROM users") == 20


def test_a_refund_function_of_a_mapping_before_pays_nothing(paid: AppDatabase) -> None:
    """A call that waited for an installation goes on with the body that it began with."""
    add_job(paid, 21)
    paid.sql("UPDATE sweeper.locks SET fingerprint = 'another' WHERE name = 'installation'")
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="another mapping"):
        paid.sql("SELECT sweeper.refund(21, 'x')")


def test_missing_rows_of_locks_are_inserted_again(paid: AppDatabase) -> None:
    add_job(paid, 21)
    paid.sql("DELETE FROM sweeper.locks WHERE name <> 'installer'")
    refused(paid, "run")
    assert install(paid) == 0
    assert sweep(paid) == 1
