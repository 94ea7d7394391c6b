"""A sweep that is killed before each of its statements and commits in turn; then a run, and exact books."""

import os
import signal
import subprocess
import sys
from itertools import count

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.paths import REPOSITORY

pytestmark = pytest.mark.slow
# The real command, in a process that kills itself before the nth thing it says to the database from its first batch on:
# before the next statement is after the commit.
KILLED = """
import os, signal, sys
import psycopg
from sweeper.cli import run_command
from sweeper.postgres.transaction import Transaction
from tests.helpers.statements import FIND, name_of
said, begun = 0, False
def before(original, text=lambda *said: ""):
    def wrapped(self, *arguments):
        global said, begun
        begun = begun or name_of(text(*arguments)) in FIND
        said += begun
        if said == int(sys.argv[1]):
            os.kill(os.getpid(), signal.SIGKILL)
        return original(self, *arguments)
    return wrapped

Transaction.rows = before(Transaction.rows, lambda text, *binds: text)
psycopg.Connection.commit = before(psycopg.Connection.commit)
raise SystemExit(run_command(["run", "--batch-size", "2"]))
"""


def test_killed_before_any_statement_or_commit_a_sweep_leaves_books_that_the_next_run_makes_exact(
    first: AppDatabase,
) -> None:
    """Batches are whole: a session is refunded, closed and on the balance, or it is as it was."""
    environment = {**os.environ, **first.environment, "PYTHONPATH": str(REPOSITORY)}
    boundaries = 0
    for number in count(1):
        for each in range(3):
            first.account(f"u{number}-{each}")
            first.session(f"s{number}-{each}", "error" if each else "generating", account=f"u{number}-{each}")
        process = subprocess.run([sys.executable, "-c", KILLED, str(number)], env=environment, capture_output=True)
        assert_whole(first)
        ran = first.run(now=None)
        assert (ran.exit_code, ran.document["skipped"]) == (0, 0)
        assert_whole(first)
        assert len(first.refunds()) == 3 * number
        if process.returncode == 0:
            break
        assert process.returncode == -signal.SIGKILL, process.stderr.decode()
        boundaries = number
    assert boundaries >= 12, "two batches of at least five statements and a commit"


def assert_whole(app: AppDatabase) -> None:
    """Ledger, balances and sessions say the same."""
    assert app.sql(
        "SELECT u.id FROM users AS u LEFT JOIN sweeper.refunds AS r ON r.account_id = u.id "
        "LEFT JOIN prediction_sessions AS s ON s.user_id = u.id "
        "WHERE u.credits <> 100 + coalesce(r.amount, 0) OR r.session_id IS NOT NULL AND s.status <> 'error'"
    ) == []  # fmt: skip
