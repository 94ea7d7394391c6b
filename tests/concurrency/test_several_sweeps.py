"""Several sweeps at once, beside each other and beside workers that wake up."""

import json
import time
from typing import Any
from unittest.mock import patch

import psycopg

from sweeper.postgres.transaction import Transaction
from tests.helpers.app_database import AppDatabase
from tests.helpers.processes import start
from tests.helpers.statements import before, name_of


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


def test_a_sweep_goes_on_elsewhere_than_another_that_pays_the_same_page(first: AppDatabase) -> None:
    """Else each would look at what the other has just paid, and both together would be slower than one."""
    first.account(credits=0)
    for number in range(200):
        first.session(f"s{number:03}", models=1, created=f"2026-11-21 10:{number // 60:02}:{number % 60:02}")
    refund = "SELECT sweeper.refund(id, 'another') FROM prediction_sessions WHERE id < 's100' ORDER BY id"
    with before("lock_sessions", lambda: first.sql(refund)):
        ran = first.run("--batch-size", "50")
    assert (ran.document["refunds"]["sessions"], first.credits()) == (100, 200)
    earliest = first.value("SELECT session_id FROM sweeper.refunds WHERE run_id IS NOT NULL ORDER BY refund_id LIMIT 1")
    assert earliest == "s150", "the last fifty: from the other end, so that the two meet once"


def test_a_sweep_does_not_try_all_that_another_has_paid(first: AppDatabase) -> None:
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
        sent.append(name_of(text))
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

        with patch.object(Transaction, "rows", rows), before("lock_accounts", pay):
            ran = first.run("--batch-size", "50")
    assert ran.document["refunds"]["sessions"] == 1500
    assert (ran.document["skipped"], first.credits()) == (0, 1500)
    assert sorted(event["session_id"] for event in ran.events)[0:1500:250] == [
        f"s{number}" for number in (1501, 1751, 2001, 2251, 2501, 2751)
    ]
    # thirty, and a few of those of the other before they were found again without them
    assert 30 <= sent.count("lock_sessions") <= 36


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
