"""Sessions that are one of several tries of the same work: another session may have their charge, or their refund."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.shops import marked_shop, refuses, rehearsed, shop, without_ledger

pytestmark = pytest.mark.slow

# j21 to j25 failed, and were tried again as j31 to j35, which succeeded later
LINKS = {
    "retry_of": "UPDATE jobs SET retry_of = 'j' || (substr(id, 2)::int - 10) WHERE id BETWEEN 'j31' AND 'j35'",
    "superseded_by": "UPDATE jobs SET superseded_by = 'j3' || substr(id, 3) WHERE id BETWEEN 'j21' AND 'j25'",
}
LATER = "UPDATE jobs SET began = began + interval '2 min', ended = ended + interval '2 min' WHERE state = 'done'"
# the first eight are tried again, and fail again; two more are, and succeed
TRIED = """
ALTER TABLE jobs ADD root_id text REFERENCES jobs;
ALTER TABLE book DROP total;
DELETE FROM book WHERE kind = 'charge';
INSERT INTO jobs (id, owner, state, price, began, ended, beat, root_id)
SELECT id || 'b', owner, CASE WHEN id < 'j7' THEN 'failed' ELSE 'done' END, price, began + interval '1 min', ended,
       beat, id
FROM jobs WHERE length(id) = 2;
UPDATE jobs SET state = 'retried' WHERE id IN (SELECT root_id FROM jobs);
DELETE FROM book WHERE job IN ('j7', 'j8', 'j9');
"""


@pytest.mark.parametrize("link", LINKS)
def test_a_charge_that_moved_to_a_try_that_succeeded(bare: AppDatabase, link: str) -> None:
    app = marked_shop(bare)
    app.sql(f"ALTER TABLE jobs ADD {link} text REFERENCES jobs")
    app.sql(LINKS[link])
    assert "charges" not in rehearsed(app), "the other one is older: what it made was there before"
    app.sql(LATER)
    assert f"5 of 10 sessions that would be paid, such as j21, j22, j23, are linked by {link}" in refuses(
        app, "charges"
    )
    app.sql("UPDATE jobs SET retry_of = 'j1' WHERE id = 'j35'" if link == "retry_of" else
            "UPDATE jobs SET superseded_by = 'j36' WHERE id = 'j1'")  # fmt: skip
    assert "charges" not in rehearsed(app), "the app has refunded one that was tried again"


def test_sessions_that_are_known_to_be_charged(bare: AppDatabase) -> None:
    app = shop(bare)
    app.sql("ALTER TABLE book DROP total; ALTER TABLE jobs ADD retry_of text REFERENCES jobs")
    app.sql(LINKS["retry_of"])
    app.sql(LATER)
    assert rehearsed(app) == {}, "the book has a charge for each try"


@pytest.fixture
def tried(bare: AppDatabase) -> App:
    """A shop that refunds the first try when the last one has failed."""
    app = shop(bare)
    app.sql(TRIED)
    app.map(succeeded=["done", "retried"])
    return app


ROOT = "coalesce(s.root_id, s.id)"


def test_refunds_of_the_first_try(tried: App) -> None:
    assert "6 sessions that would be paid, such as j1b, j2b, j3b, are linked by root_id" in refuses(tried, "marks")
    tried.map(exclude=f"EXISTS (SELECT FROM book b WHERE b.job = {ROOT} AND b.kind = 'refund')")
    assert "marks" not in rehearsed(tried)


def test_refunds_of_the_first_try_that_exclude_does_not_see(tried: App) -> None:
    without_ledger(tried)
    tried.map(exclude="EXISTS (SELECT FROM book b WHERE b.job = s.id AND b.kind = 'refund')")
    assert "6 sessions that would be paid, such as j1b, j2b, j3b, are linked by root_id" in refuses(tried, "marks")


def test_each_try_has_a_charge_and_a_refund(tried: App) -> None:
    tried.sql(
        "INSERT INTO book (wallet, job, kind, amount) SELECT owner, id, 'refund', price FROM jobs WHERE id = 'j1b'"
    )
    assert "marks" not in rehearsed(tried)
    tried.sql("DELETE FROM book WHERE job = 'j1b'")
    tried.sql(
        "INSERT INTO book (wallet, job, kind, amount) SELECT owner, id, 'refund', price FROM jobs WHERE id = 'j8'"
    )
    assert "marks" not in rehearsed(tried), "a first try was refunded although the next one succeeded"
