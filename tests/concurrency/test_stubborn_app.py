"""An app that cannot be changed, and sweeps beside it: it never waits for them, and the books show what it did."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.concurrency.stubborn_app import HABITS, START, TABLES, Books, StubbornApp
from tests.helpers.app_database import AppDatabase
from tests.helpers.processes import start

pytestmark = pytest.mark.slow

SECONDS = float(os.environ.get("SWEEPER_TEST_SECONDS", "5")) / 3
STUCK_AFTER_SECONDS, SWEEPERS = 0.3, 2
RUNNING = ("queued", "generating")


def prepare(app: AppDatabase, *, fence: bool, attempts: bool) -> None:
    """The app's own tables and mapping. The time of failure is moved by every later edit, as in many apps."""
    app.sql(TABLES)
    app.configure('active_at  = "created_at"', 'active_at  = "heartbeat_at"')
    app.configure('failed_at  = "created_at"', 'failed_at  = "completed_at"')
    app.configure("[sessions.close]", """[sessions.close]\ncompleted_at = "now() AT TIME ZONE 'UTC'\"""")
    app.configure("[policy]", f'[policy]\ngrace = "0s"\nstuck_after = "{STUCK_AFTER_SECONDS}s"')
    if attempts:
        app.configure('amount     = "cardinality', 'attempt = "charge_id"\namount     = "cardinality')
    ran = app.sweeper("install", *(["--fence"] if fence else []), now=None)
    assert ran.exit_code == 0, ran.stderr
    # whoever waits for a tenth of a second has the server look for deadlocks
    app.sql(f"ALTER DATABASE \"{app.connection.info.dbname}\" SET deadlock_timeout = '100ms'")


@contextmanager
def sweeps(app: AppDatabase) -> Iterator[list[dict[str, Any]]]:
    """Runs one after another until the end of the block, several at once; what each said."""
    said: list[dict[str, Any]] = []
    over = threading.Event()

    def again() -> None:
        while not over.is_set():
            process = start(app, "--batch-size", "20", "--accept", "stuck_after")
            out, _ = process.communicate(timeout=60)
            said.append(json.loads(out))

    threads = [threading.Thread(target=again) for _ in range(SWEEPERS)]
    for thread in threads:
        thread.start()
    try:
        yield said
    finally:
        over.set()
        for thread in threads:
            thread.join(120)


def wait_for(happened: Callable[[], object]) -> None:
    """Until it has happened, however slow the machine is."""
    for _ in range(2400):
        if happened():
            return
        time.sleep(0.05)
    raise AssertionError("the sweeps and the app never met")


def findings(app: AppDatabase) -> dict[str, tuple[int, set[str]]]:
    """What audit names: how many, and samples."""
    document = app.sweeper("audit", "--json", now=None).document
    return {found["code"]: (found["count"], set(found["samples"])) for found in document["findings"]}


def refunded(app: AppDatabase, *, attempts: bool) -> dict[str, bool]:
    """The sessions whose charge, as it is now, was refunded, and whether they failed later than that."""
    attempt = "s.charge_id" if attempts else "0"
    return dict(
        app.sql(
            "SELECT s.id, coalesce(s.completed_at AT TIME ZONE 'UTC' > greatest(r.created_at, r.failed_at), false) "
            f"FROM prediction_sessions AS s JOIN sweeper.refunds AS r ON r.session_id = s.id AND r.attempt = {attempt}"
        )
    )


def check_balances(app: AppDatabase, books: Books) -> None:
    """Start, less what was charged, and bought, and every refund of the ledger; and what the resets made of it."""
    rows = app.sql(
        "SELECT id, credits, total_credits_earned - total_credits_spent, "
        "(SELECT coalesce(sum(amount), 0) FROM sweeper.refunds WHERE account_id = u.id) FROM users AS u"
    )
    due = {account: START + books.moved[account] + refunds for account, _, _, refunds in rows}
    assert {account: net for account, _, net, _ in rows} == due
    assert {account: credits - due[account] for account, credits, _, _ in rows if credits != due[account]} == {
        account: drift for account, drift in books.drift.items() if drift
    }


def check_statuses(app: AppDatabase, books: Books, refunded: set[str]) -> None:
    """Each session says what the app wrote last, but for the stuck that a sweep closed; and who is owed, has it."""
    for session, status in app.sql("SELECT id, status::text FROM prediction_sessions"):
        last = books.writes[session]
        closed = status == "error" and last.status in RUNNING
        assert status == last.status or closed, session
        assert (session in refunded) == (status != "finished" or last.over_refund), session


@pytest.mark.parametrize("fence", [True, False], ids=["fence", "no fence"])
def test_an_app_that_cannot_be_fixed_never_waits_and_the_books_show_what_it_did(
    first: AppDatabase, fence: bool
) -> None:
    """With the fence no session is both refunded and finished; without it, audit names exactly those that are.

    With the fence the app also charges anew what was refunded, and `attempt` is mapped.
    """
    prepare(first, fence=fence, attempts=fence)
    app = StubbornApp(first, attempts=fence)
    books = app.books
    with sweeps(first) as said, app.at_work():
        time.sleep(SECONDS)
        wait_for(
            lambda: (
                len(said) >= SWEEPERS
                and len(books.done) == HABITS + fence
                and len(books.stopped) + len(books.over_refund("finished")) > 5
            )
        )
    time.sleep(STUCK_AFTER_SECONDS)
    last = first.sweeper("run", "--json", now=None)
    assert (last.exit_code, last.document["skipped"], last.document["remaining"]) == (0, 0, 0), last.stderr

    assert books.victims == []
    assert books.percentile(0.99) < 0.5
    assert {run["outcome"] for run in said} == {"complete"}
    finished, failed, stuck = (books.over_refund(*statuses) for statuses in (["finished"], ["error"], RUNNING))
    assert not (finished or stuck if fence else books.stopped)

    late = refunded(first, attempts=fence)
    assert first.value("SELECT count(*) - count(DISTINCT (session_id, attempt)) FROM sweeper.refunds") == 0
    check_statuses(first, books, set(late))
    check_balances(first, books)
    expected = {
        "refunded_then_succeeded": finished,
        "failed_after_refund": {session for session in failed if late[session]} | stuck,
        "balance_drift": {account for account, drift in books.drift.items() if drift},
    }
    found = findings(first)
    assert {code: count for code, (count, _) in found.items()} == {
        code: len(names) for code, names in expected.items() if names
    }
    assert all(samples <= expected[code] for code, (_, samples) in found.items())
