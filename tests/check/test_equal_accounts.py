"""Accounts that the app spells in several ways, and that their column takes for the same, as citext does."""

import psycopg
import pytest

from tests.helpers.any_app import App, with_ledger
from tests.helpers.app_database import AppDatabase
from tests.helpers.checks import check, items

# six sessions, of which the app has refunded five
ROWS = """
ALTER TABLE entries ADD PRIMARY KEY (id);
DELETE FROM jobs;
INSERT INTO jobs (id, owner, state, price, began)
SELECT 'j' || n, 'w', 'failed', 3, '2026-11-23 10:00Z' FROM generate_series(1, 6) AS n;
INSERT INTO entries (id, job, wallet, kind, amount) SELECT gen_random_uuid(), id, 'W', 'charge', -3 FROM jobs;
INSERT INTO entries (id, job, wallet, kind, amount)
SELECT gen_random_uuid(), id, 'W', 'refund', 3 FROM jobs WHERE id <> 'j6';
"""
FOLDED = "CREATE COLLATION folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false)"


@pytest.mark.parametrize("kind", ["citext", "text COLLATE folded"])
def test_an_account_in_another_spelling_that_its_column_takes_for_the_same_stops_no_run(
    bare: AppDatabase, kind: str
) -> None:
    app = App(bare)
    with_ledger(app)
    app.sql(ROWS)
    try:
        app.sql("CREATE EXTENSION citext" if kind == "citext" else FOLDED)
    except psycopg.errors.FeatureNotSupported as missing:
        pytest.skip(f"this build of Postgres has none: {missing}")
    app.sql(f"ALTER TABLE jobs ALTER owner TYPE {kind}; ALTER TABLE wallets ALTER id TYPE {kind}")
    app.sql(f"ALTER TABLE entries ALTER wallet TYPE {kind}")
    assert app.sweep()["sessions"] == 1
    app.sql("INSERT INTO wallets VALUES ('x', 100); UPDATE entries SET wallet = 'x' WHERE kind = 'refund'")
    app.map("policy", grace="16m")
    past = items(check(app.database))["past_refunds"]
    assert past["status"] == "failure"
    assert "is another account than the app gave back to for 5 of 5" in past["message"]
