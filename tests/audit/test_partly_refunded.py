"""The app's ledger has less for a refunded session than the mapping gives."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.audits import LATER, audit, findings
from tests.helpers.command import NOW

LEDGER = """
CREATE TABLE entries (job text, wallet text NOT NULL, kind text NOT NULL, cents numeric(10, 2) NOT NULL);
INSERT INTO jobs (id, owner, state, price, began) VALUES
    ('whole', 'w', 'failed', 5, '2026-11-23 09:00Z'), ('part', 'w', 'failed', 5, '2026-11-23 09:00Z'),
    ('fresh', 'w', 'failed', 5, '2026-11-23 11:59Z'), ('running', 'w', 'running', 5, '2026-11-23 10:30Z'),
    ('old', 'w', 'failed', 5, '2019-11-23 09:00Z'), ('none', 'w', 'failed', 0, '2026-11-23 09:00Z');
INSERT INTO entries VALUES ('whole', 'w', 'refund', -500), ('part', 'w', 'refund', -499.99),
    ('old', 'w', 'refund', -1), ('fresh', 'w', 'refund', -1), ('running', 'w', 'refund', -1),
    ('none', 'w', 'refund', -1), ('part', 'w', 'charge', -500);
"""


@pytest.fixture
def app(bare: AppDatabase) -> App:
    """An app that keeps its refunds in a ledger, in cents below zero; one of them is a cent short."""
    app = App(bare)
    app.sql(LEDGER)
    app.map("ledger", table="entries", session="job", where="kind = 'refund'")
    insert = {"job": "session_id", "wallet": "account_id", "kind": "'refund'", "cents": "amount * -100"}
    app.map("ledger", insert=insert)
    return app


def test_what_is_short_of_the_amount_is_found(app: App) -> None:
    """Not what is in grace, runs, lies before the floor, or owes nothing."""
    app.sql("UPDATE jobs SET state = 'done' WHERE id = 'j'")
    assert app.install().exit_code == 0
    assert findings(audit(app.database, now=NOW)) == {"partly_refunded": (1, ["part"])}
    assert findings(audit(app.database, now=LATER)) == {"partly_refunded": (2, ["fresh", "part"])}


def test_parts_are_added_up(app: App) -> None:
    app.sql("UPDATE jobs SET state = 'done' WHERE id = 'j'")
    app.map("ledger", guard="kind = 'refund' AND wallet <> 'x'")
    assert app.install().exit_code == 0
    app.sql("INSERT INTO entries VALUES ('part', 'x', 'refund', -0.01)")
    assert "partly_refunded" not in findings(audit(app.database, now=NOW))


def test_an_app_that_does_not_round_has_not_given_less(app: App) -> None:
    """It wrote a share of a price; the file rounds it to what the balance keeps."""
    app.sql("UPDATE jobs SET state = 'done' WHERE id = 'j'")
    app.sql("ALTER TABLE entries ALTER cents TYPE numeric(12, 4)")
    app.sql("UPDATE entries SET cents = CASE job WHEN 'part' THEN 0.639 ELSE 0.63 END WHERE job IN ('whole', 'part')")
    app.map(amount="round(0.1278 * s.price, 2)")
    app.map("ledger", insert={**app.sections["ledger"]["insert"], "cents": "amount"})
    assert app.install().exit_code == 0
    assert findings(audit(app.database, now=NOW))["partly_refunded"] == (1, ["whole"])


def test_a_row_of_sweeper_that_was_cut_is_found_until_it_is_taken_back(app: App) -> None:
    """What was taken back, or adopted by a user, is compared with nothing."""
    app.sql("DELETE FROM entries WHERE job = 'part'")
    app.sql("DELETE FROM jobs WHERE id = 'fresh'")
    assert app.sweep()["sessions"] == 2
    assert findings(audit(app.database)) == {}
    app.sql("UPDATE entries SET cents = -1 WHERE job = 'j'")
    assert findings(audit(app.database)) == {"partly_refunded": (1, ["j"])}
    app.sql(
        "INSERT INTO sweeper.reversals (reversal_id, refund_id, amount, reason, made_by, created_at) "
        "SELECT gen_random_uuid(), refund_id, amount, 'a test', 'a test', created_at FROM sweeper.refunds "
        "WHERE session_id = 'j'"
    )
    assert findings(audit(app.database)) == {}


def test_a_row_that_the_database_refuses_does_not_hide_the_others(app: App) -> None:
    app.sql("UPDATE jobs SET state = 'done' WHERE id = 'j'")
    app.sql("INSERT INTO entries VALUES ('bad', 'w', 'refund', -1)")
    app.sql("INSERT INTO jobs (id, owner, state, price, began) VALUES ('bad', 'w', 'failed', 1, '2026-11-23 09:00Z')")
    app.map(amount="price * 4 / (price - 1)")
    app.sql("UPDATE jobs SET price = 2 WHERE id <> 'bad'")
    assert app.install().exit_code == 0
    assert findings(audit(app.database, now=NOW))["partly_refunded"] == (3, ["none", "part", "whole"])


def marked(app: App, amount: str) -> None:
    """The app marks what it has refunded; `where` means sweeper's rows alone."""
    app.sql("UPDATE jobs SET error = 'given back' WHERE id IN ('whole', 'part')")
    app.sql("DELETE FROM entries WHERE job NOT IN ('whole', 'part')")
    app.map(exclude="error = 'given back'", amount=amount)
    app.map("ledger", where="kind = 'swept'", past={"where": "kind = 'refund'"})
    insert = {"job": "session_id", "wallet": "account_id", "kind": "'swept'", "cents": "amount * -100"}
    app.map("ledger", insert=insert)


@pytest.mark.parametrize(
    "amount",
    ["price", "(SELECT s.price + sum(e.cents) / 100 FROM entries AS e WHERE e.job = s.id AND e.kind = 'refund')"],
)
def test_rows_of_the_past_count(app: App, amount: str) -> None:
    """As they are, or where they are taken off the amount."""
    marked(app, amount if amount == "price" else f"coalesce({amount}, s.price)")
    assert app.install().exit_code == 0
    assert app.database.run().exit_code == 0
    ran = app.database.sweeper("audit", "--json")
    assert findings(ran) == {"partly_refunded": (1, ["part"])}
