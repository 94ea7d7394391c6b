"""What happens between the statements of a revert or an adoption: nothing is taken twice, and the app never waits."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import pytest

from sweeper.core.signals import Signals
from tests.helpers.app_database import AppDatabase
from tests.helpers.paths import REPOSITORY
from tests.helpers.prisma_app import prisma_job, refund_by_app
from tests.helpers.statements import acknowledgement_lost, before

WHY = ("--json", "--reason", "paid by mistake", "--yes")


def start(app: AppDatabase, *words: str) -> subprocess.Popen[str]:
    """A command in a process of its own."""
    environment = {**os.environ, **app.environment, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-m", "sweeper", *words, *WHY]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def owe(first: AppDatabase, sessions: int, batch_size: int) -> None:
    """So many failed sessions of one credit each, of one account."""
    first.configure("[policy]", f"[policy]\nbatch_size = {batch_size}")
    first.account(credits=1000)
    for number in range(sessions):
        first.session(f"s{number}", models=1)


def swept(first: AppDatabase, sessions: int, batch_size: int) -> str:
    """A run that refunded them."""
    owe(first, sessions, batch_size)
    return str(first.run(now=None).document["run_id"])


def reversals(first: AppDatabase) -> int:
    return int(first.value("SELECT count(*) FROM sweeper.reversals"))


def interrupt(first: AppDatabase, process: subprocess.Popen[str], by: signal.Signals) -> None:
    """Send a signal to a revert that has taken a few refunds back."""
    for _ in range(2000):
        if reversals(first) > 5:
            break
        time.sleep(0.005)
    process.send_signal(by)


@pytest.mark.slow
def test_a_killed_revert_leaves_whole_batches_and_the_second_call_finishes_it(first: AppDatabase) -> None:
    run_id = swept(first, 200, batch_size=1)
    process = start(first, "revert", "--run", run_id)
    interrupt(first, process, signal.SIGKILL)
    process.communicate(timeout=10)
    time.sleep(0.2)
    done = reversals(first)
    assert 5 < done < 200, "the revert was over before it was killed"
    assert first.credits() == 1200 - done
    ran = first.sweeper("revert", *WHY, "--run", run_id, now=None)
    assert (ran.exit_code, ran.document["refunds"]["sessions"], ran.document["already_reversed"]) == (
        0, 200 - done, done,
    )  # fmt: skip
    assert (first.credits(), reversals(first)) == (1000, 200)


def test_reverts_at_once_take_each_refund_back_once(first: AppDatabase) -> None:
    run_id = swept(first, 200, batch_size=7)
    processes = [start(first, "revert", "--run", run_id) for _ in range(3)]
    taken = 0
    for process in processes:
        out, _ = process.communicate(timeout=60)
        taken += json.loads(out)["refunds"]["sessions"]
    first.sweeper("revert", *WHY, "--run", run_id, now=None)
    assert (first.credits(), reversals(first)) == (1000, 200)
    assert taken <= 200


@pytest.mark.slow
def test_a_signal_ends_a_revert_after_the_batch_in_hand(first: AppDatabase) -> None:
    run_id = swept(first, 200, batch_size=1)
    process = start(first, "revert", "--run", run_id)
    interrupt(first, process, signal.SIGTERM)
    out, _ = process.communicate(timeout=10)
    document = json.loads(out)
    assert (process.returncode, document["outcome"]) == (143, "interrupted")
    assert document["refunds"]["sessions"] == reversals(first) == 1200 - first.credits()
    assert 0 < reversals(first) < 200


@pytest.mark.parametrize("command", ["run", "revert", "adopt"])
def test_a_signal_in_the_moment_after_a_commit_loses_nothing_of_the_report(first: AppDatabase, command: str) -> None:
    """Between the commit of a batch and the next statement of the program."""
    counted = {"run": "sweeper.refunds", "revert": "sweeper.reversals", "adopt": "sweeper.refunds"}[command]
    words: tuple[str, ...] = ("run", "--json")
    if command == "revert":
        words = ("revert", "--run", swept(first, 9, batch_size=1), *WHY)
    else:
        owe(first, 9, batch_size=1)
    if command == "adopt":
        words = ("adopt", "--where", "true", *WHY)
    original, sent = Signals.shielded, []

    @contextmanager
    def shielded(self: Signals) -> Iterator[None]:
        with original(self):
            yield
        if not sent and first.value(f"SELECT count(*) FROM {counted}") == 3:
            sent.append(True)
            signal.raise_signal(signal.SIGTERM)

    with patch.object(Signals, "shielded", shielded):
        ran = first.sweeper(*words)
    assert sent
    assert (ran.exit_code, ran.document["outcome"]) == (143, "interrupted")
    reported = ran.document["adopted" if command == "adopt" else "refunds"]
    assert reported["sessions"] == first.value(f"SELECT count(*) FROM {counted}") == 3
    if command == "run":
        assert ran.stderr.count("credits_refunded") == 3


@pytest.mark.parametrize("command", ["revert", "adopt"])
def test_a_lost_acknowledgement_of_the_commit_is_known_as_done(first: AppDatabase, command: str) -> None:
    first.account()
    first.session("s1")
    words = ("adopt", "--session", "s1")
    if command == "revert":
        words = ("revert", "--run", first.run().document["run_id"])
    with acknowledgement_lost("reverse" if command == "revert" else "adopt") as lost:
        ran = first.sweeper(*words, *WHY)
    assert lost
    assert ran.exit_code == 0, ran.stderr
    counted = ran.document["refunds" if command == "revert" else "adopted"]
    assert (counted["sessions"], counted["credits"]) == (1, 3)
    assert first.credits() == 100


@pytest.mark.parametrize("statement", ["lock_balances", "reverse"])
def test_a_lost_connection_is_retried_as_a_whole(first: AppDatabase, statement: str) -> None:
    run_id = swept(first, 3, batch_size=10)
    cut = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'sweeper revert' AND datname = current_database()"
    )
    with before(statement, lambda: first.sql(cut)) as done:
        ran = first.sweeper("revert", *WHY, "--run", run_id)
    assert done
    assert (ran.exit_code, ran.document["refunds"]["sessions"]) == (0, 3)
    assert (first.credits(), reversals(first)) == (1000, 3)


def test_a_refund_that_somebody_else_takes_back_after_the_lock_is_not_taken_twice(first: AppDatabase) -> None:
    run_id = swept(first, 2, batch_size=10)
    take = (
        "INSERT INTO sweeper.reversals SELECT gen_random_uuid(), refund_id, amount, 'by hand', 'me', now() "
        "FROM sweeper.refunds WHERE session_id = 's0'"
    )
    with before("reverse", lambda: first.sql(take)) as done:
        ran = first.sweeper("revert", *WHY, "--run", run_id)
    assert done
    assert (ran.document["refunds"]["sessions"], ran.document["already_reversed"]) == (1, 1)
    assert first.credits() == 1001


def test_an_adoption_and_a_layer_that_refunds_in_between_write_one_refund(prisma: AppDatabase) -> None:
    user, job = prisma_job(prisma)

    def refund() -> None:
        refund_by_app(prisma, user, job)

    with before("adopt", refund) as done:
        ran = prisma.sweeper("adopt", *WHY, "--session", job)
    assert done
    assert (ran.exit_code, ran.document["adopted"]["sessions"], ran.document["already_refunded"]) == (0, 0, 1)
    assert prisma.value("SELECT count(*) FROM sweeper.refunds") == 0


def test_the_app_may_change_a_balance_while_refunds_are_adopted(first: AppDatabase) -> None:
    first.account()
    first.session("by-app")
    with before("adopt", lambda: first.sql("UPDATE users SET credits = credits + 5 WHERE id = 'u1'")) as done:
        ran = first.sweeper("adopt", *WHY, "--session", "by-app")
    assert done
    assert (ran.exit_code, ran.document["adopted"]["sessions"], first.credits()) == (0, 1, 105)


def test_a_sweep_and_an_adoption_of_the_same_session_write_one_refund(first: AppDatabase) -> None:
    first.account()
    first.session("s1")
    with before("pay", lambda: first.sweeper("adopt", *WHY, "--session", "s1")) as done:
        ran = first.run()
    assert done
    assert (ran.document["refunds"]["sessions"], ran.document["already_refunded"]) == (0, 1)
    assert first.sql("SELECT layer FROM sweeper.refunds") == [("adopted",)]
    assert first.credits() == 100
