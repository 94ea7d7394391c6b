"""A migration that locks a table as a whole while a run is at work."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.statements import FIND, before

pytestmark = pytest.mark.every_version

LOCKS = ["users IN SHARE MODE", "users IN ACCESS EXCLUSIVE MODE", "prediction_sessions IN ACCESS EXCLUSIVE MODE"]


def owe(first: AppDatabase, sessions: int) -> None:
    first.account()
    for number in range(sessions):
        first.session(f"s{number}")


@pytest.mark.slow
@pytest.mark.parametrize("lock", LOCKS)
def test_a_table_that_is_locked_as_a_whole_ends_the_run_and_is_not_tried_session_by_session(
    first: AppDatabase, lock: str
) -> None:
    """Each try costs a quarter of a second: over a page of 2,000 sessions that would be half an hour."""
    owe(first, 20)
    with (
        first.connect() as migration,
        patch("sweeper.sweep.table_locks._TRIES", 2),
        before(FIND, lambda: migration.execute(f"LOCK TABLE {lock}")),  # type: ignore[call-overload]
    ):
        begun = time.monotonic()
        ran = first.run(now=None)
    assert (ran.exit_code, ran.document["error"]["code"]) == (1, "locked")
    assert time.monotonic() - begun < 15
    assert (first.refunds(), first.credits()) == ({}, 100)
    assert first.run().document["refunds"]["sessions"] == 20


@contextmanager
def briefly_locked(first: AppDatabase, statement: str | tuple[str, ...], lock: str) -> Iterator[None]:
    """A migration locks a table before a statement of the run, and is through with it after a second."""
    with first.connect() as migration:
        release = threading.Timer(0.8, migration.rollback)

        def begin() -> None:
            migration.execute(f"LOCK TABLE {lock}")  # type: ignore[call-overload]
            release.start()

        with before(statement, begin):
            yield
        release.join()


@pytest.mark.slow
@pytest.mark.parametrize("lock", LOCKS)
def test_a_short_lock_of_a_whole_table_is_waited_for(first: AppDatabase, lock: str) -> None:
    """A migration of a second is not a failure, and no session is skipped for it."""
    owe(first, 20)
    with briefly_locked(first, FIND, lock):
        ran = first.run(now=None)
    assert (ran.exit_code, ran.document["skipped"], ran.document["refunds"]["sessions"]) == (0, 0, 20)


@pytest.mark.slow
@pytest.mark.parametrize("statement", ["list_candidates", "hold"])
def test_it_is_waited_for_beside_a_row_whose_expression_fails_too(first: AppDatabase, statement: str) -> None:
    """Then a run finds its way around the row, with fewer sessions at a time."""
    first.configure("amount     = ", "amount = \"cardinality(selected_models) / (id <> 's7')::int\"\n# ")
    assert first.sweeper("install").exit_code == 0
    owe(first, 20)
    first.account("u2")  # whose session fails is another's than those that are paid
    first.sql("UPDATE prediction_sessions SET user_id = 'u2' WHERE id = 's7'")
    with briefly_locked(first, statement, "prediction_sessions IN ACCESS EXCLUSIVE MODE"):
        ran = first.run(now=None)
    assert (ran.exit_code, ran.document["held"], ran.document["refunds"]["sessions"]) == (3, 1, 19)


COMMANDS = [
    ("run",), ("run", "--dry-run"), ("audit",), ("check",), ("explain", "s0"), ("history",), ("sql", "pay"),
    ("install",),
    ("adopt", "--session", "s0", "--reason", "x", "--yes"), ("revert", "--session", "s0", "--reason", "x", "--yes"),
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_each_command_says_that_a_table_is_locked(first: AppDatabase, command: tuple[str, ...]) -> None:
    owe(first, 1)
    with first.connect() as migration:
        migration.execute("LOCK TABLE prediction_sessions IN ACCESS EXCLUSIVE MODE")
        ran = first.sweeper(*command, now=None)
    assert ran.exit_code in (1, 2, 5) or command == ("check",)
    assert "internal error" not in ran.stderr + ran.stdout, ran.stderr
