"""What a charge is known by: no migration of the app and no change of the file pays a refund a second time."""

from pathlib import Path

import psycopg
import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.checks import check, items
from tests.helpers.jobs import ATTEMPT, TRIES, add_job, install, jobs, reconfigure, refused, sweep, uninstall
from tests.helpers.query_plans import explained
from tests.helpers.server import Server


@pytest.mark.parametrize("how", ["close", "trigger"])
def test_a_closing_that_changes_the_attempt_is_held_and_never_paid(server: Server, tmp_path: Path, how: str) -> None:
    sessions = f'{ATTEMPT}\n[sessions.close]\ncharge_id = "NULL"' if how == "close" else TRIES
    for database in jobs(server, tmp_path, sessions=sessions):
        database.sql("INSERT INTO users VALUES ('u', 0), ('other', 0)")
        if how == "trigger":
            database.sql(
                "CREATE FUNCTION count_tries() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                "IF NEW.status = 'error' AND OLD.status <> 'error' THEN NEW.tries := OLD.tries + 1; END IF; "
                "RETURN NEW; END $$; "
                "CREATE TRIGGER count_tries BEFORE UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION count_tries()"
            )
        database.sql(
            "INSERT INTO jobs (id, user_id, status, cost, charge_id) "
            "VALUES (1, 'u', 'running', 10, 'c1'), (2, 'other', 'error', 10, 'c2')"
        )
        with pytest.raises(psycopg.errors.RaiseException, match=r"sessions\.attempt is another after the refund"):
            database.sql("SELECT sweeper.refund(1, 'x')")
        for _ in range(3):
            ran = database.run("--full", now=None, role=None)
            assert int(ran.document["refunds"]["credits"]) <= 10
        assert database.sql("SELECT id, credits::int FROM users ORDER BY id") == [("other", 10), ("u", 0)]
        assert database.value("SELECT status FROM jobs WHERE id = 1") == "running"
        assert database.value("SELECT message FROM sweeper.holds WHERE ended_at IS NULL").startswith("sessions.attempt")
        assert database.value("SELECT sweeper.refund(1, 'x')") == 0


def test_a_session_without_an_attempt_is_held(server: Server, tmp_path: Path) -> None:
    for database in jobs(server, tmp_path, sessions=ATTEMPT):
        database.sql("INSERT INTO users VALUES ('u', 0)")
        add_job(database, 1, account="u", cost=10)
        ran = database.run(now=None, role=None)
        assert (ran.exit_code, ran.document["held"]) == (3, 1)
        assert database.value("SELECT why FROM sweeper.holds") == "no_attempt"
        assert "Write it into the row; then `sweeper run --session 1`" in database.sweeper("explain", "1").stdout
        adopted = database.sweeper("adopt", "--session", "1", "--amount", "0", "--reason", "x", "--yes")
        assert adopted.exit_code == 1
        assert "sessions.attempt is null: write it" in " ".join(adopted.stdout.split())
        assert database.value("SELECT sweeper.refund(1, 'x')") == 0
        database.sql("UPDATE jobs SET charge_id = 'c1'")
        assert sweep(database) == 10
        assert database.value("SELECT count(*) FROM sweeper.holds WHERE ended_at IS NULL") == 0


def test_each_charge_of_a_session_is_paid_once(server: Server, tmp_path: Path) -> None:
    for database in jobs(server, tmp_path, sessions=TRIES):
        database.sql("INSERT INTO users VALUES ('u', 0)")
        add_job(database, 1, account="u", cost=10)
        assert [sweep(database), sweep(database)] == [10, 0]
        database.sql("UPDATE jobs SET tries = 2")
        assert [sweep(database), sweep(database)] == [10, 0]
        assert database.sql("SELECT attempt, again FROM sweeper.refunds ORDER BY attempt") == [(1, 0), (2, 0)]


# --- another key is refused, and translated when that is asked for


@pytest.mark.parametrize(
    ("sessions", "replaced"), [(ATTEMPT, "amount"), ("", 'id = "id"'), (TRIES, "amount")], ids=["added", "id", "tries"]
)
def test_another_key_is_refused_with_what_it_would_pay_and_translated(
    paid: AppDatabase, sessions: str, replaced: str
) -> None:
    if replaced == "amount":
        reconfigure(paid, sessions)
    else:
        paid.config.write_text(paid.config.read_text().replace('id = "id"', 'id = "public_id"', 1))
    said = refused(paid, "install")
    assert "20 sessions that are refunded would be paid again (20 credits)" in said
    assert "--rekey" in said
    refused(paid, "run")
    refused(paid, "run", "--dry-run")
    assert "`sweeper install --rekey`" in items(check(paid))["installed"]["message"]
    assert install(paid, "--rekey") == 0
    assert sweep(paid) == 0
    assert paid.value("SELECT credits FROM users") == 20
    expected = {
        "amount": "SELECT id::text, charge_id FROM jobs" if sessions == ATTEMPT else "SELECT id::text, '1' FROM jobs"
    }
    keys = paid.sql("SELECT session_id::text, attempt::text FROM sweeper.refunds")
    assert sorted(keys) == sorted(paid.sql(expected.get(replaced, "SELECT public_id::text, '0' FROM jobs")))
    with pytest.raises(Exception, match="append-only"):
        paid.sql("UPDATE sweeper.refunds SET amount = 2")


def test_refunds_and_sessions_are_not_compared_each_with_each(paid: AppDatabase) -> None:
    """The first that differs, or matches, was looked for so: 40,000 refunds beside 400,000 sessions took hours."""
    paid.sql(
        "INSERT INTO jobs (id, user_id, status, cost) "
        "SELECT n, 'u', CASE WHEN n % 4 = 0 THEN 'error' ELSE 'done' END, 1 FROM generate_series(21, 20000) AS n"
    )
    paid.sql("ANALYZE jobs")
    assert sweep(paid) == 4995
    paid.config.write_text(paid.config.read_text().replace('id = "id"', 'id = "public_id"', 1))
    with explained("EXPLAIN", "read_ledger_state", "list_untranslatable") as plans:
        assert install(paid, "--rekey") == 0
    assert all(plans.values())
    assert not [line for lines in plans.values() for line in lines if "Nested Loop" in line]
    assert sweep(paid) == 0


def test_a_removed_attempt_is_translated_and_the_guard_still_holds(server: Server, tmp_path: Path) -> None:
    for database in jobs(server, tmp_path, sessions=TRIES):
        database.sql("INSERT INTO users VALUES ('u', 0)")
        add_job(database, 1, account="u", cost=10)
        sweep(database)
        database.sql("UPDATE jobs SET tries = 2")
        sweep(database)
        reconfigure(database, "")
        assert "sessions.attempt was tries and is not mapped. Under" in refused(database, "install")
        assert install(database, "--rekey") == 0
        assert sweep(database) == 0
        # two charges, not one that was refunded twice
        assert database.sql("SELECT attempt, again FROM sweeper.refunds ORDER BY attempt") == [(-1, 0), (0, 0)]
        assert database.sweeper("audit", now=None).exit_code == 0
        reconfigure(database, TRIES)
        assert install(database, "--rekey") == 0
        assert sweep(database) == 0
        assert database.sql("SELECT attempt, again FROM sweeper.refunds ORDER BY attempt") == [(-1, 0), (2, 0)]


def test_refunds_whose_sessions_do_not_tell_the_key_are_named(paid: AppDatabase) -> None:
    paid.sql("UPDATE jobs SET charge_id = NULL WHERE id = 7")
    reconfigure(paid, ATTEMPT)
    said = refused(paid, "install", "--rekey")
    assert "1 refunds cannot be translated" in said
    assert "(7)" in said
    assert paid.value("SELECT count(*) FROM sweeper.refunds WHERE attempt = 0") == 20


def test_a_second_table_in_the_schema_of_another_is_refused(paid: AppDatabase) -> None:
    paid.sql("CREATE TABLE renders (LIKE jobs INCLUDING ALL)")
    paid.sql(
        "INSERT INTO renders (id, user_id, status, cost) SELECT n, 'u', 'error', 1 FROM generate_series(1, 5) AS n"
    )
    paid.configure('table = "jobs"', 'table = "renders"')
    assert "belongs to one table of sessions" in refused(paid, "install")
    assert "still there" in refused(paid, "install", "--rekey")
    paid.configure('table = "renders"', 'table = "jobs"')
    paid.sql("ALTER TABLE jobs RENAME TO work")
    paid.configure('table = "jobs"', 'table = "work"')
    assert install(paid) == 0
    assert sweep(paid) == 0


def test_a_second_schema_is_refused_while_another_has_refunds_of_what_it_would_pay(paid: AppDatabase) -> None:
    paid.config.write_text('[database]\nschema = "aside"\n' + paid.config.read_text())
    said = refused(paid, "install")
    assert "schema sweeper has refunds of 20 sessions" in said
    assert "another schema" not in said
    paid.configure("amount =", "exclude = \"started_at < now() - interval '1 hour'\"\namount =")  # none of those
    assert "installed over" in refused(paid, "install")
    uninstall(paid)
    assert install(paid) == 0


def test_another_id_type_with_an_empty_ledger_needs_no_rekey(server: Server, tmp_path: Path) -> None:
    for database in jobs(server, tmp_path):
        database.sql("ALTER TABLE jobs ALTER id TYPE bigint")
        assert install(database) == 0
        database.sql("INSERT INTO users VALUES ('u', 0)")
        add_job(database, 1, account="u", cost=10)
        assert sweep(database) == 10


def test_each_session_has_a_hold_of_its_own(server: Server, tmp_path: Path) -> None:
    for database in jobs(server, tmp_path, sessions=ATTEMPT, id_type="text"):
        database.sql("INSERT INTO users VALUES ('u', 0)")
        database.sql(
            "INSERT INTO jobs (id, user_id, status, cost, charge_id) "
            "VALUES ('a', 'u', 'error', -1, 'b c'), ('a b', 'u', 'error', -1, 'c')"
        )
        assert database.run(now=None, role=None).document["held"] == 2
        assert database.value("SELECT count(*) FROM sweeper.holds") == 2


def test_a_table_that_became_a_partition_of_a_new_one_takes_its_refunds_along(paid: AppDatabase) -> None:
    """A migration to partitions, after which the app names the new table."""
    paid.sql("ALTER TABLE jobs ALTER public_id DROP IDENTITY")
    paid.sql("CREATE TABLE all_jobs (LIKE jobs) PARTITION BY RANGE (id); ALTER TABLE all_jobs ADD PRIMARY KEY (id)")
    paid.sql("ALTER TABLE all_jobs ATTACH PARTITION jobs DEFAULT")
    paid.configure('table = "jobs"', 'table = "all_jobs"')
    assert "`sweeper install --rekey` translates" in refused(paid, "install")
    assert install(paid, "--rekey") == 0
    assert sweep(paid) == 0
    assert paid.sweeper("audit", now=None).exit_code == 0
