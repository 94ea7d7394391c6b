"""What nothing would take back is not called taken back."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.reversals import revert

HOOK = """
CREATE FUNCTION undo() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER undo AFTER INSERT ON sweeper.reversals FOR EACH ROW EXECUTE FUNCTION undo();
"""


@pytest.fixture
def app(bare: AppDatabase) -> App:
    """An app whose refund is the closing: neither accounts nor a ledger."""
    app = App(bare)
    app.sql("UPDATE jobs SET state = 'running'")
    del app.sections["accounts"]
    assert app.sweep() == {"sessions": 1, "credits": 3, "accounts": 1}
    assert app.sql("SELECT state FROM jobs") == [("failed",)]
    return app


@pytest.mark.parametrize("flags", [("--dry-run",), (), ("--allow-negative", "--without-ledger")])
def test_without_anything_to_undo_it_a_refund_is_not_taken_back(app: App, flags: tuple[str, ...]) -> None:
    refused = revert(app.database, "--session", "j", *flags)
    assert (refused.exit_code, refused.document["error"]["code"]) == (2, "nothing_to_reverse")
    assert "neither [accounts] nor [ledger]" in refused.document["error"]["message"]
    assert "no trigger of the app's own" in refused.document["error"]["message"]
    assert app.sql("SELECT count(*) FROM sweeper.reversals") == [(0,)]


def test_with_a_hook_of_the_apps_it_is(app: App) -> None:
    app.sql(HOOK)
    assert revert(app.database, "--session", "j").exit_code == 0
    assert app.sql("SELECT amount FROM sweeper.reversals") == [(3,)]


def test_a_hook_that_is_off_undoes_nothing(app: App) -> None:
    app.sql(HOOK + "ALTER TABLE sweeper.reversals DISABLE TRIGGER undo;")
    assert revert(app.database, "--session", "j").exit_code == 2
