"""`sweeper check` shows by month how many amounts have no charge in the app's books."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.checks import check, items
from tests.helpers.shops import marked_shop, refuses, rehearsed, shop


@pytest.fixture
def app(bare: AppDatabase) -> App:
    app = App(bare)
    app.sql("CREATE TABLE books (job text NOT NULL, taken numeric NOT NULL)")
    app.sql("INSERT INTO books VALUES ('j', 3)")
    app.map(charged="(SELECT sum(b.taken) FROM books AS b WHERE b.job = s.id)")
    return app


def add(app: App, month: str, count: int, *, charged: int = 0) -> None:
    app.sql(
        "INSERT INTO jobs SELECT %s || n, 'w', 'failed', 3, 'no', '{}', (%s || '-10 10:00Z')::timestamptz "
        "FROM generate_series(1, %s) AS n", month, month, count,
    )  # fmt: skip
    app.sql("INSERT INTO books SELECT %s || n, 3 FROM generate_series(1, %s) AS n", month, charged)


def uncharged(app: App) -> tuple[str, str]:
    found = items(check(app.database))["uncharged"]
    return found["status"], found["message"]


def test_charges_that_are_all_there_are_fine_before_and_after_a_run(app: App) -> None:
    add(app, "2026-10", 3, charged=3)
    assert app.install().exit_code == 0
    assert uncharged(app) == ("ok", "every amount above zero has a charge in the app's books")
    assert app.database.run().exit_code == 0
    app.sql("INSERT INTO books SELECT session_id, -amount FROM sweeper.refunds")
    assert uncharged(app)[0] == "ok"


def test_some_without_a_charge_are_counted_by_month(app: App) -> None:
    add(app, "2026-10", 4, charged=1)
    assert app.install().exit_code == 0
    assert uncharged(app) == (
        "ok", "amounts above zero without a charge in the app's books, which owe nothing: 2026-10 (3 of 4)",
    )  # fmt: skip


def test_a_month_without_any_charge_is_a_warning(app: App) -> None:
    add(app, "2026-09", 3)
    assert app.install().exit_code == 0
    status, message = uncharged(app)
    assert (status, "2026-09 (3 of 3)" in message) == ("warning", True)


def test_a_file_without_charges_is_fine(app: App) -> None:
    app.map(charged=None)
    assert app.install().exit_code == 0
    assert uncharged(app) == ("ok", "not looked at: the file does not say what was charged (sessions.charged)")


def test_a_flag_of_the_charge_that_some_do_not_have(bare: AppDatabase) -> None:
    app = marked_shop(bare)
    app.sql("ALTER TABLE jobs ADD credits_charged boolean NOT NULL DEFAULT true")
    app.sql("UPDATE jobs SET credits_charged = false WHERE id IN ('j21', 'j22', 'j23', 'j31', 'j41')")
    assert "credits_charged is true of all 20 sessions that the app has refunded, and not of 3 of the 10" in refuses(
        app, "charges"
    )
    app.map(amount="CASE WHEN credits_charged THEN price END")
    assert rehearsed(app) == {}
    app.map(amount="price")
    app.sql("UPDATE jobs SET credits_charged = false WHERE id = 'j1'")
    assert rehearsed(app) == {}, "the app has refunded one without the flag: it is set when the work is done"


def test_what_most_of_the_sessions_of_one_status_have(bare: AppDatabase) -> None:
    """Canceled sessions have no output either, and owe nothing."""
    app = marked_shop(bare)
    app.sql("ALTER TABLE jobs ADD output_url text")
    app.sql("INSERT INTO jobs SELECT 'c' || n, 'w1', 'canceled', 3, NULL, NULL, now() - interval '2 h' "
            "FROM generate_series(1, 20) AS n; UPDATE jobs SET output_url = 'x' WHERE state = 'done' "
            "OR id IN ('j28', 'j29', 'j30')")  # fmt: skip
    app.map(succeeded=["done", "canceled"])
    assert "output_url is set for 10 of 30 sessions that succeeded, for none of the 20" in refuses(app, "statuses")
    app.map(never="output_url IS NOT NULL")
    assert "statuses" not in rehearsed(app)


HOLDS = """
CREATE TABLE holds (id bigserial PRIMARY KEY, job text NOT NULL REFERENCES jobs, credits numeric NOT NULL);
INSERT INTO holds (job, credits) SELECT id, price FROM jobs WHERE substr(id, 2)::int NOT BETWEEN 22 AND 25;
"""


def test_rows_that_all_charged_sessions_have(bare: AppDatabase) -> None:
    """Also those that run, so that a row says nothing of the end; it may come later than the charge."""
    app = marked_shop(bare)
    app.sql(HOLDS)
    found = rehearsed(app)["charges"]
    assert "4 that would be paid have none, such as j22, j23, j24: were they ever charged?" in found["message"]
    assert found["status"] == "warning"
    app.map(amount="(SELECT h.credits FROM holds h WHERE h.job = s.id)")
    assert "charges" not in rehearsed(app)
    app.map(amount="price")
    app.sql("DELETE FROM holds AS h USING jobs AS j WHERE j.id = h.job AND j.state = 'running'")
    assert rehearsed(app) == {}, "they may be written at the end, and not when a worker crashed"


def test_rows_of_a_book_of_which_no_amount_has_a_sign(bare: AppDatabase) -> None:
    app = shop(bare)
    app.sql("ALTER TABLE book DROP total; UPDATE book SET amount = abs(amount)")
    assert "charges" not in rehearsed(app)
    app.sql("DELETE FROM book WHERE job IN ('j25', 'j26', 'j27', 'j28')")
    said = "for 10 of 10 sessions that run and 6 of 10 that failed, and 4 that would be paid have none"
    assert said in rehearsed(app)["charges"]["message"]


def test_rows_of_what_was_charged_of_late(bare: AppDatabase) -> None:
    """Older ones may be gone."""
    app = marked_shop(bare)
    app.sql(HOLDS)
    app.sql("UPDATE jobs SET began = began - interval '9 days' WHERE substr(id, 2)::int BETWEEN 22 AND 25")
    assert "charges" not in rehearsed(app)
    app.sql("UPDATE jobs SET began = began - interval '30 days' WHERE id = 'j50'")
    assert "charges" not in rehearsed(app), "one that runs for a month still has its row"


def test_balances_that_were_charged_without_rows(bare: AppDatabase) -> None:
    app = marked_shop(bare)
    app.sql("UPDATE jobs SET price = 1 + (substr(id, 2)::int * substr(id, 2)::int) % 11")
    app.sql(HOLDS)
    app.sql("UPDATE wallets AS w SET balance = 1000 - (SELECT sum(j.price) FROM jobs AS j "
            "WHERE j.owner = w.id AND j.refunded_at IS NULL)")  # fmt: skip
    assert rehearsed(app) == {}


def test_charges_with_the_other_sign(bare: AppDatabase) -> None:
    """To a run nobody was charged: it would pay nobody, and say nothing."""
    app = shop(bare)
    app.sql("ALTER TABLE book DROP total")
    app.map(charged="(SELECT sum(-b.amount) FROM book b WHERE b.job = s.id)")
    assert "charges" not in rehearsed(app)
    app.map(charged="(SELECT sum(b.amount) FROM book b WHERE b.job = s.id)")
    found = refuses(app, "charges")
    assert "sessions.charged is below zero for 10 of 10 sessions that are not refunded" in found
    app.sql("DELETE FROM book WHERE substr(job, 2)::int BETWEEN 21 AND 30; "
            "INSERT INTO book (wallet, job, kind, amount) "
            "SELECT owner, id, 'apology', 1 FROM jobs WHERE substr(id, 2)::int BETWEEN 21 AND 25")  # fmt: skip
    app.map(charged="(SELECT sum(-b.amount) FROM book b WHERE b.job = s.id)")
    assert "charges" not in rehearsed(app), "what succeeded was charged"


@pytest.mark.parametrize("running", [10, 0])
def test_a_few_sessions_without_an_amount(bare: AppDatabase, running: int) -> None:
    """By a word that no row has: to a run all are uncharged, and it says nothing."""
    app = shop(bare)
    app.sql("DELETE FROM jobs WHERE substr(id, 2)::int BETWEEN 25 AND 30 OR substr(id, 2)::int > 40 + %s", running)
    for kind in ("charge", "debit"):
        app.map(amount=f"(SELECT -b.amount FROM book b WHERE b.job = s.id AND b.kind = '{kind}')")
        assert app.install().exit_code == 0
        said = items(check(app.database))["amounts"]["message"]
        # what has ended may have nothing left
        assert ("none of the 4 newest failed sessions" in said) == (kind == "debit" and running > 0), said
