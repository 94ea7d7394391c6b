"""A status that is kept in another table: it is read there, and what closes a session is the app's own."""

import psycopg
import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.refund_function import refund

EVENTS = "(SELECT e.state FROM events e WHERE e.job = s.id ORDER BY e.number DESC LIMIT 1)"
HOOK = """
CREATE FUNCTION closing_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    INSERT INTO events (job, state) VALUES (NEW.session_id, 'failed');
    RETURN NULL;
END $$;
CREATE TRIGGER closing_event AFTER INSERT ON sweeper.refunds FOR EACH ROW EXECUTE FUNCTION closing_event();
"""


@pytest.fixture
def app(bare: AppDatabase) -> App:
    return App(bare)


def with_events(app: App) -> None:
    """Keep the status in a table of events."""
    app.sql("CREATE TABLE events (number serial PRIMARY KEY, job text, state text); ALTER TABLE jobs DROP state")
    app.sql("INSERT INTO jobs (id, owner, price, began) VALUES ('r', 'w', 5, '2026-11-23 09:00Z')")
    app.sql("INSERT INTO events (job, state) VALUES ('j', 'running'), ('j', 'failed'), ('r', 'running')")
    app.map(status=EVENTS)


def test_a_status_in_another_table_is_closed_by_a_hook(app: App) -> None:
    with_events(app)
    app.map("sessions.close", error="'closed'")
    app.install()
    app.sql(HOOK)
    assert app.sweep() == {"sessions": 2, "credits": 8, "accounts": 1}
    assert app.sql("SELECT state FROM events WHERE job = 'r' ORDER BY number") == [("running",), ("failed",)]
    assert app.database.sweeper("audit").exit_code == 0


def test_refund_with_a_status_in_another_table(app: App) -> None:
    with_events(app)
    app.map("sessions.close", error="'closed'")
    app.install()
    with pytest.raises(psycopg.errors.RaiseException, match=r"neither \[sessions.close\] nor a trigger"):
        refund(app.database, "r")
    app.sql(HOOK)
    assert (refund(app.database, "r"), refund(app.database, "r"), refund(app.database, "j")) == (5, 0, 3)


def test_a_status_in_another_table_needs_what_closes(app: App) -> None:
    with_events(app)
    app.refused("sessions.status", "is read from other tables, and nothing in the file closes a stuck session")
    app.map(running=None)
    assert app.sweep()["credits"] == 3


def test_a_status_in_another_table_has_no_fence(app: App) -> None:
    with_events(app)
    app.map("sessions.close", error="'closed'")
    app.write()
    asked = app.database.sweeper("install", "--fence", now=None)
    assert (asked.exit_code, "is read from other tables, and no trigger" in asked.stderr) == (2, True), asked.stderr
    app.install()
    checked = {check["name"]: check["message"] for check in app.database.sweeper("check", "--json").document["checks"]}
    assert "none: the status is read from other tables" in checked["fence"]
    assert "of all sessions" in checked["index"]


@pytest.mark.parametrize("immutable", [True, False])
def test_a_function_that_reads_the_status_elsewhere_is_asked_anew(app: App, immutable: bool) -> None:
    """Declared IMMUTABLE, it could be in an index, which would keep the status of the day it was built."""
    with_events(app)
    text = "RETURN (SELECT e.state FROM public.events AS e WHERE e.job = $1 ORDER BY e.number DESC LIMIT 1);"
    app.sql(
        f"CREATE FUNCTION state_of(text) RETURNS text LANGUAGE plpgsql {'IMMUTABLE' if immutable else 'STABLE'} "
        f"SECURITY DEFINER AS 'BEGIN {text} END'"
    )
    app.map(status="state_of(s.id)", running=None)
    app.install()
    app.sql("INSERT INTO events (job, state) VALUES ('r', 'failed')")
    assert app.sweep() == {"sessions": 2, "credits": 8, "accounts": 1}


@pytest.mark.parametrize(
    "body",
    [
        "SELECT CASE WHEN $1 IS DISTINCT FROM ''x'' THEN $1 END",
        "SELECT substring($1 from 1 for 20)",
        "SELECT trim(both '' '' from $1)",
    ],
)
def test_a_function_whose_from_names_no_table_is_in_the_index(app: App, body: str) -> None:
    app.sql(f"CREATE FUNCTION state_of(text) RETURNS text LANGUAGE sql IMMUTABLE AS '{body}'")
    app.map(status="state_of(state)")
    app.map("sessions.close", state="'failed'")
    assert app.install().exit_code == 0
    checked = {check["name"]: check["message"] for check in app.database.sweeper("check", "--json").document["checks"]}
    assert checked["index"] == "in place; the table is small"
