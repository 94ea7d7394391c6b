"""What the app's books say was charged: nothing more is given back, and what was never charged is not."""

from datetime import timedelta

import psycopg
import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.command import NOW
from tests.helpers.holds import holds
from tests.helpers.statements import before

BOOKS = "CREATE TABLE books (id bigserial PRIMARY KEY, job text NOT NULL, taken numeric NOT NULL)"
CHARGED = "(SELECT sum(b.taken) FROM books AS b WHERE b.job = s.id)"


@pytest.fixture
def app(bare: AppDatabase) -> App:
    """An app whose books have what was taken for each job, and given back; its one job is charged 3 and owed 3."""
    app = App(bare)
    app.sql(BOOKS)
    app.sql("INSERT INTO books (job, taken) VALUES ('j', 3)")
    app.map(charged=CHARGED)
    return app


def job(
    app: App, name: str, *taken: str, price: int = 3, state: str = "failed", began: str = "2026-11-23 10:00Z"
) -> None:
    app.sql("INSERT INTO jobs VALUES (%s, 'w', %s, %s, 'no', '{}', %s)", name, state, price, began)
    for one in taken:
        app.sql("INSERT INTO books (job, taken) VALUES (%s, %s)", name, one)


def test_a_charge_that_is_there_is_given_back_and_kept_with_the_refund(app: App) -> None:
    assert app.sweep() == {"sessions": 1, "credits": 3, "accounts": 1}
    assert app.sql("SELECT session_id, amount, charged FROM sweeper.refunds") == [("j", 3, 3)]


@pytest.mark.parametrize("taken", [(), ("0",), ("3", "-3"), ("-1",)])
def test_what_was_not_charged_or_was_given_back_owes_nothing(app: App, taken: tuple[str, ...]) -> None:
    job(app, "u", *taken)
    app.sweep()
    assert [session for session, _, _ in app.refunds()] == ["j"]
    assert holds(app.database) == {}
    explained = app.database.sweeper("explain", "u", "--json").document
    assert (explained["verdict"], explained["amount"]) == ("uncharged", 3)
    assert "books have no charge" in explained["message"]
    assert app.database.sweeper("audit", "--json").document["position"]["uncharged"]["sessions"] == 1
    assert app.sql("SELECT sweeper.refund('u', 'a test')") == [(0,)]


def test_a_charge_that_a_hook_gives_back_twice_is_held(app: App) -> None:
    assert app.install().exit_code == 0
    app.sql(
        "CREATE FUNCTION book() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$ BEGIN "
        "INSERT INTO books (job, taken) VALUES (NEW.session_id, -2 * NEW.amount); RETURN NULL; END $$; "
        "CREATE TRIGGER book AFTER INSERT ON sweeper.refunds FOR EACH ROW EXECUTE FUNCTION book()"
    )
    ran = app.database.run("--session", "j")
    assert (ran.exit_code, ran.document["held"], ran.document["refunds"]["sessions"]) == (3, 1, 0)
    assert app.database.value("SELECT message FROM sweeper.holds").startswith("sessions.charged is below zero")


@pytest.mark.parametrize("taken", [("2.5",), ("3", "-0.01"), ("NaN",)])
def test_an_amount_above_the_charge_is_held_and_never_paid(app: App, taken: tuple[str, ...]) -> None:
    job(app, "above", *taken)
    assert app.install().exit_code == 0
    planned, ran = app.database.run("--dry-run"), app.database.run()
    assert planned.document["refunds"] == ran.document["refunds"] == {"sessions": 1, "credits": 3, "accounts": 1}
    assert (planned.document["held"], ran.document["held"], ran.exit_code) == (1, 1, 3)
    assert holds(app.database) == {"above": ("above_charge", None)}
    assert app.database.run("--session", "above", "--max-amount", "100").document["refunds"]["sessions"] == 0
    assert app.sql("SELECT sweeper.refund('above', 'a test')") == [(0,)]
    assert app.balance() == 103
    explained = app.database.sweeper("explain", "above")
    assert "above what the app's books say was charged" in explained.stdout


def test_more_charged_than_owed_is_paid_what_is_owed(app: App) -> None:
    job(app, "partly", "10")
    app.sweep()
    assert app.sql("SELECT amount, charged FROM sweeper.refunds WHERE session_id = 'partly'") == [(3, 10)]


def test_a_layer_keeps_the_charge_as_well(app: App) -> None:
    job(app, "r", "4", state="running")
    app.install()
    assert app.sql("SELECT sweeper.refund('r', 'a test')") == [(3,)]
    assert app.sql("SELECT amount, charged FROM sweeper.refunds") == [(3, 4)]


def test_a_charge_that_is_given_back_between_find_and_pay_is_not_paid(app: App) -> None:
    """The amount stays what it was, and the books are read again after the lock."""
    job(app, "late", "3")
    assert app.install().exit_code == 0
    with before("pay", lambda: app.sql("INSERT INTO books (job, taken) SELECT id, -3 FROM jobs")) as done:
        ran = app.database.run()
    assert done == [True]
    assert (ran.exit_code, ran.document["refunds"]["sessions"]) == (0, 0)
    assert (app.refunds(), holds(app.database)) == ([], {})
    assert app.balance() == 100


def test_sessions_that_are_older_than_the_books_are_held(app: App) -> None:
    job(app, "old", began="2026-11-22 09:00Z")
    job(app, "older", began="2026-11-21 09:00Z", price=0)
    job(app, "first", "3", began="2026-11-22 10:00Z", state="done")
    job(app, "young", began="2026-11-22 11:00Z")
    assert app.install().exit_code == 0
    planned, ran = app.database.run("--dry-run"), app.database.run()
    assert planned.document["refunds"] == ran.document["refunds"] == {"sessions": 1, "credits": 3, "accounts": 1}
    assert planned.document["held"] == ran.document["held"] == 1
    assert holds(app.database) == {"old": ("charge_unknown", None)}
    for name in ("older", "young"):
        assert app.database.sweeper("explain", name, "--json").document["verdict"] == "uncharged"
    explained = app.database.sweeper("explain", "old", "--json").document
    assert (explained["verdict"], explained["hold_reason"]) == ("held", "charge_unknown")
    assert app.database.run().document["held"] == 0
    found = {one["code"]: one["samples"] for one in app.database.sweeper("audit", "--json").document["findings"]}
    assert found["held"] == ["old"]


def test_the_first_charge_may_be_of_a_session_that_failed(app: App) -> None:
    job(app, "old", began="2026-11-22 09:00Z")
    assert app.install().exit_code == 0
    explained = app.database.sweeper("explain", "old", "--json").document
    assert (explained["verdict"], explained["hold_reason"], explained["message"][:24]) == (
        "held", "charge_unknown", "The next run puts it on ",
    )  # fmt: skip
    assert app.database.run().document["held"] == 1
    assert holds(app.database) == {"old": ("charge_unknown", None)}


def test_an_unknown_charge_stays_on_hold_while_the_app_has_locked_the_session(app: App) -> None:
    """The full sweep that skips it does not put it there again."""
    job(app, "old", began="2026-11-22 09:00Z")
    assert app.install().exit_code == 0
    assert app.database.run().document["held"] == 1
    with psycopg.connect(app.database.url) as other:
        other.execute("SELECT FROM jobs WHERE id = 'old' FOR UPDATE")
        assert app.database.run("--full", now=NOW + timedelta(minutes=1)).exit_code == 0
    assert holds(app.database) == {"old": ("charge_unknown", None)}
    assert app.database.run("--full", now=NOW + timedelta(minutes=2)).document["held"] == 0
    app.sql("UPDATE jobs SET state = 'done' WHERE id = 'old'")
    assert app.database.run("--full", now=NOW + timedelta(minutes=3)).exit_code == 0
    assert holds(app.database) == {}


def test_books_without_any_charge_hold_nothing(app: App) -> None:
    app.sql("TRUNCATE books")
    assert app.sweep()["sessions"] == 0
    assert holds(app.database) == {}


@pytest.mark.slow
def test_a_first_charge_that_takes_too_long_to_find_holds_nothing(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    job(app, "old", began="2026-11-22 09:00Z")
    app.sql(
        "CREATE FUNCTION slow(numeric) RETURNS numeric LANGUAGE sql AS "
        "'SELECT CASE WHEN pg_sleep(0.1) IS NULL THEN NULL ELSE $1 END'"
    )
    app.map(charged=f"slow({CHARGED})")
    assert app.install().exit_code == 0
    monkeypatch.setattr("sweeper.sweep.owed.FIRST_CHARGE_MS", 50)
    planned, ran = app.database.run("--dry-run"), app.database.run()
    assert planned.document["refunds"] == ran.document["refunds"] == {"sessions": 1, "credits": 3, "accounts": 1}
    assert (planned.document["held"], ran.document["held"]) == (0, 0)


def test_a_charge_is_a_number(app: App) -> None:
    app.map(charged="owner")
    app.refused("sessions.charged = 'owner'", "must be smallint or integer")
