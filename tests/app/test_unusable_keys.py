"""What tells charges apart must not change by itself, and must be comparable."""

import pytest

from tests.helpers.any_app import App


@pytest.mark.parametrize("attempt", ["now()::text", "error || current_date", "pg_catalog.now ( )::text"])
def test_an_attempt_that_reads_the_clock_is_refused(app: App, attempt: str) -> None:
    app.map(attempt=attempt)
    app.refused(f"sessions.attempt = {attempt!r}", "reads the clock")


@pytest.mark.parametrize(
    "attempt",
    [
        "error || 'now()'",
        "(SELECT count(*) FROM jobs j WHERE j.began < now() AND j.id < s.id)",
        's."current_date"',
        "app.now(s.id)",
    ],
)
def test_an_attempt_that_only_seems_to_read_the_clock_is_taken(app: App, attempt: str) -> None:
    app.sql('ALTER TABLE jobs ADD "current_date" text; CREATE SCHEMA app')
    app.sql("CREATE FUNCTION app.now(anyelement) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $1::text $$")
    app.map(attempt=attempt)
    assert app.install().exit_code == 0


@pytest.mark.parametrize(("table", "column"), [("jobs", "id"), ("wallets", "id")])
def test_an_id_that_is_an_array_is_refused(app: App, table: str, column: str) -> None:
    app.sql(f"ALTER TABLE {table} ALTER {column} TYPE text[] USING ARRAY[{column}]")
    app.refused("is of type text[]: an array cannot be an id")
