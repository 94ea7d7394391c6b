"""The app at work beside a sweep: what it has locked is left, and it is never the one that gives way."""

import threading
import time
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest

from sweeper.postgres.transaction import Transaction
from sweeper.sweep.throttle import Throttle, Traffic
from tests.helpers.app_database import AppDatabase
from tests.helpers.statements import before, name_of


def wait_for_waiter(database: AppDatabase, query: str) -> None:
    """Return when a statement like ``query`` waits for a lock."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE %s"
    while not database.value(waiting, query):
        time.sleep(0.005)


def test_rows_that_the_app_has_locked_are_skipped_counted_and_paid_by_the_next_run(first: AppDatabase) -> None:
    for account in ("u1", "u2", "u3"):
        first.account(account)
        first.session(f"of-{account}", account=account)
    with first.connect() as app:
        app.execute("SELECT FROM prediction_sessions WHERE id = 'of-u1' FOR UPDATE")
        app.execute("SELECT FROM users WHERE id = 'u2' FOR UPDATE")
        begun = time.monotonic()
        ran = first.run()
        assert time.monotonic() - begun < 5
    assert ran.exit_code == 0
    assert (ran.document["skipped"], ran.document["remaining"]) == (2, 2)
    assert first.refunds() == {"of-u3": 3}
    assert first.run().document["refunds"]["sessions"] == 2


def test_what_the_app_unlocks_soon_is_paid_by_the_same_run(first: AppDatabase) -> None:
    """A run tries the skipped again at its end, a little later each time: an app's transaction is short."""
    first.account()
    first.session("s1")
    with first.connect() as app:
        app.execute("SELECT * FROM prediction_sessions FOR UPDATE")
        waited: list[float] = []

        def sleep(seconds: float) -> None:
            waited.append(seconds)
            if seconds == 0.1:
                app.rollback()

        with patch("sweeper.sweep.sweep.time.sleep", sleep):
            document = first.run().document
    assert (document["refunds"]["sessions"], document["skipped"], waited[-1]) == (1, 0, 0.1)


def test_a_sweep_notices_that_somebody_waits_for_what_it_has_locked(first: AppDatabase) -> None:
    """And only then: the pace of the batches goes by it."""
    for number in range(3):
        first.account(f"u{number}")
        first.session(f"s{number}", account=f"u{number}")
    noticed: list[bool] = []

    def held(self: Throttle, seconds: float, traffic: Traffic, *, full: bool) -> float:
        noticed.append(traffic.waited_for)
        return 0

    def spend() -> None:
        with first.connect() as app:
            app.execute("UPDATE users SET credits = credits - 1 WHERE id = 'u0'")

    spender = threading.Thread(target=spend)

    def start_to_wait() -> None:
        spender.start()
        wait_for_waiter(first, "UPDATE users%")

    with before("pay", start_to_wait), patch.object(Throttle, "held", held):
        first.run("--batch-size", "1")
    spender.join()
    assert noticed == [True, False, False]


def test_a_sweep_of_a_role_without_privileges_notices_the_app_at_work(first: AppDatabase) -> None:
    """The app has a role of its own, of which a plain role sees little: that it is there, and whether it writes."""
    first.account()
    first.session("s1")
    first.session("s2")
    noticed: list[Traffic] = []

    def held(self: Throttle, seconds: float, traffic: Traffic, *, full: bool) -> float:
        noticed.append(traffic)
        app.rollback()
        return 0

    with first.connect() as app, patch.object(Throttle, "held", held):
        app.execute("INSERT INTO users (id, credits, total_credits_earned) VALUES ('u2', 1, 1)")
        first.run("--batch-size", "1", role="sweeper_runner")
    assert [(traffic.sweeps, traffic.writers) for traffic in noticed] == [(1, 1), (1, 0)]
    assert all(traffic.others >= 1 for traffic in noticed)


def test_the_app_inserts_child_rows_while_a_batch_is_open(first: AppDatabase) -> None:
    first.account()
    first.session("owed")
    first.sql("CREATE TABLE child (user_id text REFERENCES users, session_id text REFERENCES prediction_sessions)")
    first.sql("SET lock_timeout = '200ms'")
    with before("pay", lambda: first.sql("INSERT INTO child VALUES ('u1', 'owed')")) as done:
        ran = first.run()
    assert done
    assert ran.document["refunds"]["sessions"] == 1
    with first.connect() as app:  # and an open insert of the app's does not make the sweep skip
        first.session("later")
        app.execute("INSERT INTO child VALUES ('u1', 'later')")
        assert first.run().document["refunds"]["sessions"] == 1


@pytest.mark.parametrize("first_locked", ["account", "session"])
def test_the_app_is_never_the_deadlock_victim_in_either_order(first: AppDatabase, first_locked: str) -> None:
    first.account()
    first.session("owed")
    account = "UPDATE users SET credits = credits + 1 WHERE id = 'u1'"
    session = "UPDATE prediction_sessions SET step = 'x' WHERE id = 'owed'"
    one, other = (account, session) if first_locked == "account" else (session, account)
    finished = threading.Event()

    def handler() -> None:
        with first.connect() as app:
            app.execute("SET LOCAL lock_timeout = '5s'")
            app.execute(one)
            holding.set()
            time.sleep(0.4)
            app.execute(other)
        finished.set()

    holding = threading.Event()
    with before("lock_accounts" if first_locked == "account" else "lock_sessions", lambda: holding.wait(5)):
        thread = threading.Thread(target=handler)
        thread.start()
        ran = first.run()
        thread.join(10)
    assert finished.is_set()
    assert ran.exit_code == 0
    first.run()
    assert (first.credits(), first.refunds()) == (104, {"owed": 3})


def test_a_sweep_that_waits_for_its_turn_is_not_taken_for_the_app(first: AppDatabase) -> None:
    """Runs that share a cap pay one at a time: each waits for the other's row in the table locks."""
    first.account()
    first.session("s1")
    noticed: list[bool] = []

    def held(self: Throttle, seconds: float, traffic: Traffic, *, full: bool) -> float:
        noticed.append(traffic.waited_for)
        return 0

    def wait_for_turn() -> None:
        with first.connect() as sweep:
            sweep.execute("SET application_name = 'sweeper run'")
            sweep.execute("SELECT FROM sweeper.locks WHERE name = 'caps' FOR NO KEY UPDATE")

    waiter = threading.Thread(target=wait_for_turn)

    def start_to_wait() -> None:
        waiter.start()
        wait_for_waiter(first, "%sweeper.locks%")

    with before("pay", start_to_wait), patch.object(Throttle, "held", held):
        assert first.run().document["refunds"]["sessions"] == 1
    waiter.join()
    assert noticed == [False]


def test_an_installation_does_not_wait_for_runs_that_wait_for_their_turn(first: AppDatabase) -> None:
    """A run locks the installation for a batch only when it is its turn, or two runs would keep `install` out."""
    first.account()
    first.session("s1")
    with first.connect() as another:
        another.execute("SELECT FROM sweeper.locks WHERE name = 'caps' FOR NO KEY UPDATE")
        free: list[bool] = []

        def look() -> None:
            with first.connect() as keeper:
                rows = keeper.execute(
                    "SELECT FROM sweeper.locks WHERE name = 'installation' FOR UPDATE SKIP LOCKED"
                ).fetchall()
                free.append(bool(rows))
            another.rollback()

        waiting = threading.Thread(target=_once_it_waits, args=(first, look))
        waiting.start()
        assert first.run().document["refunds"]["sessions"] == 1
        waiting.join()
    assert free == [True]


def _once_it_waits(database: AppDatabase, look: Callable[[], None]) -> None:
    wait_for_waiter(database, "%lock caps%")
    look()


def test_a_turn_is_waited_for_longer_than_a_row_of_the_apps(first: AppDatabase) -> None:
    """The server logs each wait that it cancels; after it a batch waits for rows as briefly as before."""
    first.account()
    first.session("s1")
    first.session("s2")
    bounds: list[str] = []
    with first.connect() as another:
        another.execute("SELECT FROM sweeper.locks WHERE name = 'caps' FOR NO KEY UPDATE")

        def give_way() -> None:
            time.sleep(0.3)
            another.rollback()

        original = Transaction.rows

        def rows(self: Transaction, text: str, binds: Any = None) -> Any:
            if name_of(text) in ("lock_caps", "lock_sessions"):
                bounds.append(original(self, "SELECT pg_catalog.current_setting('lock_timeout') AS bound")[0].bound)
            return original(self, text, binds)

        holder = threading.Thread(target=_once_it_waits, args=(first, give_way))
        with patch.object(Transaction, "rows", rows):
            holder.start()
            assert first.run().document["refunds"]["sessions"] == 2
        holder.join()
    assert bounds == ["500ms", "50ms"]
