"""Layers that refund sessions of one charge at the same time, in an app whose balance is the sum of its ledger."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase

TAKEN = "SELECT sum(b.taken) FROM books AS b WHERE b.charge = {}"
CHARGED = {"subquery": f"({TAKEN.format('s.error')})", "function": "taken_of(s.error)"}


@pytest.fixture
def app(bare: AppDatabase) -> App:
    """Two failed jobs of one charge of 3."""
    app = App(bare)
    del app.sections["accounts"]
    app.sql("CREATE TABLE books (charge text, job text, owner text, taken numeric NOT NULL); DELETE FROM jobs")
    for job in ("j1", "j2"):
        app.sql("INSERT INTO jobs VALUES (%s, 'w', 'failed', 3, 'c', '{}', '2026-11-23 10:00Z')", job)
    app.sql("INSERT INTO books VALUES ('c', NULL, 'w', 3)")
    app.sql(f"CREATE FUNCTION taken_of(text) RETURNS numeric LANGUAGE sql STABLE AS '{TAKEN.format('$1')}'")
    row = {"charge": "s.error", "job": "session_id", "owner": "account_id", "taken": "-amount"}
    app.map("ledger", table="books", session="job", where="taken < 0", insert=row)
    return app


def refund(connection: psycopg.Connection, job: str) -> object:
    return connection.execute(f"SELECT sweeper.refund('{job}', 'test')").fetchone()


@pytest.mark.parametrize("reads", CHARGED)
def test_one_charge_is_given_back_once(app: App, reads: str) -> None:
    """The second call waits for the first, and sees what it wrote."""
    app.map(charged=CHARGED[reads])
    assert app.install().exit_code == 0
    with app.database.connect() as one, app.database.connect() as other, ThreadPoolExecutor() as threads:
        assert refund(one, "j1") == (3,)
        waiting = threads.submit(refund, other, "j2")
        with pytest.raises(TimeoutError):
            waiting.result(timeout=0.5)
        one.commit()
        assert waiting.result() == (0,)
    assert app.sql("SELECT sum(taken) FROM books") == [(0,)]


@pytest.mark.parametrize("reads", CHARGED)
def test_a_charge_is_never_read_from_an_old_snapshot(app: App, reads: str) -> None:
    app.map(charged=CHARGED[reads])
    assert app.install().exit_code == 0
    with app.database.connect() as layer:
        layer.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="at repeatable read"):
            refund(layer, "j1")
