"""Another column has the name of one that the file names."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.jobs import add_job, install, jobs, refused, sweep
from tests.helpers.server import Server

MORE = "ALTER TABLE jobs ADD payer text DEFAULT 'w'; INSERT INTO users VALUES ('u'), ('w')"


@pytest.fixture
def app(server: Server, tmp_path: Path) -> Iterator[AppDatabase]:
    for database in jobs(server, tmp_path, more=MORE):
        add_job(database, 1)
        yield database


@pytest.mark.parametrize(
    ("migration", "name", "renamed"),
    [
        ("ALTER TABLE jobs RENAME cost TO cost_usd; ALTER TABLE jobs ADD cost numeric DEFAULT 100", "cost", "cost_usd"),
        ("ALTER TABLE jobs RENAME user_id TO owner; ALTER TABLE jobs RENAME payer TO user_id", "user_id", "owner"),
        ("ALTER TABLE users RENAME credits TO old; ALTER TABLE users ADD credits numeric DEFAULT 0", "credits", "old"),
    ],
    ids=["amount", "account", "balance"],
)
def test_nobody_is_paid_by_another_column_until_an_installation(
    app: AppDatabase, migration: str, name: str, renamed: str
) -> None:
    app.sql(migration)
    said = refused(app, "run")
    assert f"{name}, which the file names, is not the same column" in said
    assert f"which is now {renamed}" in said
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match=f"has the name {name}"):
        app.sql("SELECT sweeper.refund(1, 'x')")
    assert install(app) == 0
    assert sweep(app) > 0


OTHERS = """
CREATE TABLE "Entries" (job_id int, "userId" text, kind text, amount numeric, rate numeric, maker text);
CREATE TABLE prices (id int, job_id int, price numeric, note text);
INSERT INTO prices VALUES (1, 1, 5); INSERT INTO users VALUES ('u');
ALTER TABLE jobs ADD "creditsBack" boolean, ADD maker text, ADD amount text; ALTER TABLE users ADD status text;
"""
LEDGER = """
[sessions.refunded]
creditsBack = "true"
[ledger]
table = '"Entries"'
session = "job_id"
where = "kind = 'refund'"
[ledger.insert]
job_id = "session_id"
userId = "account_id"
kind = "'refund'"
amount = "amount"
maker = "s.maker"
"""


@pytest.fixture
def with_others(server: Server, tmp_path: Path) -> Iterator[AppDatabase]:
    """The amount is in another table, and a refund is a row of the app's ledger and a mark."""
    for database in jobs(server, tmp_path, more=OTHERS):
        price = "(SELECT sum(a.price) FROM prices AS a WHERE a.job_id = s.id)"
        database.configure('amount = "cost"', f'amount = "{price}"')
        database.append(LEDGER)
        assert install(database) == 0
        add_job(database, 1)
        yield database


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ('"Entries"', "amount"),
        ('"Entries"', '"userId"'),
        ("prices", "price"),
        ("jobs", '"creditsBack"'),
        ("jobs", "maker"),
    ],
    ids=["ledger", "quoted", "subquery", "mark", "written"],
)
def test_nor_by_another_column_of_the_ledger_or_of_a_subquery(
    with_others: AppDatabase, table: str, column: str
) -> None:
    app = with_others
    app.sql(f"ALTER TABLE {table} RENAME {column} TO was")
    app.sql(f"ALTER TABLE {table} ADD {column} {'boolean' if table == 'jobs' else 'numeric DEFAULT 500'}")
    name = column.strip('"')
    assert f"{name}, which the file names, is not the same column" in refused(app, "run")
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match=f"has the name {name}"):
        app.sql("SELECT sweeper.refund(1, 'x')")


@pytest.mark.parametrize(
    ("table", "column"),
    [('"Entries"', "rate"), ("prices", "note"), ("prices", "id"), ("users", "status"), ("jobs", "amount")],
)
def test_columns_of_these_that_the_file_does_not_name_stop_nothing(
    with_others: AppDatabase, table: str, column: str
) -> None:
    with_others.sql(f"ALTER TABLE {table} RENAME {column} TO was; ALTER TABLE {table} ADD {column} uuid")
    assert (sweep(with_others), with_others.value("SELECT sweeper.refund(1, 'x')")) == (5, 0)


@pytest.mark.parametrize(
    "migration",
    [
        "ALTER TABLE jobs RENAME tries TO cost_note; ALTER TABLE jobs ADD tries int",
        "ALTER TABLE jobs ADD price numeric; UPDATE jobs SET price = cost; ALTER TABLE jobs DROP cost; "
        "ALTER TABLE jobs RENAME price TO cost",
    ],
    ids=["not named", "dropped"],
)
def test_other_columns_stop_nothing(app: AppDatabase, migration: str) -> None:
    app.sql(migration)
    assert (sweep(app), app.value("SELECT sweeper.refund(1, 'x')")) == (1, 0)
