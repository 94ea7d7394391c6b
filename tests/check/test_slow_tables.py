"""Tables in which the rehearsal cannot look up a session by an index."""

import pytest

from sweeper.check.rehearsal import reading
from tests.helpers.app_database import AppDatabase
from tests.helpers.shops import refuses, rehearsed, shop
from tests.helpers.statements import counted

pytestmark = pytest.mark.slow


def test_a_wrong_amount_beside_a_large_ledger_without_an_index(
    bare: AppDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each session reads all of it, so only a few are compared."""
    app = shop(bare)
    app.sql(
        "INSERT INTO jobs (id, owner, state, price, began, ended) SELECT 'more' || n, 'w1', 'failed', 5, "
        "now() - interval '2 hours', now() - interval '1 hour' FROM generate_series(1, 400) AS n"
    )
    app.sql(
        "INSERT INTO book (wallet, job, kind, amount) SELECT owner, id, 'charge', -price FROM jobs WHERE id ~ 'more'"
    )
    app.sql(
        "INSERT INTO book (wallet, job, kind, amount) "
        "SELECT 'w1', 'old' || n, 'charge', -5 FROM generate_series(1, 100000) AS n"
    )
    monkeypatch.setattr(reading, "_TIMEOUTS", reading._TIMEOUTS._replace(statement_ms=1000))
    assert "charges" not in rehearsed(app)
    app.map(amount="price * 2")
    assert "is more than the ledger says was charged for" in refuses(app, "charges")


def test_sessions_that_take_too_long_to_find_are_not_looked_for_by_each_item(
    bare: AppDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once for many and once for a few of each kind: a run waits ten seconds for each."""
    app = shop(bare)
    app.sql(
        "CREATE FUNCTION slowly(timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE "
        "AS 'SELECT $1 FROM pg_catalog.pg_sleep(0.1)'"
    )
    monkeypatch.setattr(reading, "_TIMEOUTS", reading._TIMEOUTS._replace(statement_ms=100))
    app.map(started_at="slowly(s.began)")
    with counted() as sent:
        rehearsed(app)
    assert sent["list_newest"] <= 4


def test_a_slow_ledger_comes_with_the_index_that_it_lacks(bare: AppDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    app = shop(bare)
    app.sql("ALTER TABLE book SET (fillfactor = 10)")  # some 80 MB, which an index spares a reader
    app.sql(
        "INSERT INTO book (wallet, job, kind, amount) "
        "SELECT 'w1', 'old' || n, 'charge', -5 FROM generate_series(1, 100000) AS n"
    )
    at_once = reading._TIMEOUTS._replace(statement_ms=1)
    monkeypatch.setattr(reading, "_TIMEOUTS", at_once)
    monkeypatch.setattr(reading, "_SHORT_TIMEOUTS", at_once)
    assert rehearsed(app)["charges"]["fix"] == "sweeper install adds indexes; then: sweeper check"
    app.install()
    slow = rehearsed(app)["charges"]
    assert slow["message"].endswith('took too long; no index of "public"."book" begins with "job"')
    app.sql(slow["fix"].replace("CONCURRENTLY ", ""))
    assert rehearsed(app)["charges"]["fix"] == "sweeper check, when the server is less busy"
