"""What `sweeper check` says of the app's own triggers on sweeper's ledger, and of a file that moves nothing."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.checks import check, items, not_ok

FUNCTION = "CREATE FUNCTION hook() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NEW; END $$"
MARKS = "UPDATE ONLY public.jobs SET error = 'paid back' WHERE id = NEW.session_id;"
# by another function of the app's, and by a trigger on another table
CALLS = """
CREATE TABLE queue (job text);
CREATE FUNCTION mark(job text) RETURNS void LANGUAGE sql
    BEGIN ATOMIC UPDATE jobs SET error = 'paid back' WHERE id = mark.job; END;
CREATE FUNCTION queued() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM mark(NEW.job); RETURN NEW; END $$;
CREATE TRIGGER queued AFTER INSERT ON queue FOR EACH ROW EXECUTE FUNCTION queued();
"""


@pytest.fixture
def app(bare: AppDatabase) -> App:
    app = App(bare)
    app.sql(FUNCTION.format(body=MARKS))
    assert app.install().exit_code == 0
    return app


def hook(app: App, when: str, table: str = "refunds", name: str = "hook") -> None:
    app.sql(f"CREATE TRIGGER {name} {when} ON sweeper.{table} FOR EACH ROW EXECUTE FUNCTION hook()")


def test_hooks_are_listed_and_call_nothing_wrong(app: App) -> None:
    before = not_ok(check(app.database))
    assert items(check(app.database))["hooks"]["message"] == "the app has no trigger of its own on sweeper's ledger"
    hook(app, "AFTER INSERT")
    hook(app, "AFTER INSERT", "reversals", "undo")
    app.sql("GRANT TRIGGER ON sweeper.refunds, sweeper.reversals TO sweeper_layer")
    ran = check(app.database)
    assert not_ok(ran) == {name: status for name, status in before.items() if name != "marks"}  # a hook may set them
    assert "hook on refunds (public.hook), undo on reversals (public.hook)" in items(ran)["hooks"]["message"]


@pytest.mark.parametrize(
    ("more", "body", "status"),
    [
        ("", "PERFORM pg_notify('jobs', 'UPDATE jobs: ' || NEW.session_id);", "warning"),
        (
            "CREATE TABLE outbox (job text);",
            "INSERT INTO outbox SELECT j.id FROM jobs AS j;  -- UPDATE jobs\n",
            "warning",
        ),
        (CALLS, "INSERT INTO queue VALUES (NEW.session_id);", "ok"),
        ("", "EXECUTE NEW.detail;", "ok"),
        ("CREATE VIEW work AS SELECT * FROM jobs;", 'UPDATE "work" SET error = NEW.reason;', "ok"),
    ],
)
def test_a_hook_quiets_what_it_may_write_to(app: App, more: str, body: str, status: str) -> None:
    app.sql(more + FUNCTION.format(body=body).replace("CREATE", "CREATE OR REPLACE", 1))
    hook(app, "AFTER INSERT")
    assert items(check(app.database))["marks"]["status"] == status


def test_who_may_create_hooks_and_has_none_is_named(app: App) -> None:
    hook(app, "AFTER INSERT", "reversals")
    app.sql("GRANT TRIGGER ON sweeper.refunds TO sweeper_layer")
    assert items(check(app.database))["grants"]["status"] == "warning"


@pytest.mark.parametrize("table", ["refunds", "reversals"])
def test_a_trigger_before_the_row_is_written_is_a_failure(app: App, table: str) -> None:
    hook(app, "BEFORE INSERT", table)
    item = items(check(app.database))["append_only"]
    assert item["status"] == "failure"
    assert f"hook on {table} fires before the row is written" in item["message"]
    app.sql(item["fix"])
    assert items(check(app.database))["append_only"]["status"] == "ok"


def test_a_hook_that_is_off_comes_with_what_switches_it_on(app: App) -> None:
    hook(app, "AFTER INSERT", name='"On refund"')
    app.sql('ALTER TABLE sweeper.refunds DISABLE TRIGGER "On refund"')
    item = items(check(app.database))["hooks"]
    assert item["status"] == "warning"
    app.sql(item["fix"])
    assert items(check(app.database))["hooks"]["status"] == "ok"


def test_a_file_that_moves_nothing_is_a_warning(app: App) -> None:
    assert items(check(app.database))["moves"]["message"] == "each refund is compared with a balance"
    del app.sections["accounts"]
    ran = app.install()
    assert "Note: triggers of the app's own (hooks)" in ran.stdout
    assert "GRANT TRIGGER" in ran.stdout
    item = items(check(app.database))["moves"]
    assert (item["status"], "the session alone" in item["message"]) == ("warning", True)
    hook(app, "AFTER INSERT")
    item = items(check(app.database))["moves"]
    assert (item["status"], "what your triggers on its ledger do" in item["message"]) == ("warning", True)
