"""Right files for apps in which nothing is owed: what failed cost nothing, or was refunded."""

from tests.helpers.any_app import App
from tests.helpers.checks import check, items
from tests.helpers.shops import rehearsed, without_ledger


def amounts(app: App) -> str:
    """What is said of the amounts of the newest failed sessions."""
    assert app.install().exit_code == 0
    return str(items(check(app.database))["amounts"]["message"])


def test_sessions_that_cost_nothing_beside_those_that_were_refunded(app: App) -> None:
    app.sql(
        "UPDATE jobs SET price = 0 WHERE state = 'failed' AND id NOT IN (SELECT job FROM book WHERE kind = 'refund')"
    )
    assert amounts(app) == "10 of the 10 newest failed sessions that nobody has refunded have an amount"
    app.sql("UPDATE jobs SET price = 0 WHERE state = 'failed'")
    assert "none of the 10 newest failed sessions that nobody has refunded has an amount above zero" in amounts(app)


def test_amounts_that_refunds_have_brought_to_nothing(app: App) -> None:
    without_ledger(app)
    app.sql("DROP TABLE book")
    app.sql("ALTER TABLE jobs ADD back int NOT NULL DEFAULT 0; UPDATE jobs SET back = price WHERE state = 'failed'")
    app.map(amount="price - back")
    app.map("sessions.refunded", back="s.price")
    assert "have an amount" in amounts(app)
    assert rehearsed(app) == {}
    app.map("sessions.refunded", back="0")
    assert rehearsed(app)["marks"]["status"] == "warning"
    app.map("sessions.refunded", back="s.price")
    app.sql("UPDATE jobs SET price = 0, back = 0")
    assert "none of the 30" in amounts(app)
    app.sql("UPDATE jobs SET price = 3; UPDATE jobs SET state = 'done' WHERE state = 'failed'")
    assert "marks" not in rehearsed(app), "no session has failed yet"


def test_refunds_that_are_in_the_amount(app: App) -> None:
    """The net recipe."""
    app.sql("INSERT INTO book (wallet, job, kind, amount) SELECT wallet, job, 'refund', -amount FROM book AS b "
            "WHERE kind = 'charge' AND job IN (SELECT id FROM jobs WHERE state = 'failed') "
            "AND NOT EXISTS (SELECT FROM book AS r WHERE r.job = b.job AND r.kind = 'refund')")  # fmt: skip
    app.map(amount="(SELECT -sum(b.amount) FROM book AS b WHERE b.job = s.id AND b.kind <> 'swept')")
    app.map("ledger", where="kind = 'swept'")
    app.map("ledger.insert", kind="'swept'")
    app.map("ledger.past", where="kind = 'refund'")
    assert "have an amount" in amounts(app)


def test_a_status_of_sessions_that_the_file_leaves_out(app: App) -> None:
    app.sql(
        "UPDATE jobs SET state = 'draft' WHERE id IN ('j46', 'j47'); UPDATE jobs SET state = 'gone' WHERE id = 'j48'"
    )
    app.map(never="state = 'draft'")
    assert rehearsed(app)["statuses"]["message"] == (
        "sessions have statuses that no list names, and are never refunded: 'gone' (1)"
    )
    app.map(never="state IN ('draft', 'gone')")
    assert "statuses" not in rehearsed(app)
