"""A trigger of the app's on its own session moves credits when a mark goes: exact, or not taken back at all."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.reversals import revert

# what the app does when an operator sets the mark, or takes it off
TRIGGER = """
ALTER TABLE jobs ADD refunded boolean NOT NULL DEFAULT false;
CREATE FUNCTION move_credits() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$ BEGIN
    UPDATE wallets SET balance = balance + CASE WHEN NEW.refunded THEN NEW.price ELSE {back} END WHERE id = NEW.owner;
    RETURN NULL;
END $$;
CREATE TRIGGER move_credits AFTER UPDATE ON jobs FOR EACH ROW WHEN (NEW.refunded <> OLD.refunded)
    EXECUTE FUNCTION move_credits();
"""
HOOK = """
CREATE FUNCTION undo() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER undo AFTER INSERT ON sweeper.reversals FOR EACH ROW EXECUTE FUNCTION undo();
"""


@pytest.fixture
def app(bare: AppDatabase) -> App:
    app = App(bare)
    app.map("sessions.refunded", refunded="true")
    app.map("sessions.reversed", refunded="false")
    return app


def reversals(app: App) -> int:
    return int(app.database.value("SELECT count(*) FROM sweeper.reversals"))


def moved_by_the_app(app: App, back: str) -> None:
    app.sql(TRIGGER.format(back=back))
    app.map("accounts", add={})
    assert app.sweep()["credits"] == 3
    assert app.balance() == 103


def test_what_the_trigger_moves_back_is_exact(app: App) -> None:
    moved_by_the_app(app, "-NEW.price")
    app.sql(HOOK)
    taken = revert(app.database, "--session", "j")
    assert taken.exit_code == 0, taken.stderr
    assert (app.balance(), reversals(app)) == (100, 1)
    assert app.sql("SELECT refunded FROM jobs") == [(False,)]


@pytest.mark.parametrize("back", ["0", "-NEW.price - 1", "-2 * NEW.price"])
def test_another_sum_is_not_taken_back(app: App, back: str) -> None:
    moved_by_the_app(app, back)
    app.sql(HOOK)
    left = revert(app.database, "--session", "j")
    assert left.exit_code == 1
    assert left.document["left"], left.stdout
    assert (app.balance(), reversals(app)) == (103, 0)
    assert app.sql("SELECT refunded FROM jobs") == [(True,)]


def test_without_a_hook_nothing_says_that_it_moves(app: App) -> None:
    moved_by_the_app(app, "-NEW.price")
    refused = revert(app.database, "--session", "j")
    assert (refused.exit_code, refused.document["error"]["code"]) == (2, "nothing_to_reverse")
    assert (app.balance(), reversals(app)) == (103, 0)


def test_what_both_move_back_is_not_taken_back(app: App) -> None:
    """The refund was sweeper's own move; a trigger that came later would take it back a second time."""
    app.sql("ALTER TABLE jobs ADD refunded boolean NOT NULL DEFAULT false")
    assert app.sweep()["credits"] == 3
    app.sql(TRIGGER.format(back="-NEW.price").partition(";")[2])
    left = revert(app.database, "--session", "j")
    assert (left.exit_code, app.balance(), reversals(app)) == (1, 103, 0)
    assert app.sql("SELECT refunded FROM jobs") == [(True,)]


def test_the_mark_of_another_charge_stays(app: App) -> None:
    """The app has charged the session again, and has refunded that charge itself."""
    app.sql("ALTER TABLE jobs ADD refunded boolean NOT NULL DEFAULT false, ADD charge int NOT NULL DEFAULT 1")
    app.map(attempt="charge", exclude="refunded")
    assert app.sweep()["credits"] == 3
    app.sql("UPDATE jobs SET charge = 2")
    assert revert(app.database, "--session", "j").exit_code == 0
    assert app.sql("SELECT refunded FROM jobs") == [(True,)]
    assert app.balance() == 100
    assert app.database.run("--full").document["refunds"]["sessions"] == 0
