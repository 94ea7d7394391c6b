"""``sweeper init`` by a role from which row-level security hides rows."""

import tomllib
from pathlib import Path

from tests.helpers.server import Server

PEOPLE = """
CREATE TABLE people (id int PRIMARY KEY, credits int NOT NULL);
CREATE TABLE renders (id int PRIMARY KEY, person_id int NOT NULL REFERENCES people, status text NOT NULL, cost int,
    error text, created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE credit_moves (id serial PRIMARY KEY, person_id int NOT NULL REFERENCES people,
    render_id int REFERENCES renders, amount int NOT NULL, kind text NOT NULL);
INSERT INTO people SELECT n, 100 FROM generate_series(1, 3) AS n;
INSERT INTO renders SELECT n, 1 + n % 3, (ARRAY['queued', 'running', 'done', 'failed'])[1 + n % 4], 2
    FROM generate_series(1, 40) AS n;
"""


def test_rows_that_row_level_security_hides_are_said_and_nothing_rests_on_them(server: Server, tmp_path: Path) -> None:
    """As of a service role without BYPASSRLS where every table of the schema has policies."""
    with server.blank(tmp_path, PEOPLE) as database:
        database.sql("CREATE SCHEMA auth; CREATE TABLE auth.sessions (id int); GRANT ALL ON SCHEMA auth TO PUBLIC")
        for table in ("people", "renders", "auth.sessions"):
            database.sql(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; GRANT SELECT ON {table} TO sweeper_runner")
        as_runner = {"SWEEPER_DATABASE_URL": database.url_as("sweeper_runner")}
        ran = database.sweeper("init", "--yes", **as_runner)
        assert "hides the rows of people, renders from this role" in ran.stdout
        assert "BYPASSRLS" in database.config.read_text()
        found = tomllib.loads(database.config.read_text())
        assert (found["accounts"]["balance"], found["sessions"]["account"]) == ("?", "?")
        ran = database.sweeper("init", "--force", "--json", **as_runner)
        assert ran.document["hidden_tables"] == ["people", "renders"]
        assert database.sweeper("init", "--force", "--json").document["hidden_tables"] == []
        assert "BYPASSRLS" not in database.config.read_text()
