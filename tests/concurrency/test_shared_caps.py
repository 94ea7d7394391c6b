"""The caps while several runs pay at once."""

import threading
import time
from collections.abc import Callable, Mapping
from decimal import Decimal

import pytest

from sweeper.cli.logs import Log
from sweeper.cli.progress import Watcher
from sweeper.config.parsing import load
from sweeper.core.results import RunResult
from sweeper.core.signals import Signals
from sweeper.postgres.connection import from_environment
from sweeper.postgres.database import Database
from sweeper.postgres.transaction import Transaction
from sweeper.sweep.caps import Caps
from sweeper.sweep.context import RunRequest
from sweeper.sweep.run import execute
from tests.helpers.app_database import AppDatabase
from tests.helpers.command import NOW
from tests.helpers.first_app import owe
from tests.helpers.other_runs import begin_run, end_run, pay_in_run
from tests.helpers.query_plans import explained


def after_first_batch(monkeypatch: pytest.MonkeyPatch, work: Callable[[], None]) -> None:
    """Do ``work`` once, between the first batch of a run and the next."""
    committed, left = Caps.committed, [work]

    def commit(caps: Caps, sessions: int, credits: Decimal) -> None:
        committed(caps, sessions, credits)
        if left:
            left.pop()()

    monkeypatch.setattr(Caps, "committed", commit)


@pytest.mark.parametrize("begins", ["before this one", "meanwhile"])
@pytest.mark.parametrize("ends", [True, False])
def test_what_another_run_pays_meanwhile_counts(
    first: AppDatabase, monkeypatch: pytest.MonkeyPatch, begins: str, *, ends: bool
) -> None:
    """Between two batches of this run another one pays, and it may have ended by the next."""
    first.configure("[policy]", "[policy]\nmax_refunds = 3")
    owe(first, 4)
    running = [begin_run(first)] if begins == "before this one" else []

    def pay() -> None:
        run_id = running[0] if running else begin_run(first)
        pay_in_run(first, run_id)
        if ends:
            end_run(first, run_id)

    after_first_batch(monkeypatch, pay)
    ran = first.run("--batch-size", "1").document
    assert (ran["outcome"], ran["refunds"]["sessions"], ran["remaining"]) == ("capped", 2, 2)


def test_what_another_run_paid_on_the_server_that_takes_over_counts(
    first: AppDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has lost one run, and another has paid there before this one is back: there are as many as before."""
    first.configure("[policy]", "[policy]\nmax_refunds = 3")
    owe(first, 4)
    lost = begin_run(first)
    end_run(first, lost)
    rows = Transaction.rows

    def fail_over() -> None:
        first.sql("DELETE FROM sweeper.runs WHERE run_id = %s", lost)
        run_id = begin_run(first)
        pay_in_run(first, run_id)
        end_run(first, run_id)

    def on_another_server(transaction: Transaction, text: str, binds: Mapping[str, object] | None = None) -> object:
        if not first.sql("SELECT true FROM sweeper.runs WHERE run_id = %s", lost):
            text = text.replace("pg_catalog.pg_postmaster_start_time()", "'2026-11-23 12:00Z'::timestamptz")
        return rows(transaction, text, binds)

    after_first_batch(monkeypatch, fail_over)
    monkeypatch.setattr(Transaction, "rows", on_another_server)
    ran = first.run("--batch-size", "1").document
    assert (ran["outcome"], ran["refunds"]["sessions"], ran["remaining"]) == ("capped", 2, 2)


def test_what_was_counted_without_the_lock_is_counted_again_with_it(
    first: AppDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit that waits for a standby has the lock, and is seen late: its run may have given up and ended by then."""
    first.configure("[policy]", "[policy]\nmax_credits = 4")
    owe(first, 4)
    other = begin_run(first)
    end_run(first, other)
    wait_for_turn = Caps._wait_for_turn

    def wait_until_the_other_has_committed(caps: Caps, transaction: Transaction) -> None:
        if not first.sql("SELECT true FROM sweeper.refunds WHERE account_id = 'other'"):
            pay_in_run(first, other)
        wait_for_turn(caps, transaction)

    monkeypatch.setattr(Caps, "_wait_for_turn", wait_until_the_other_has_committed)
    ran = first.run("--batch-size", "1").document
    assert (ran["outcome"], ran["refunds"]["credits"]) == ("capped", 2)


def test_what_others_paid_is_counted_once_if_no_other_run_is_at_work(first: AppDatabase) -> None:
    """It may be many rows, for each batch; neither a run that has just ended nor one that died is at work."""
    died, ended = begin_run(first), begin_run(first)
    first.sql("UPDATE sweeper.runs SET started_at = now() - interval '2 days' WHERE run_id = %s", died)
    pay_in_run(first, ended)
    end_run(first, ended)
    owe(first, 3)
    with explained("EXPLAIN", "count_recent_refunds", "count_other_runs") as plans:
        assert first.run("--batch-size", "1").document["refunds"]["sessions"] == 3
    times = {name: sum(line.startswith("Aggregate") for line in plan) for name, plan in plans.items()}
    assert times == {"count_recent_refunds": 1, "count_other_runs": 3}


@pytest.mark.parametrize(("policy", "bound"), [("max_refunds = 25", 25), ("max_credits = 50", 25)])
def test_runs_at_once_never_pass_a_cap_together(first: AppDatabase, policy: str, bound: int) -> None:
    """Six runs pay at once against one cap: together they pay exactly what it allows."""
    first.configure("[policy]", f"[policy]\nbatch_size = 3\n{policy}")
    first.account()
    first.sql(
        "INSERT INTO users SELECT 'a' || n, 0, 0, 0 FROM generate_series(1, 60) AS n; "
        "INSERT INTO prediction_sessions (id, user_id, status, selected_models, created_at) "
        "SELECT 's' || n, 'a' || n, 'error', '{m1,m2}', '2026-11-22' FROM generate_series(1, 60) AS n"
    )
    results: list[RunResult] = []
    start = threading.Barrier(6)

    def run() -> None:
        database = Database(from_environment(first.environment), application_name="test")
        request = RunRequest(as_of=NOW, asked_at=time.monotonic())
        start.wait()
        try:
            results.append(execute(database, load(first.config), request, signals=Signals(), observer=silent))
        finally:
            database.close()

    with open("/dev/null", "w") as nowhere:  # noqa: PTH123
        silent = Watcher(Log(nowhere, terminal=False, color=False), "test", None)
        runs = [threading.Thread(target=run) for _ in range(6)]
        for one in runs:
            one.start()
        for one in runs:
            one.join()
    assert len(results) == 6
    assert first.value("SELECT count(*) FROM sweeper.refunds") == bound
    assert first.value("SELECT sum(credits) FROM users WHERE id <> 'u1'") == 2 * bound
    assert sum(result.refunds.sessions for result in results) == bound
    assert sum((result.refunds.credits for result in results), Decimal(0)) == 2 * bound
    assert {result.outcome.value for result in results} == {"capped"}
