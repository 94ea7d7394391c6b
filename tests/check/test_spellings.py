"""Refunds that the app wrote under another spelling of the session's id, as one of its programs does."""

import pytest

from tests.helpers.any_app import App, with_ledger
from tests.helpers.app_database import AppDatabase

# six sessions, of which the app has refunded five
ROWS = """
ALTER TABLE entries ADD PRIMARY KEY (id);
DELETE FROM jobs;
INSERT INTO jobs (id, owner, state, price, began)
SELECT md5(n::text)::uuid::text, 'w', 'failed', 3, '2026-11-23 10:00Z' FROM generate_series(1, 6) AS n;
INSERT INTO entries (id, job, wallet, kind, amount)
SELECT gen_random_uuid(), id, 'w', 'refund', 3 FROM jobs WHERE id <> md5('6')::uuid::text;
"""
SPELLINGS = {"capitals": "upper(job)", "spaces": "' ' || job"}


@pytest.fixture
def app(bare: AppDatabase) -> App:
    app = App(bare)
    with_ledger(app)
    app.sql(ROWS)
    return app


@pytest.mark.parametrize("type", ["uuid", "text"])
@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_refunds_under_another_spelling_of_the_id_stop_the_first_run(app: App, type: str, spelling: str) -> None:
    app.sql(f"ALTER TABLE jobs ALTER id TYPE {type} USING id::{type}")
    app.sql(f"UPDATE entries SET job = {spelling} WHERE job > (SELECT min(job) FROM entries)")
    app.map("ledger.insert", job="session_id::text")
    assert app.install().exit_code == 0
    ran = app.database.run()
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "rehearsal_failed")
    assert "'job' has another spelling of the ids of 4 sessions that would be paid again" in ran.stderr
    app.map("ledger", session="lower(btrim(job))")
    assert app.sweep()["sessions"] == 1


def test_one_other_spelling_alone_stops_nobody(app: App) -> None:
    app.sql("UPDATE entries SET job = upper(job) WHERE job = (SELECT min(job) FROM entries)")
    assert app.sweep()["sessions"] == 2


def test_ids_that_differ_in_capitals_alone_are_those_of_several_sessions(app: App) -> None:
    """Such as short ids of letters and digits: a refund of one of them is no other's."""
    app.sql("UPDATE jobs SET id = 'x' || left(id, 6)")
    app.sql(
        "DELETE FROM entries; INSERT INTO entries (id, job, wallet, kind, amount) "
        "SELECT gen_random_uuid(), upper(id), 'w', 'refund', 3 FROM jobs"
    )
    app.sql("INSERT INTO jobs (id, owner, state, price, began) SELECT upper(id), owner, state, price, began FROM jobs")
    assert app.sweep()["sessions"] == 6


def test_an_id_in_its_own_spelling_that_an_earlier_attempt_was_refunded_under(app: App) -> None:
    app.sql("ALTER TABLE jobs ADD charge text NOT NULL DEFAULT '2'; UPDATE entries SET charge = 2")
    app.sql("UPDATE entries SET charge = 1 WHERE job > (SELECT min(job) FROM entries)")
    app.map(attempt="charge")
    app.map("ledger", attempt="charge")
    app.map("ledger.insert", charge="attempt")
    assert app.sweep()["sessions"] == 5
