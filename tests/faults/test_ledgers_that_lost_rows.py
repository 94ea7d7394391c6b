"""The app's ledger begins anew, or is archived: what the app itself refunded is not paid again."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.jobs import FILE, install, refused
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


def test_another_table_with_the_ledgers_name_pays_nobody(app: AppDatabase) -> None:
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


def test_single_rows_that_are_gone_hold_nobody(app: AppDatabase) -> None:
    app.sql("DELETE FROM entries WHERE job_id = 6")
    add(app, 11, 11)
    ran = app.run("--full", now=None)
    assert (ran.exit_code, ran.document["refunds"]["sessions"]) == (0, 1)


def test_refunds_from_before_there_was_a_ledger_hold_nobody(server: Server, tmp_path: Path) -> None:
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
