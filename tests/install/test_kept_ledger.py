"""A ledger that was kept, or is from an older version, is taken up and pays nothing again."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.command import NOW
from tests.helpers.jobs import ATTEMPT, FILE, JOBS, TRIES, add_job, install, reconfigure, refused, sweep, uninstall
from tests.helpers.paths import APPS
from tests.helpers.server import Server


def test_the_readmes_uninstall_and_an_install_after_it_pay_nothing_again(paid: AppDatabase) -> None:
    uninstall(paid)
    tables = paid.sql("SELECT relname FROM pg_class WHERE relnamespace = 'sweeper'::regnamespace AND relkind = 'r'")
    assert {"refunds", "reversals"} <= {name for (name,) in tables}
    ran = paid.sweeper("run", "--json", now=None)
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "not_installed"), "a run that is left in some cron"
    ran = paid.sweeper("install", now=None)
    assert ran.exit_code == 0, ran.stderr
    assert "took over the ledger" in ran.stdout
    assert sweep(paid) == 0
    assert paid.value("SELECT credits FROM users") == 20


def test_a_refund_deleted_after_an_uninstall_is_not_paid_again(paid: AppDatabase) -> None:
    """The record of the runs, which stays as well, shows how many they paid."""
    uninstall(paid)
    paid.sql("ALTER TABLE sweeper.refunds DISABLE TRIGGER append_only")
    paid.sql("DELETE FROM sweeper.refunds WHERE session_id = (SELECT min(session_id) FROM sweeper.refunds)")
    assert install(paid) == 0
    ran = paid.run(now=None, role=None)
    assert (ran.document["refunds"]["sessions"], ran.document["held"]) == (0, 1)
    assert paid.sql("SELECT why FROM sweeper.holds") == [("refund_missing",)]


def test_rows_that_are_missing_in_the_table_of_locks_are_put_back(paid: AppDatabase) -> None:
    """As after a restore without the rows of some tables: `install` waited for another one that did not exist."""
    add_job(paid, 1009)
    paid.sql("DELETE FROM sweeper.locks")
    ran = paid.sweeper("run", "--json", now=None)
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "not_installed")
    assert "run `sweeper install`" in ran.document["error"]["message"]
    ran = paid.sweeper("install", now=None)
    assert ran.exit_code == 0, ran.stderr
    assert sweep(paid) == 1


def test_a_ledger_that_was_kept_without_its_settings_is_taken_up(paid: AppDatabase) -> None:
    paid.sql("DROP TABLE sweeper.runs, sweeper.holds, sweeper.settings, sweeper.locks; DROP FUNCTION sweeper.refund")
    reconfigure(paid, ATTEMPT)
    assert "sessions.attempt was not mapped" in refused(paid, "install")
    reconfigure(paid, "")
    assert install(paid) == 0
    assert sweep(paid) == 0


def test_an_installation_of_an_older_version_gets_what_it_lacks(paid: AppDatabase) -> None:
    """An older program would have failed on what a newer one stores in the same tables."""
    add_job(paid, 1009)
    paid.sql("ALTER TABLE sweeper.settings DROP rehearsal, DROP status_labels")
    paid.sql("UPDATE sweeper.settings SET schema_version = 2")
    for flags in ((), ("--dry-run",)):
        ran = paid.run(*flags, now=None, role=None)
        assert (ran.exit_code, ran.document["error"]["code"]) == (2, "mapping_changed")
        assert "run `sweeper install`, which upgrades them" in ran.document["error"]["message"]
    ran = paid.sweeper("install", now=None)
    assert ran.exit_code == 0, ran.stderr
    assert sweep(paid) == 1
    assert sweep(paid) == 0


# --- a ledger of the first state of the program


@pytest.fixture(params=["", TRIES], ids=["without an attempt", "with one"])
def older(request: pytest.FixtureRequest, server: Server, tmp_path: Path) -> Iterator[AppDatabase]:
    """Three refunded sessions, of which one was paid again by a user; one on hold; one that is owed."""
    script = JOBS.format(id_type="int", account_type="text", cost_type="int")
    attempt = "1" if request.param else ""
    with server.blank(tmp_path, script + (APPS / "installed" / "version_1.sql").read_text()) as database:
        database.config.write_text(FILE.format(sessions=request.param))
        database.sql("INSERT INTO users VALUES ('u', 4)")
        for job_id in range(1, 6):
            add_job(database, job_id)
        insert = (
            "INSERT INTO sweeper.refunds "
            "(refund_id, session_id, account_id, attempt, amount, reason, layer, created_at) "
            "VALUES (gen_random_uuid(), %s, 'u', %s, 1, 'r', 'worker', now() - %s * interval '1 minute')"
        )
        for job_id in range(1, 4):
            database.sql(insert, job_id, attempt, 9)
        database.sql(
            "INSERT INTO sweeper.reversals "
            "SELECT gen_random_uuid(), refund_id, 1, 'mistake', 'me', now() FROM sweeper.refunds WHERE session_id = 3"
        )
        database.sql(insert, 3, f"{attempt} (again 1)", 1)
        hold = (
            "INSERT INTO sweeper.holds (session_id, attempt, why, first_seen, last_seen) "
            "VALUES (4, %s, 'refused', %s, %s)"
        )
        database.sql(hold, attempt, NOW, NOW)
        database.sql(hold, " (unknown)", NOW, NOW)
        yield database


def test_a_ledger_of_the_first_state_is_taken_up_as_it_is(older: AppDatabase) -> None:
    refused(older, "run")
    record = "SELECT refund_id, session_id, account_id, amount, created_at FROM sweeper.refunds ORDER BY 1"
    before = older.sql(record)
    floor = older.value("SELECT installed_at FROM sweeper.settings")
    assert install(older) == 0
    assert older.sql(record) == before
    keys = older.sql("SELECT session_id, attempt, again FROM sweeper.refunds ORDER BY session_id, again")
    attempt = 1 if "tries" in older.config.read_text() else 0
    assert keys == [(1, attempt, 0), (2, attempt, 0), (3, attempt, 0), (3, attempt, 1)]
    holds = [(4, "1"), (4, None)] if attempt else [(4, "0")]
    assert older.sql("SELECT session_id, attempt FROM sweeper.holds ORDER BY attempt") == holds
    assert older.value("SELECT installed_at FROM sweeper.settings") == floor
    with pytest.raises(psycopg.errors.RestrictViolation):
        older.sql("DELETE FROM sweeper.refunds")
    assert older.sweeper("audit", now=None).exit_code == 5  # what is owed, and what is on hold
    assert sweep(older) == 2  # a full sweep looks again at what is on hold
    assert older.value("SELECT credits FROM users") == 6


def test_check_names_the_older_version_and_blames_no_line_of_the_file(older: AppDatabase) -> None:
    """Our own statements do not fit its tables: their errors would be called those of the mapping."""
    checks = older.sweeper("check", "--json", now=None).document["checks"]
    failures = [(item["name"], item["fix"]) for item in checks if item["status"] == "failure"]
    assert failures == [("installed", "sweeper install")]
    assert not [item for item in checks if "SQLSTATE" in item["message"]]


def test_a_ledger_of_the_first_state_is_not_put_under_another_key(older: AppDatabase) -> None:
    other = "" if "tries" in older.config.read_text() else TRIES
    reconfigure(older, other)
    assert "sessions.attempt" in refused(older, "install")
    assert install(older, "--rekey") == 0
    assert sweep(older) == 2


def test_a_ledger_that_has_lost_a_column_is_not_called_a_strangers(paid: AppDatabase) -> None:
    paid.sql("ALTER TABLE sweeper.refunds DROP attempt CASCADE")
    said = refused(paid, "install")
    assert "lack refunds.attempt" in said
    paid.config.write_text('[database]\nschema = "aside"\n' + paid.config.read_text())
    assert "schema sweeper has refunds of 20 sessions" in refused(paid, "install")
