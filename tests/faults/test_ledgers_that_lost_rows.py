"""The app's ledger begins anew, or is archived: what the app itself refunded is not paid again."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.jobs import FILE, install, refused
from tests.helpers.refund_function import refund
from tests.helpers.server import Server

TABLES = """
CREATE TABLE users (id text PRIMARY KEY, credits int NOT NULL DEFAULT 0);
INSERT INTO users VALUES ('u');
CREATE TABLE jobs (
    id int PRIMARY KEY, user_id text NOT NULL, status text NOT NULL, cost int NOT NULL DEFAULT 1,
    started_at timestamptz NOT NULL DEFAULT now() - interval '3 hours'
);
CREATE TABLE entries (job_id int, user_id text, kind text, amount int, at timestamptz NOT NULL DEFAULT now());
"""
LEDGER = """
[ledger]
table = "entries"
session = "job_id"
where = "kind = 'refund'"
[ledger.insert]
job_id = "session_id"
user_id = "account_id"
kind = "'refund'"
amount = "amount"
"""
BEGIN_ANEW = "ALTER TABLE entries RENAME TO entries_old; CREATE TABLE entries (LIKE entries_old INCLUDING ALL)"


@pytest.fixture
def app(server: Server, tmp_path: Path) -> Iterator[AppDatabase]:
    """Ten failed jobs: the app has refunded half of them, and a run the others."""
    with server.blank(tmp_path, TABLES) as database:
        database.config.write_text(FILE.format(sessions="") + LEDGER)
        assert install(database) == 0
        add(database, 1, 10)
        database.sql("INSERT INTO entries SELECT id, user_id, 'refund', cost FROM jobs WHERE id <= 5")
        assert database.run(now=None).document["refunds"]["sessions"] == 5
        yield database


def add(database: AppDatabase, first: int, last: int, at: str = "now() - interval '3 hours'") -> None:
    database.sql(
        f"INSERT INTO jobs (id, user_id, status, started_at) SELECT n, 'u', 'error', {at} "
        f"FROM generate_series({first}, {last}) AS n"
    )


def credits(database: AppDatabase) -> int:
    return int(database.value("SELECT credits FROM users"))


def test_nothing_is_paid_with_another_table_under_the_ledgers_name(app: AppDatabase) -> None:
    app.sql(BEGIN_ANEW)
    for command in (("run",), ("run", "--dry-run"), ("install",)):
        assert "which is now entries_old" in refused(app, *command)
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="the guard is missing"):
        app.sql("SELECT sweeper.refund(1, 'x')")
    where = "EXISTS (SELECT FROM entries_old AS e WHERE e.job_id = s.id)"
    adopted = app.sweeper("adopt", "--where", where, "--reason", "archived", "--yes", "--json", now=None)
    assert adopted.document["adopted"]["sessions"] == 5
    app.sql(str(app.value("SELECT 'DROP INDEX ' || guard_index FROM sweeper.settings")))
    assert install(app) == 0
    add(app, 11, 11, "now()")
    ran = app.run(now=datetime.now(UTC) + timedelta(hours=1))
    assert (ran.exit_code, ran.document["refunds"]["sessions"]) == (0, 1)


@pytest.mark.parametrize("gone", ["true", "at < now() - interval '1 day'"], ids=["emptied", "archived"])
def test_what_was_owed_while_the_ledger_still_had_its_rows_is_held(app: AppDatabase, gone: str) -> None:
    if gone != "true":
        app.sql("UPDATE entries SET at = at - interval '2 days'")
        add(app, 11, 400, "now()")
        later = datetime.now(UTC) + timedelta(hours=1)
        assert app.run(now=later).document["refunds"]["sessions"] == 390
    before = credits(app)
    app.sql(f"DELETE FROM entries WHERE {gone}")
    add(app, 1001, 1001, "now() + interval '2 hours'")
    at = datetime.now(UTC) + timedelta(hours=4)
    planned, ran = app.run("--dry-run", "--full", now=at), app.run("--full", now=at)
    for one in (planned, ran):
        assert (one.exit_code in (0, 3), one.document["held"], one.document["refunds"]["sessions"]) == (True, 5, 1)
    assert credits(app) == before + 1
    assert app.sql("SELECT DISTINCT why FROM sweeper.holds") == [("refund_missing",)]


def test_single_missing_rows_put_nothing_on_hold(app: AppDatabase) -> None:
    app.sql("DELETE FROM entries WHERE job_id = 6")
    add(app, 11, 11)
    ran = app.run("--full", now=None)
    assert (ran.exit_code, ran.document["refunds"]["sessions"]) == (0, 1)
    # sweeper's own ledger has it all the same
    assert app.run("--session", "6", now=None).document["refunds"]["sessions"] == 0
    assert app.value("SELECT sweeper.refund(6, 'again', NULL, 'worker')") == 0


def test_refunds_from_before_the_ledger_put_nothing_on_hold(server: Server, tmp_path: Path) -> None:
    with server.blank(tmp_path, TABLES) as database:
        database.config.write_text(FILE.format(sessions=""))
        assert install(database) == 0
        add(database, 1, 10)
        assert database.run(now=None).document["refunds"]["sessions"] == 10
        database.append(LEDGER)
        assert install(database) == 0
        add(database, 11, 11)
        ran = database.run(now=None)
        assert (ran.exit_code, ran.document["refunds"]["sessions"]) == (0, 1)


@pytest.fixture
def refunded_by_app(app: AppDatabase) -> AppDatabase:
    """Twenty more jobs, a day apart, that the app refunded itself, and a full sweep that saw their rows."""
    app.sql("DELETE FROM jobs WHERE id <= 10")
    add(app, 101, 120, "now() - interval '30 days' + n % 100 * interval '1 day'")
    app.sql("INSERT INTO entries SELECT id, user_id, 'refund', cost, started_at FROM jobs WHERE id > 100")
    assert app.run("--full", now=None).document["refunds"]["sessions"] == 0
    return app


def archive(app: AppDatabase, job_id: int) -> None:
    """The app moves the rows of its ledger up to that of this job elsewhere, and one more session is owed."""
    app.sql("DELETE FROM entries WHERE job_id BETWEEN 101 AND %s", job_id)
    add(app, 1000 + job_id, 1000 + job_id)


def test_nothing_is_paid_again_while_a_ledger_is_archived_bit_by_bit(refunded_by_app: AppDatabase) -> None:
    app = refunded_by_app
    for archived in (101, 102, 105, 112):
        archive(app, archived)
        for flags in (("--dry-run", "--full"), ("--full",), ("--full",)):
            ran = app.run(*flags, now=None)
            assert ran.exit_code in (0, 3), ran.stderr
            assert ran.document["refunds"]["sessions"] == (0 if ran.document["held"] == 0 else 1)
        assert app.value("SELECT count(*) FROM sweeper.holds WHERE why = 'refund_missing'") == archived - 100
        assert app.value("SELECT count(*) FROM sweeper.refunds WHERE session_id BETWEEN 101 AND 120") == 0


def test_refund_pays_nothing_again_of_a_ledger_that_was_emptied(app: AppDatabase) -> None:
    app.sql("DELETE FROM entries")
    assert [refund(app, job_id, cast="int") for job_id in (1, 5)] == [0, 0]
    assert app.sql("SELECT why FROM sweeper.holds") == [("refund_missing",)] * 2
    add(app, 11, 11, "clock_timestamp()")
    assert refund(app, 11, cast="int") == 1


def test_refund_is_not_stopped_by_the_only_row_that_is_gone_since_a_session_failed(app: AppDatabase) -> None:
    """A run pays it, too."""
    later = datetime.now(UTC) + timedelta(hours=3)
    add(app, 11, 11, "now() + interval '1 hour'")
    add(app, 12, 12, "now() + interval '170 minutes'")
    assert app.run(now=later).document["refunds"]["sessions"] == 1
    app.sql("DELETE FROM entries WHERE job_id = 11")
    planned = app.run("--dry-run", "--full", now=later + timedelta(hours=1))
    assert (planned.document["refunds"]["sessions"], refund(app, 12, cast="int")) == (1, 1)


def test_refund_pays_nothing_again_of_a_ledger_that_is_archived(refunded_by_app: AppDatabase) -> None:
    app = refunded_by_app
    archive(app, 105)
    add(app, 11, 11, "clock_timestamp()")
    assert [refund(app, job_id, cast="int") for job_id in (101, 105, 120, 11)] == [0, 0, 0, 1]
    assert app.sql("SELECT why FROM sweeper.holds") == [("refund_missing",)] * 2


def test_what_a_full_sweep_saw_is_kept_while_no_run_follows(refunded_by_app: AppDatabase) -> None:
    """The next run, after a pause, deletes idle runs of over a month ago, and this one was such."""
    app = refunded_by_app
    archive(app, 105)
    ran = app.run("--full", now=datetime.now(UTC) + timedelta(days=40))
    assert (ran.exit_code, ran.document["held"], ran.document["refunds"]["sessions"]) == (3, 5, 1)


def test_nothing_is_paid_again_when_rows_in_the_middle_are_gone(refunded_by_app: AppDatabase) -> None:
    app = refunded_by_app
    app.sql("DELETE FROM entries WHERE job_id BETWEEN 104 AND 106")
    ran = app.run("--full", now=None)
    assert (ran.exit_code, ran.document["held"], ran.document["refunds"]["sessions"]) == (3, 3, 0)


def test_the_archive_of_a_ledger_is_remembered_under_a_changed_file(refunded_by_app: AppDatabase) -> None:
    app = refunded_by_app
    archive(app, 105)
    assert app.run("--full", now=None).document["held"] == 5
    app.configure('amount = "cost"', 'amount = "cost + 0"')
    assert install(app) == 0
    for _ in range(2):
        assert app.run("--full", now=None).document["refunds"]["sessions"] == 0


def test_rows_deleted_with_an_account_put_no_other_session_on_hold(refunded_by_app: AppDatabase) -> None:
    app = refunded_by_app
    app.sql("DELETE FROM entries WHERE job_id = 110; DELETE FROM jobs WHERE id = 110")
    add(app, 11, 11, "now() - interval '25 days'")
    ran = app.run("--full", now=None)
    assert (ran.exit_code, ran.document["refunds"]["sessions"]) == (0, 1)


def test_what_a_full_sweep_saw_is_not_part_of_the_history(refunded_by_app: AppDatabase) -> None:
    app = refunded_by_app
    assert app.value(
        "SELECT jsonb_array_length(told #> '{seen,sessions}') FROM sweeper.runs ORDER BY started_at DESC LIMIT 1"
    )
    assert "seen" not in app.sweeper("history", "--json", now=None).stdout
