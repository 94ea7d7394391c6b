"""What a batch never waits for, and how long others may have to wait for it."""

import threading
import time
from contextlib import ExitStack, suppress
from typing import Any
from unittest.mock import patch

import psycopg
import pytest

from sweeper.postgres.transaction import Transaction
from sweeper.sweep.throttle import Throttle
from tests.helpers.app_database import AppDatabase
from tests.helpers.statements import before, name_of


@pytest.mark.slow
def test_no_row_is_locked_for_longer_than_a_quarter_of_a_second_where_each_takes_a_millisecond(
    first: AppDatabase,
) -> None:
    """From the first batch on, when it is not known yet how long it takes."""
    first.sql(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_sleep(0.001); RETURN new; END $$; "
        "CREATE TRIGGER slow BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION slow()"
    )
    first.crowd(accounts=1000, sessions=1000)
    original, seconds = Throttle.held, []

    def held(self: Throttle, *seen: Any, full: bool) -> float:
        seconds.append(seen[0])
        return original(self, *seen, full=full)

    with patch.object(Throttle, "held", held):
        assert first.run(now=None).document["refunds"]["sessions"] == 1000
    assert 0.05 < max(seconds) < 0.25
    assert len(seconds) < 30


@pytest.mark.parametrize("table", ["prediction_sessions", "users"])
def test_a_page_of_rows_that_the_app_has_locked_costs_no_wait(first: AppDatabase, table: str) -> None:
    for number in range(10):
        first.account(f"u{number}")
        first.session(f"s{number}", account=f"u{number}")
    with first.connect() as app:
        app.execute(f"SELECT FROM {table} FOR UPDATE")
        begun = time.monotonic()
        ran = first.run()
        waited = time.monotonic() - begun
    assert (ran.document["skipped"], first.refunds()) == (10, {})
    assert waited < 4, "ten times lock_timeout, and more, were waited for"


def test_a_batch_does_not_wait_for_one_transaction_of_the_app_after_another(ledger_only: AppDatabase) -> None:
    """A ledger whose foreign key points to customers: each refund waits for whoever has its customer's row.

    All the while a handler wants a session of the batch, and has the row that the batch would come to last: it waited
    for the sum of the waits, and was the deadlock's victim.
    """
    ledger_only.sql("ALTER TABLE credit_entries ADD FOREIGN KEY (customer_id) REFERENCES customers")
    for _ in range(6):
        ledger_only.sql(
            "WITH c AS (INSERT INTO customers DEFAULT VALUES RETURNING id) INSERT INTO projects (owner_id) TABLE c"
        )
    ledger_only.sql(
        "INSERT INTO renders (project_id, state, charge, started, ended) "
        "SELECT id, 'failed', 2, '2026-11-22Z', '2026-11-22Z' FROM projects"
    )
    waited: list[float] = []

    def handle(app: psycopg.Connection[Any]) -> None:
        begun = time.monotonic()
        with suppress(psycopg.errors.DeadlockDetected):
            app.execute("UPDATE renders SET message = 'looked at' WHERE id = 6")
            waited.append(time.monotonic() - begun)
        app.commit()

    with ExitStack() as stack:
        apps = [stack.enter_context(ledger_only.connect()) for _ in range(6)]
        for number, app in enumerate(apps, start=1):
            app.execute("SELECT FROM customers WHERE id = %s FOR UPDATE", [number])
        threads = [threading.Timer(0.19 * number, app.commit) for number, app in enumerate(apps[:-1], start=1)]
        threads.append(threading.Thread(target=handle, args=[apps[-1]]))
        with before("pay", lambda: [thread.start() for thread in threads]):
            assert ledger_only.run().exit_code == 0
        for thread in threads:
            thread.join()
    assert waited, "the handler was the victim"
    assert waited[0] < 0.6
    ledger_only.run()
    assert ledger_only.value("SELECT count(*) FROM sweeper.refunds") == 6


@pytest.mark.parametrize(
    ("sessions", "deadlock_timeout", "lock_timeout"),
    [(1, "1s", "250ms"), (1, "300ms", "150ms"), (2, "1s", "50ms"), (2, "60ms", "30ms")],
)
def test_a_batch_gives_way_well_before_the_server_looks_for_deadlocks(
    first: AppDatabase, sessions: int, deadlock_timeout: str, lock_timeout: str
) -> None:
    """One of several sessions even earlier than one of a single session."""
    first.account()
    for number in range(sessions):
        first.session(f"owed-{number}")
    name = first.value("SELECT current_database()")
    first.sql(f"ALTER DATABASE \"{name}\" SET deadlock_timeout = '{deadlock_timeout}'")
    original, found = Transaction.rows, []

    def rows(self: Transaction, text: str, binds: Any = None) -> Any:
        if name_of(text) == "lock_sessions":
            found.append(original(self, "SHOW lock_timeout")[0][0])
        return original(self, text, binds)

    with patch.object(Transaction, "rows", rows):
        first.run("--batch-size", str(sessions))
    assert set(found) == {lock_timeout}
