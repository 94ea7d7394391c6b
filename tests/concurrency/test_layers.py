"""sweeper.refund() beside other layers, a sweep and the app: refunded once, and never beside the balance."""

import threading
import time

import psycopg
import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.prisma_app import prisma_job
from tests.helpers.refund_function import refund


def gives_back_once(database: AppDatabase) -> None:
    """A run and another layer come while the refund of j1, of the same charge, is not committed."""
    gave: list[object] = []
    with database.connect() as worker:
        worker.execute("SELECT sweeper.refund('j1', 'x', NULL, 'worker')")
        ran = database.run()
        assert (ran.exit_code, ran.document["refunds"]["sessions"], ran.document["skipped"]) == (0, 0, 2)
        second = threading.Thread(target=lambda: gave.append(refund(database, "j2")))
        second.start()
        second.join(timeout=0.2)
    second.join(timeout=20)
    assert (gave, database.value("SELECT sum(taken) FROM books")) == ([0], 0)


def test_two_layers_at_once_refund_once(first: AppDatabase) -> None:
    first.account()
    first.session("s1")
    amounts = []

    def handle() -> None:
        with first.connect() as handler:
            amounts.append(handler.execute("SELECT sweeper.refund('s1', 'x', NULL, 'queue')").fetchone())

    with first.connect() as worker:
        worker.execute("SELECT sweeper.refund('s1', 'x', NULL, 'worker')")
        second = threading.Thread(target=handle)
        second.start()
    second.join(timeout=20)
    assert amounts == [(0,)]
    assert first.credits() == 103


@pytest.mark.parametrize("isolation", [psycopg.IsolationLevel.REPEATABLE_READ, psycopg.IsolationLevel.SERIALIZABLE])
def test_a_handler_with_an_older_snapshot_never_pays_again(
    first: AppDatabase, isolation: psycopg.IsolationLevel
) -> None:
    first.account()
    first.session("s1")
    with first.connect() as handler:
        handler.isolation_level = isolation
        handler.execute("SELECT count(*) FROM prediction_sessions")
        first.run()
        with pytest.raises(psycopg.errors.SerializationFailure):
            handler.execute("SELECT sweeper.refund('s1', 'x', NULL, 'worker')")
    assert first.credits() == 103


def test_a_session_that_a_layer_is_refunding_cannot_be_changed(first: AppDatabase) -> None:
    first.account()
    first.session("s1")
    first.sql("SET lock_timeout = '100ms'")
    with first.connect() as handler:
        handler.execute("SELECT sweeper.refund('s1', 'x', NULL, 'worker')")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            first.sql("UPDATE prediction_sessions SET status = 'generating' WHERE id = 's1'")


def test_a_balance_that_the_app_is_changing_is_waited_for(first: AppDatabase) -> None:
    first.account()
    first.session("s1")
    with first.connect() as app:
        app.execute("UPDATE users SET credits = credits + 5")
        commit = threading.Timer(0.3, app.commit)
        commit.start()
        assert refund(first, "s1") == 3
        commit.join()
    assert first.credits() == 108


def test_a_refund_of_the_apps_own_that_commits_while_it_waits_gives_zero_and_moves_nothing(prisma: AppDatabase) -> None:
    """It finds nothing, waits at the guard of the app's ledger, and then has nothing to pay."""
    user, job = prisma_job(prisma)
    gave: list[object] = []
    with prisma.connect() as handler:
        handler.execute(
            'INSERT INTO app."CreditTransaction" ("id", "userId", "jobId", "type", "amount") '
            "VALUES ('by-app', %s, %s, 'REFUND', 3)",
            (user, job),
        )

        def wait() -> None:
            with prisma.connect() as layer:
                gave.extend(layer.execute("SELECT sweeper.refund(%s::uuid, 'late')", (job,)).fetchone() or ())

        waiter = threading.Thread(target=wait)
        waiter.start()
        while not prisma.value("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            time.sleep(0.01)
    waiter.join()
    assert gave == [0]
    assert prisma.value('SELECT "creditBalance" FROM app."User"') == 10


@pytest.mark.parametrize("isolation", [psycopg.IsolationLevel.REPEATABLE_READ, psycopg.IsolationLevel.SERIALIZABLE])
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("charged", "3 - (SELECT count(*) FROM given_back)"),
        ("never", "EXISTS (TABLE given_back)"),
        ("amount", "3 - (SELECT count(*) FROM given_back)"),
    ],
)
def test_what_a_handler_with_an_older_snapshot_would_read_of_other_rows_is_not_paid(
    first: AppDatabase, isolation: psycopg.IsolationLevel, key: str, value: str
) -> None:
    """The app's other layer gives back what was taken, and changes neither the session's row nor the account's."""
    first.sql("CREATE TABLE given_back (id int)")
    if key == "amount":
        first.configure("cardinality(selected_models)", value)
    else:
        first.configure("[sessions]", f"[sessions]\n{key} = '{value}'")
    assert first.sweeper("install").exit_code == 0
    first.account()
    first.session("s1")
    with first.connect() as handler:
        handler.isolation_level = isolation
        handler.execute("SELECT count(*) FROM prediction_sessions")
        first.sql("INSERT INTO given_back VALUES (1), (2), (3)")
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="cannot be called at"):
            handler.execute("SELECT sweeper.refund('s1', 'x', NULL, 'worker')")
    assert first.credits() == 100


def test_two_layers_at_once_give_one_shared_charge_back_once(bare: AppDatabase) -> None:
    """There is no account to lock, and each is of another session: they take turns all the same."""
    app = App(bare)
    app.sql("CREATE TABLE books (job text, owner text NOT NULL, taken numeric NOT NULL); DELETE FROM jobs")
    app.sql(
        "INSERT INTO jobs SELECT 'j' || n, 'w', 'failed', 3, 'no', '{}', '2026-11-23 10:00Z' "
        "FROM generate_series(1, 2) AS n"
    )
    app.sql("INSERT INTO books VALUES (NULL, 'w', 3)")
    app.map(amount="(SELECT sum(b.taken) FROM books AS b WHERE b.owner = s.owner)")
    del app.sections["accounts"]
    row = {"job": "session_id", "owner": "account_id", "taken": "-amount"}
    app.map("ledger", table="books", session="job", where="taken < 0", insert=row)
    assert app.install().exit_code == 0
    gives_back_once(bare)


@pytest.mark.parametrize(
    "keys",
    [
        {"charged": "(SELECT sum(b.taken) FROM books AS b WHERE b.charge = s.meta ->> 'charge')"},
        {"exclude": "EXISTS (SELECT FROM jobs AS o WHERE o.meta = s.meta AND o.refunded)"},
    ],
)
@pytest.mark.parametrize("with_accounts", [True, False])
def test_sessions_of_several_accounts_that_share_a_charge_take_turns(
    bare: AppDatabase, keys: dict[str, str], with_accounts: bool
) -> None:
    app = App(bare)
    app.sql("CREATE TABLE books (job text, charge text NOT NULL, taken numeric NOT NULL)")
    app.sql("DELETE FROM jobs; INSERT INTO wallets VALUES ('x'); ALTER TABLE jobs ADD refunded bool")
    app.sql(
        """INSERT INTO jobs SELECT 'j' || n, (ARRAY['w', 'x'])[n], 'failed', 3, 'no', '{"charge": "c"}', """
        "'2026-11-23 10:00Z' FROM generate_series(1, 2) AS n"
    )
    app.sql("INSERT INTO books VALUES (NULL, 'c', 3)")
    app.map(**keys)
    app.map("sessions.refunded", refunded="true")
    if not with_accounts:
        del app.sections["accounts"]
    row = {"job": "session_id", "charge": "'c'", "taken": "-amount"}
    app.map("ledger", table="books", session="job", where="taken < 0", insert=row)
    assert app.install().exit_code == 0
    gives_back_once(bare)
