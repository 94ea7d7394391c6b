"""``sweeper init`` runs no code of others: neither of a table's owner, nor of a role that may create in the path."""

import tomllib
from pathlib import Path

import pytest

from tests.helpers.roles import LAYER
from tests.helpers.server import Server
from tests.helpers.trapped import sprung, trapped

APP = """
CREATE TABLE people (id text PRIMARY KEY, credits int NOT NULL);
CREATE TABLE renders (id text PRIMARY KEY, person_id text NOT NULL REFERENCES people, status text NOT NULL, cost int,
    error text, created_at timestamptz NOT NULL DEFAULT now());
INSERT INTO people SELECT 'p' || n, 100 FROM generate_series(1, 3) AS n;
INSERT INTO renders SELECT 'r' || n, 'p' || 1 + n % 3, (ARRAY['queued', 'running', 'done', 'failed'])[1 + n % 4], 2
    FROM generate_series(1, 40) AS n;
"""
LURE = """
CREATE TABLE trap.people (id text PRIMARY KEY, credits int NOT NULL);
CREATE TABLE trap.renders (id text PRIMARY KEY, person_id text REFERENCES trap.people, status trap.kind,
    cost int, error text, created_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX ON trap.renders (id) WHERE trap.simplified(1) = 1;
INSERT INTO trap.people SELECT 'p' || n, 100 FROM generate_series(1, 3) AS n;
INSERT INTO trap.renders
SELECT 'r' || n, 'p' || 1 + n % 3, (ARRAY['running', 'done', 'failed'])[1 + n % 3]::trap.kind, 2
    FROM generate_series(1, 40) AS n
"""


@pytest.mark.every_version
def test_a_table_of_a_stranger_is_not_looked_at(server: Server, tmp_path: Path) -> None:
    with server.blank(tmp_path, APP) as database, trapped(database, LAYER, LURE) as listening:
        ran = database.sweeper("init", "--yes")
        assert sprung(listening) == set()
        assert (ran.exit_code, f"Not looked at: tables of {LAYER}, such as trap.people" in ran.stdout) == (0, True)
        assert tomllib.loads(database.config.read_text())["sessions"]["table"] == "renders"
        assert database.sweeper("init", "--force", "--json").document["tables_of_others"] == [
            "trap.people",
            "trap.renders",
        ]


def test_a_table_that_is_named_is_looked_at_and_all_of_its_owner(server: Server, tmp_path: Path) -> None:
    with server.blank(tmp_path, APP) as database, trapped(database, LAYER, LURE):
        assert database.sweeper("init", "--yes", "--table", "trap.renders").exit_code == 0
        found = tomllib.loads(database.config.read_text())
        assert (found["sessions"]["table"], found["accounts"]["table"]) == ("trap.renders", "trap.people")


def test_tables_of_a_single_role_are_the_apps_and_those_of_several_are_uncertain(
    server: Server, tmp_path: Path
) -> None:
    with server.blank(tmp_path) as database, trapped(database, LAYER, LURE) as listening:
        assert database.sweeper("init", "--yes").exit_code == 0
        sprung(listening)
        database.sql("CREATE TABLE another (id text PRIMARY KEY); ALTER TABLE another OWNER TO sweeper_runner")
        ran = database.sweeper("init", "--force", "--json")
        assert (ran.exit_code, ran.document["error"]["code"]) == (2, "several_owners")
        assert f"{LAYER}, sweeper_runner" in ran.document["error"]["message"]
        assert sprung(listening) == set()


def test_who_may_plant_operators_in_the_path_stops_it(server: Server, tmp_path: Path) -> None:
    with server.blank(tmp_path, APP) as database:
        database.sql(f"GRANT CREATE ON SCHEMA public TO {LAYER}")
        ran = database.sweeper("init", "--json")
        assert (ran.exit_code, ran.document["error"]["code"]) == (2, "search_path")
        assert f"REVOKE CREATE ON SCHEMA public FROM {LAYER};" in ran.document["error"]["message"]
