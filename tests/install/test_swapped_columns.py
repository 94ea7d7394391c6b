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
