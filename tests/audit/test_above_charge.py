"""More was given back than the app's books say was taken."""

from datetime import UTC, datetime

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.audits import audit, findings


@pytest.fixture
def app(bare: AppDatabase) -> App:
    """Three jobs, charged and refunded."""
    app = App(bare)
    app.sql("CREATE TABLE books (job text NOT NULL, taken numeric NOT NULL)")
    for name in ("k1", "k2"):
        app.sql("INSERT INTO jobs VALUES (%s, 'w', 'failed', 3, 'no', '{}', '2026-11-23 10:00Z')", name)
    app.sql("INSERT INTO books SELECT id, 3 FROM jobs")
    app.map(charged="(SELECT sum(b.taken) FROM books AS b WHERE b.job = s.id)")
    assert app.sweep()["sessions"] == 3
    return app


def test_books_that_come_out_even_are_clean(app: App) -> None:
    assert findings(audit(app.database)) == {}
    app.sql("INSERT INTO books SELECT session_id, -amount FROM sweeper.refunds")
    assert findings(audit(app.database)) == {}


def test_a_charge_below_zero_is_found_until_the_refund_is_taken_back(app: App) -> None:
    """The app gave it back as well."""
    app.sql("INSERT INTO books SELECT session_id, -amount FROM sweeper.refunds")
    app.sql("INSERT INTO books VALUES ('j', -3), ('k1', -0.5)")
    assert findings(audit(app.database)) == {"above_charge": (2, ["j", "k1"])}
    assert app.database.sweeper("revert", "--session", "j", "--reason", "twice", "--yes").exit_code == 0
    assert findings(audit(app.database)) == {"above_charge": (1, ["k1"])}


def test_a_refund_above_what_was_charged_then_is_found(app: App) -> None:
    """No run writes such a row."""
    app.sql(
        "INSERT INTO sweeper.refunds (refund_id, session_id, account_id, amount, charged, reason, layer, created_at) "
        "VALUES (gen_random_uuid(), 'gone', 'w', 4, 3, 'forged', 'app', '2026-11-23 12:00Z')"
    )
    assert findings(audit(app.database)) == {"above_charge": (1, ["gone"])}
    assert findings(audit(app.database, "--since", "2026-11-23T13:00Z")) == {}


def test_what_was_paid_without_a_charge_is_not_looked_at(app: App) -> None:
    app.sql("INSERT INTO jobs VALUES ('before', 'w', 'failed', 1, 'no', '{}', '2026-11-20 10:00Z')")
    app.sql(
        "INSERT INTO sweeper.refunds (refund_id, session_id, account_id, amount, reason, layer, created_at) "
        "VALUES (gen_random_uuid(), 'before', 'w', 1, 'stuck', 'app', '2026-11-20 12:00Z')"
    )
    app.sql("INSERT INTO books VALUES ('before', -1)")
    assert findings(audit(app.database)) == {}


def test_a_row_whose_charge_cannot_be_read_does_not_hide_the_others(app: App) -> None:
    app.sql("ALTER TABLE books ALTER taken TYPE text")
    app.map(charged="(SELECT sum(b.taken::numeric) FROM books AS b WHERE b.job = s.id)")
    assert app.install().exit_code == 0
    app.sql("INSERT INTO books VALUES ('j', '-4'), ('bad', 'none')")
    app.sql("INSERT INTO jobs VALUES ('bad', 'w', 'failed', 3, 'no', '{}', '2026-11-23 10:00Z')")
    found = findings(audit(app.database, now=datetime(2026, 11, 23, 12, 30, tzinfo=UTC)))
    assert found["above_charge"] == (1, ["j"])


def test_the_csv_has_the_charge(app: App) -> None:
    rows = app.database.sweeper("audit", "--format", "csv").stdout.splitlines()
    assert rows[0].endswith(",again,charged")
    assert all(row.endswith(",0,3") for row in rows[1:])
