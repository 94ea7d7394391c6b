"""What a revert locks, and what it finds changed once it has the locks."""

import threading
import time
from contextlib import suppress

from psycopg.errors import LockNotAvailable

from tests.helpers.app_database import AppDatabase
from tests.helpers.reversals import WHY, revert
from tests.helpers.statements import before


def owe(first: AppDatabase, sessions: int) -> None:
    """So many failed sessions of one credit each, of one account."""
    first.account(credits=1000)
    for number in range(sessions):
        first.session(f"s{number}", models=1)


def swept(first: AppDatabase, sessions: int) -> str:
    """A run that refunded them."""
    owe(first, sessions)
    return str(first.run(now=None).document["run_id"])


def reversals(first: AppDatabase) -> int:
    return int(first.value("SELECT count(*) FROM sweeper.reversals"))


def test_balances_stay_as_they_were_read_and_child_rows_are_inserted_beside_a_revert(first: AppDatabase) -> None:
    run_id = swept(first, 1)
    granted = []

    def ask() -> None:
        for strength in ("KEY SHARE", "NO KEY UPDATE"):
            with suppress(LockNotAvailable), first.connect() as app:
                app.execute(f"SELECT FROM users FOR {strength} NOWAIT")
                granted.append(strength)

    with before("reverse", ask):
        ran = revert(first, "--run", run_id)
    assert granted == ["KEY SHARE"]
    assert (ran.exit_code, first.credits()) == (0, 1000)


def test_accounts_that_the_app_has_locked_cost_a_revert_no_wait(first: AppDatabase) -> None:
    for number in range(10):
        first.account(f"u{number}")
        first.session(f"s{number}", account=f"u{number}")
    run_id = str(first.run().document["run_id"])
    with first.connect() as app:
        app.execute("SELECT FROM users FOR UPDATE")
        begun = time.monotonic()
        ran = revert(first, "--run", run_id)
        waited = time.monotonic() - begun
    assert (ran.document["left"]["busy"]["sessions"], reversals(first)) == (10, 0)
    assert waited < 4, "ten times lock_timeout, and more, were waited for"


def test_a_guard_lost_in_the_middle_of_a_revert_is_an_error_and_takes_nothing_back(first: AppDatabase) -> None:
    run_id = swept(first, 1)
    drop = "ALTER TABLE sweeper.reversals DROP CONSTRAINT reversals_refund_id_key"
    with before("lock_balances", lambda: first.sql(drop)) as done:
        ran = revert(first, "--run", run_id)
    assert done
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "guard_missing")
    assert (first.credits(), reversals(first)) == (1001, 0)


def test_a_guard_lost_in_the_middle_of_an_adoption_is_an_error_and_adopts_nothing(first: AppDatabase) -> None:
    owe(first, 1)
    drop = "ALTER TABLE sweeper.refunds DROP CONSTRAINT refunds_session_id_attempt_again_key"
    with before("lock_installation", lambda: first.sql(drop)) as done:
        ran = first.sweeper("adopt", "--json", *WHY, "--session", "s0")
    assert done
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "guard_missing")
    assert first.refunds() == {}


def test_an_account_that_is_deleted_after_the_page_was_read_moves_nothing(first: AppDatabase) -> None:
    run_id = swept(first, 2)
    with before("lock_balances", lambda: first.sql("DELETE FROM users")) as done:
        ran = revert(first, "--run", run_id)
    assert done
    assert (ran.exit_code, list(ran.document["left"]), reversals(first)) == (1, ["account_gone"], 0)


def test_a_balance_that_falls_after_the_plan_does_not_go_below_zero(first: AppDatabase) -> None:
    run_id = swept(first, 3)
    with before("lock_balances", lambda: first.sql("UPDATE users SET credits = 2")) as done:
        ran = revert(first, "--run", run_id)
    assert done
    assert (ran.exit_code, ran.document["left"]["below_zero"]["sessions"]) == (1, 1)
    assert (first.credits(), reversals(first)) == (0, 2)


def test_the_app_is_never_the_deadlock_victim_of_a_revert(first: AppDatabase) -> None:
    """The app holds one account and comes for the other, which the revert holds: it gets it, at once or soon."""
    run_id = swept(first, 1)
    first.account("u2")
    first.session("of u2", account="u2")
    first.run("--session", "of u2")
    first.sql("UPDATE users SET credits = 1000 WHERE id = 'u2'")
    finished, holding = threading.Event(), threading.Event()

    def handler() -> None:
        with first.connect() as app:
            app.execute("SET LOCAL lock_timeout = '5s'")
            app.execute("UPDATE users SET credits = credits + 1 WHERE id = 'u2'")
            holding.set()
            time.sleep(0.4)
            app.execute("UPDATE users SET credits = credits + 1 WHERE id = 'u1'")
        finished.set()

    thread = threading.Thread(target=handler)
    with before("lock_balances", lambda: (thread.start(), holding.wait(5))):
        ran = revert(first, "--run", run_id)
    thread.join(10)
    assert finished.is_set()
    assert ran.exit_code == 0
    assert (first.credits("u1"), first.credits("u2")) == (1001, 1001)
