"""A connection that breaks around a COMMIT: the client does not know whether the server committed."""

from itertools import count

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.proxy import cutting


@pytest.mark.slow
@pytest.mark.parametrize("done", [True, False], ids=["committed", "not committed"])
def test_a_commit_whose_answer_is_lost_is_paid_once_and_reported_right(first: AppDatabase, done: bool) -> None:
    """Each commit of a run in turn: the run goes on by itself, and its totals are those of the ledger."""
    for number in count(1):
        for each in range(3):
            first.account(f"u{number}-{each}")
            first.session(f"s{number}-{each}", "error" if each else "generating", account=f"u{number}-{each}")
        with cutting(first, number, done=done) as (proxy, url):
            ran = first.sweeper("run", "--json", "--batch-size", "2", now=None, SWEEPER_DATABASE_URL=url)
        assert ran.exit_code == 0, ran.stderr
        assert len(first.refunds()) == 3 * number
        of_run = "SELECT count(*), sum(amount) FROM sweeper.refunds WHERE run_id = %s"
        assert first.sql(of_run, ran.document["run_id"]) == [(3, 9)]
        assert ran.document["refunds"] == {"sessions": 3, "credits": 9, "accounts": 3}
        assert first.value("SELECT count(*) FROM users WHERE credits <> 103") == 0
        assert first.value("SELECT count(*) FROM prediction_sessions WHERE status <> 'error'") == 0
        assert first.value("SELECT count(*) FROM sweeper.runs WHERE ended_at IS NULL") == 0
        if not proxy.cut:
            break
    assert number > 5, "opening the run, two batches, closing it"


@pytest.mark.parametrize("number", [2, 3])
def test_a_pooler_that_confirms_a_commit_and_loses_the_server_with_it_ends_no_run(
    first: AppDatabase, number: int
) -> None:
    """The driver gets two answers to one COMMIT: whatever that means, the connection is of no more use."""
    for each in range(5):
        first.account(f"u{each}")
        first.session(f"s{each}", account=f"u{each}")
    with cutting(first, number, done=True, told=True) as (proxy, url):
        ran = first.sweeper("run", "--json", "--batch-size", "2", now=None, SWEEPER_DATABASE_URL=url)
    assert (proxy.cut, ran.exit_code) == (True, 0), ran.stderr
    assert ran.document["refunds"] == {"sessions": 5, "credits": 15, "accounts": 5}
    assert first.refunds() == dict.fromkeys((f"s{each}" for each in range(5)), 3)
    assert first.value("SELECT count(*) FROM users WHERE credits <> 103") == 0
