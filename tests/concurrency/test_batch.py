"""What happens between the statements of a batch: every race that cost somebody money once."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psycopg
import pytest

from sweeper.postgres.database import Transaction
from sweeper.sweep.throttle import Pace, Traffic
from tests.support import AppDatabase

CHECKOUT = Path(__file__).parents[2]


@contextmanager
def before(statement: str, action: Callable[[], object]) -> Iterator[list[bool]]:
    """Do ``action`` once, just before the sweep sends the statement whose comment begins so."""
    original = Transaction.rows
    done: list[bool] = []

    def rows(self: Transaction, text: str, binds: Any = None) -> Any:
        if text.startswith(f"-- {statement}") and not done:
            done.append(True)
            action()
        return original(self, text, binds)

    with patch.object(Transaction, "rows", rows):
        yield done


def start(app: AppDatabase, *flags: str) -> subprocess.Popen[str]:
    """A sweep in a process of its own."""
    environment = {**os.environ, **app.environment, "PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, "-m", "sweeper", "run", "--json", *flags]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def prisma_job(app: AppDatabase, price: str = "3") -> tuple[str, str]:
    """A user and one failed job of theirs."""
    user = app.value('INSERT INTO app."User" ("creditBalance") VALUES (10) RETURNING "id"::text')
    job = app.value(
        'INSERT INTO app."Job" ("userId", "status", "createdAt") VALUES (%s, \'FAILED\', \'2026-11-20\') '
        'RETURNING "id"::text',
        user,
    )
    app.sql('INSERT INTO app."JobItem" ("jobId", "price") VALUES (%s, %s)', job, price)
    return user, job


def test_an_amount_that_changes_after_the_lock_is_paid_as_it_is_now(prisma: AppDatabase) -> None:
    user, _job = prisma_job(prisma)
    with before("pay", lambda: prisma.sql('UPDATE app."JobItem" SET "price" = 1')) as done:
        ran = prisma.run()
    assert done
    assert ran.document["refunds"]["credits"] == "1.00"
    assert prisma.value('SELECT "creditBalance" FROM app."User" WHERE "id" = %s', user) == 11


def test_a_refund_by_another_layer_after_the_lock_is_counted_and_not_paid_again(prisma: AppDatabase) -> None:
    user, job = prisma_job(prisma)

    def refund() -> None:
        prisma.sql(
            'INSERT INTO app."CreditTransaction" ("id", "userId", "jobId", "type", "amount") '
            "VALUES ('by-app', %s, %s, 'REFUND', 3)",
            user,
            job,
        )

    with before("pay", refund) as done:
        ran = prisma.run()
    assert done
    assert ran.exit_code == 0
    assert ran.document["already_refunded"] == 1
    assert ran.document["refunds"]["sessions"] == 0
    assert prisma.value('SELECT "creditBalance" FROM app."User"') == 10


def test_a_session_that_a_layer_refunds_before_the_lock_is_counted_and_not_paid_again(
    first: AppDatabase,
) -> None:
    first.account()
    first.session("s1")
    with before("lock sessions", lambda: first.sql("SELECT sweeper.refund('s1', 'late')")) as done:
        document = first.run().document
    assert done
    assert (document["already_refunded"], document["refunds"]["sessions"], document["skipped"]) == (1, 0, 0)
    assert (first.credits(), first.refunds()) == (103, {"s1": 3})


def test_a_refund_by_another_layer_that_commits_while_the_sweep_waits_for_it_is_not_paid_again(
    prisma: AppDatabase,
) -> None:
    user, job = prisma_job(prisma)
    with prisma.connect() as layer:
        layer.execute(
            'INSERT INTO app."CreditTransaction" ("id", "userId", "jobId", "type", "amount") '
            "VALUES ('by-app', %s, %s, 'REFUND', 3)",
            (user, job),
        )
        ran = prisma.run()  # waits for lock_timeout, gives way
        assert ran.document["refunds"]["sessions"] == 0
        assert ran.document["skipped"] == 1
        layer.commit()
    assert prisma.run().document["refunds"]["sessions"] == 0
    assert prisma.value('SELECT count(*) FROM app."CreditTransaction"') == 1


def test_an_account_deleted_after_the_find_is_a_hold_and_moves_nothing(first: AppDatabase) -> None:
    for account in ("u1", "u2"):
        first.account(account)
        first.session(f"of-{account}", account=account)
    with before("lock accounts", lambda: first.sql("DELETE FROM users WHERE id = 'u1'")) as done:
        ran = first.run()
    assert done
    assert ran.exit_code == 3
    assert first.refunds() == {"of-u2": 3}
    assert first.credits("u2") == 103
    assert first.sql("SELECT session_id, why FROM sweeper.holds") == [("of-u1", "no_account")]


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


def test_what_the_app_lets_go_of_soon_is_paid_by_the_same_run(first: AppDatabase) -> None:
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

    def held(self: Pace, seconds: float, traffic: Traffic, *, full: bool) -> float:
        noticed.append(traffic.waited_for)
        return 0

    def spend() -> None:
        with first.connect() as app:
            app.execute("UPDATE users SET credits = credits - 1 WHERE id = 'u0'")

    spender = threading.Thread(target=spend)

    def start_to_wait() -> None:
        spender.start()
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'UPDATE users%'"
        while not first.value(waiting):
            time.sleep(0.01)

    with before("pay", start_to_wait), patch.object(Pace, "held", held):
        first.run("--batch-size", "1")
    spender.join()
    assert noticed == [True, False, False]


def test_a_sweep_of_a_role_without_privileges_notices_the_app_at_work(first: AppDatabase) -> None:
    """The app has a role of its own, which a plain role is told little of: that it is there, and whether it writes."""
    first.account()
    first.session("s1")
    first.session("s2")
    noticed: list[Traffic] = []

    def held(self: Pace, seconds: float, traffic: Traffic, *, full: bool) -> float:
        noticed.append(traffic)
        app.rollback()
        return 0

    with first.connect() as app, patch.object(Pace, "held", held):
        app.execute("INSERT INTO users (id, credits, total_credits_earned) VALUES ('u2', 1, 1)")
        first.run("--batch-size", "1", role="sweeper_runner")
    assert [(traffic.sweeps, traffic.writers) for traffic in noticed] == [(1, 1), (1, 0)]
    assert all(traffic.others >= 1 for traffic in noticed)


def test_a_session_that_finishes_before_the_lock_is_left_alone(first: AppDatabase) -> None:
    first.account()
    first.session("wakes", "generating")
    with before("lock sessions", lambda: first.sql("UPDATE prediction_sessions SET status = 'finished'")):
        ran = first.run()
    assert ran.document["refunds"]["sessions"] == 0
    assert first.value("SELECT status::text FROM prediction_sessions") == "finished"


@pytest.mark.parametrize("dropped", ["dropped", "deferrable", "partial"])
def test_a_guard_lost_in_the_middle_of_a_run_is_an_error_and_never_a_payment(first: AppDatabase, dropped: str) -> None:
    first.account()
    first.session("owed")
    first.sql("CREATE UNIQUE INDEX unrelated ON sweeper.refunds (session_id, created_at)")
    replacement = {
        "dropped": "SELECT 1",
        "deferrable": "ALTER TABLE sweeper.refunds ADD UNIQUE (session_id, attempt, again) DEFERRABLE",
        "partial": "CREATE UNIQUE INDEX ON sweeper.refunds (session_id, attempt, again) WHERE amount > 5",
    }[dropped]

    def lose() -> None:
        first.sql("ALTER TABLE sweeper.refunds DROP CONSTRAINT refunds_session_id_attempt_again_key")
        first.sql(replacement)

    with before("lock caps together", lose) as done:
        ran = first.run()
    assert done
    assert ran.exit_code == 2
    assert ran.document["error"]["code"] == "guard_missing"
    assert (first.refunds(), first.credits()) == ({}, 100)
    assert first.run().exit_code == 2  # and the next run says so before it begins


def test_a_ledger_row_outside_its_guard_is_an_error_and_not_a_payment(prisma: AppDatabase) -> None:
    prisma_job(prisma)
    prisma.configure(
        "[ledger.insert]",
        """guard = \"\"\""type" = 'REFUND' AND "createdAt" >= '2027-01-01'\"\"\"\n[ledger.insert]""",
    )
    assert prisma.sweeper("install").exit_code == 0
    ran = prisma.run()
    assert ran.exit_code == 2, ran.stdout
    assert prisma.value('SELECT count(*) FROM app."CreditTransaction"') == 0
    assert prisma.value('SELECT "creditBalance" FROM app."User"') == 10


def test_a_balance_that_does_not_grow_by_the_ledger_rolls_the_batch_back(first: AppDatabase) -> None:
    for account in ("u1", "u2"):
        first.account(account)
        first.session(f"of-{account}", account=account)
    first.sql(
        "CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF NEW.id = 'u1' THEN NEW.credits := OLD.credits; END IF; RETURN NEW; END $$"
    )
    first.sql("CREATE TRIGGER meddle BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION meddle()")
    ran = first.run()
    assert ran.exit_code == 3
    assert first.refunds() == {"of-u2": 3}
    assert (first.credits("u1"), first.credits("u2")) == (100, 103)


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
    with before("lock accounts" if first_locked == "account" else "lock sessions", lambda: holding.wait(5)):
        thread = threading.Thread(target=handler)
        thread.start()
        ran = first.run()
        thread.join(10)
    assert finished.is_set()
    assert ran.exit_code == 0
    first.run()
    assert (first.credits(), first.refunds()) == (104, {"owed": 3})


def test_several_sweeps_at_once_share_the_work_and_pay_each_session_once(first: AppDatabase) -> None:
    for number in range(20):
        first.account(f"u{number}", credits=0)
    for number in range(300):
        first.session(f"s{number}", "generating" if number % 2 else "error", account=f"u{number % 20}")
    documents = []
    for process in [start(first, "--batch-size", "7") for _ in range(3)]:
        out, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        documents.append(json.loads(out))
    first.run(now=None)
    assert first.refunds() == {f"s{number}": 3 for number in range(300)}
    assert first.sql("SELECT sum(credits), min(credits), max(credits) FROM users") == [(900, 45, 45)]
    assert sum(document["refunds"]["sessions"] for document in documents) == 300


def test_two_sweeps_pay_from_both_ends_and_look_at_what_the_other_has_paid_once(first: AppDatabase) -> None:
    """One of them is played: it has the first batch in its hands, and then has refunded the first half."""
    first.account(credits=0)
    first.sql(
        "INSERT INTO prediction_sessions (id, user_id, status, selected_models, created_at) "
        "SELECT 's' || to_char(n, 'FM0000'), 'u1', 'error', ARRAY['a'], timestamp '2026-11-01' + n * interval '1 s' "
        "FROM generate_series(1, 3000) AS n"
    )
    sent: list[str] = []
    original = Transaction.rows

    def rows(self: Transaction, text: str, binds: Any = None) -> Any:
        sent.append(text.partition(":")[0])
        return original(self, text, binds)

    with first.connect(application_name="sweeper run") as other:
        other.execute("SELECT FROM prediction_sessions WHERE id <= 's0050' FOR UPDATE")

        def pay() -> None:
            other.execute(
                "INSERT INTO sweeper.refunds (refund_id, session_id, account_id, amount, reason, layer, created_at) "
                "SELECT gen_random_uuid(), id, user_id, 1, 'stuck', 'other', now() FROM prediction_sessions "
                "WHERE id <= 's1500'"
            )
            other.commit()

        with patch.object(Transaction, "rows", rows), before("lock accounts", pay):
            ran = first.run("--batch-size", "50")
    assert (ran.document["refunds"]["sessions"], ran.document["already_refunded"]) == (1500, 1500)
    assert (ran.document["skipped"], first.credits()) == (0, 1500)
    assert [event["session_id"] for event in ran.events][0:1500:250] == [
        f"s{number}" for number in (2751, 2501, 2251, 2001, 1751, 1501)
    ]
    # the one that was locked, thirty, the first of the other's, and the first again
    assert sent.count("-- lock sessions") == 33


def test_workers_that_wake_up_leave_no_session_both_finished_and_refunded(first: AppDatabase) -> None:
    first.account(credits=0)
    for number in range(200):
        first.session(f"s{number:03}", "generating")
    sweeps = [start(first, "--batch-size", "5") for _ in range(2)]
    finished = 0
    with psycopg.connect(first.url, autocommit=True) as worker:
        for number in reversed(range(200)):
            finished += worker.execute(
                "UPDATE prediction_sessions SET status = 'finished' WHERE id = %s AND status = 'generating'",
                (f"s{number:03}",),
            ).rowcount
            time.sleep(0.004)
    for process in sweeps:
        process.communicate(timeout=60)
        assert process.returncode == 0
    first.run(now=None)
    both = "SELECT count(*) FROM prediction_sessions s JOIN sweeper.refunds r ON r.session_id = s.id"
    assert first.value(f"{both} WHERE s.status = 'finished'") == 0
    assert len(first.refunds()) == 200 - finished
    assert first.credits() == 3 * (200 - finished)


def test_a_killed_sweep_leaves_whole_batches_and_the_next_run_finishes_the_work(first: AppDatabase) -> None:
    first.account(credits=0)
    for number in range(300):
        first.session(f"s{number}", models=1)
    process = start(first, "--batch-size", "1")
    for _ in range(2000):
        if len(first.refunds()) > 5:
            break
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=10)
    time.sleep(0.2)
    assert first.credits() == len(first.refunds())
    assert len(first.refunds()) < 300, "the sweep was over before it was killed"
    assert first.run(now=None).exit_code == 0
    assert (first.credits(), len(first.refunds())) == (300, 300)


@pytest.mark.parametrize("statement", ["find", "lock sessions", "lock accounts", "pay"])
def test_a_lost_connection_is_retried_as_a_whole(first: AppDatabase, statement: str) -> None:
    first.account()
    first.session("owed")
    cut = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'sweeper run' AND datname = current_database()"
    )
    with before(statement, lambda: first.sql(cut)) as done:
        ran = first.run()
    assert done
    assert ran.exit_code == 0, ran.stderr
    assert (first.credits(), first.refunds()) == (103, {"owed": 3})


def test_a_lost_acknowledgement_of_the_commit_pays_once(first: AppDatabase) -> None:
    first.account()
    first.session("owed")
    original = Transaction.rows
    lost: list[bool] = []

    def rows(self: Transaction, text: str, binds: Any = None) -> Any:
        result = original(self, text, binds)
        if text.startswith("-- pay:") and not lost:
            lost.append(True)
            original(self, "COMMIT")
            raise psycopg.OperationalError("the connection is gone")
        return result

    with patch.object(Transaction, "rows", rows):
        ran = first.run()
    assert lost
    assert ran.exit_code == 0
    assert (first.credits(), first.refunds()) == (103, {"owed": 3})
    assert ran.document["refunds"] == {"sessions": 1, "credits": 3, "accounts": 1}


def test_an_amount_that_grows_after_the_lock_never_breaks_the_cap_by_credits(prisma: AppDatabase) -> None:
    prisma_job(prisma)
    prisma_job(prisma)
    grow = 'UPDATE app."JobItem" SET "price" = "price" + 2'
    with before("pay", lambda: prisma.sql(grow)) as done:
        ran = prisma.run("--max-credits", "6")
    assert done
    assert ran.exit_code == 4
    assert ran.document["refunds"] == {"sessions": 1, "credits": "5.00", "accounts": 1}


def test_app_tables_named_like_parts_of_the_pay_statement_are_read_as_the_apps_own(first: AppDatabase) -> None:
    for name in ("due", "held", "paid", "closed", "payable", "looked"):
        first.sql(f"CREATE TABLE {name} (session_id text)")
    first.configure("step = \"'Closed: no sign of life'\"", 'step = "(SELECT count(*)::text FROM due, held, looked)"')
    first.configure(
        "exclude    = \"step = 'All models failed - credits refunded'\"",
        'exclude    = "EXISTS (SELECT FROM held WHERE held.session_id = s.id)"',
    )
    assert first.sweeper("install").exit_code == 0
    first.account()
    first.session("stuck", "generating")
    first.session("excluded", "generating")
    first.sql("INSERT INTO held VALUES ('excluded')")
    assert first.run().exit_code == 0
    assert first.refunds() == {"stuck": 3}
    assert first.value("SELECT step FROM prediction_sessions WHERE id = 'stuck'") == "0"
