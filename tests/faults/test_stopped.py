"""A sweep that is stopped in the middle of a batch, as by SIGSTOP or a frozen machine: the app gets its rows back."""

import os
import random
import signal
import time
from typing import Any
from unittest.mock import patch

import pytest

from sweeper.postgres.binds import ANSWER_BYTES, text_bytes
from sweeper.postgres.transaction import Transaction
from tests.helpers.app_database import AppDatabase
from tests.helpers.processes import start
from tests.helpers.statements import name_of

pytestmark = pytest.mark.slow

# within the bound on idle transactions, and what a busy machine adds
SECONDS = 9.0
SLOW = (
    "CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(1); RETURN new; END $$; "
    "CREATE TRIGGER linger BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION linger()"
)
PAYING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"


def test_the_app_waits_for_seconds_and_the_sweep_goes_on_when_it_wakes_up(first: AppDatabase) -> None:
    first.account()
    first.session("owed")
    first.sql(SLOW)
    sweep = start(first)
    while not first.value(PAYING):
        time.sleep(0.02)
    os.kill(sweep.pid, signal.SIGSTOP)
    try:
        begun = time.monotonic()
        first.sql("UPDATE prediction_sessions SET step = 'seen by the app' WHERE id = 'owed'")
        waited = time.monotonic() - begun
        assert first.refunds() == {}
    finally:
        os.kill(sweep.pid, signal.SIGCONT)
    sweep.communicate(timeout=60)
    assert waited < SECONDS
    assert sweep.returncode == 0
    assert (first.refunds(), first.credits()) == ({"owed": 3}, 103)


def test_only_what_locks_rows_of_the_app_has_seconds(first: AppDatabase) -> None:
    """The bounds as the server sees them, in a trigger in the middle of a batch, of a revert and of an adoption."""
    first.account()
    first.session("owed")
    first.session("waived")
    first.sql(
        "CREATE TABLE bounds (told text); "
        "CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN "
        "INSERT INTO bounds SELECT string_agg(current_setting(name, true), ' ' ORDER BY name) FROM unnest("
        "'{statement_timeout,idle_in_transaction_session_timeout,transaction_timeout}'::text[]) AS name; "
        "RETURN new; END $$; "
        "CREATE TRIGGER tell BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION tell(); "
        "CREATE TRIGGER tell BEFORE INSERT ON sweeper.refunds FOR EACH ROW EXECUTE FUNCTION tell()"
    )
    assert first.run("--session", "owed").exit_code == 0
    assert first.sweeper("revert", "--session", "owed", "--reason", "x", "--yes").exit_code == 0
    assert first.sweeper("adopt", "--session", "waived", "--reason", "x", "--yes").exit_code == 0
    has_transaction_timeout = first.connection.info.server_version >= 170000
    assert first.sql("SELECT told, count(*) FROM bounds GROUP BY told") == [
        ("5s 10s 20s" if has_transaction_timeout else "5s 10s", 4)
    ]


def answers(app: AppDatabase, *flags: str) -> tuple[list[int], list[int]]:
    """How many sessions each batch paid, and how many bytes its statements answered with."""
    sizes: list[int] = []
    answered: list[int] = []
    original = Transaction.rows

    def rows(self: Transaction, text: str, binds: Any = None) -> Any:
        found, name = original(self, text, binds), name_of(text)
        if name.startswith("lock_") or name in ("pay", "read_balances"):
            arrays = [column for row in found for column in row if isinstance(column, list)]
            answered.append(sum(map(text_bytes, arrays)))
        if name == "pay":
            sizes.append(len(found[0].paid_sessions))
        return found

    with patch.object(Transaction, "rows", rows):
        assert app.run("--max-refunds", "100000", *flags).exit_code == 0
    return sizes, answered


@pytest.mark.parametrize(("session", "account"), [(36, 36), (2600, 10), (10, 2600), (700, 700)])
def test_long_ids_make_small_batches(first: AppDatabase, session: int, account: int) -> None:
    """No answer of a statement that holds locks is larger than what fits between a server and a client that stands."""
    letters = random.Random(3)
    total = 4000 if session + account < 100 else 400
    names = [
        (
            "".join(letters.choices("0123456789abcdef", k=session)),
            "".join(letters.choices("0123456789abcdef", k=account)),
        )
        for _ in range(total)
    ]
    with first.connection.cursor() as cursor:
        cursor.executemany("INSERT INTO users VALUES (%s, 0, 0, 0)", [(one,) for _, one in names])
        cursor.executemany(
            "INSERT INTO prediction_sessions (id, user_id, status, selected_models, created_at) "
            "VALUES (%s, %s, 'error', '{m}', '2026-11-01')",
            names,
        )
    with (
        patch("sweeper.sweep.batches.time.sleep"),
        patch("sweeper.sweep.throttle.Throttle._are_others_at_work", return_value=False),
    ):
        sizes, answered = answers(first)
    assert sum(sizes) == total
    assert max(answered[3:]) <= ANSWER_BYTES
    assert first.value("SELECT sum(credits) FROM users") == total
