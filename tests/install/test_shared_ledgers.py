"""Two apps' sessions, two schemas, one ledger of the app: no refund of the one passes for one of the other."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.jobs import FILE, install, refused, sweep
from tests.helpers.server import Server

TABLES = """
CREATE TABLE users (id int PRIMARY KEY, credits int NOT NULL DEFAULT 0);
INSERT INTO users VALUES (1), (2);
CREATE TABLE videos (
    id int PRIMARY KEY, user_id int NOT NULL, status text NOT NULL, cost int NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now() - interval '3 hours'
);
CREATE TABLE images (LIKE videos INCLUDING ALL);
CREATE TABLE entries (user_id int, item_id int, image_id int, kind text, amount int);
"""
LEDGER = """
[ledger]
table = "entries"
session = "{link}"
where = "{where}"
[ledger.insert]
user_id = "account_id"
{link} = "session_id"
kind = "{kind}"
amount = "amount"
"""


@pytest.fixture
def app(server: Server, tmp_path: Path) -> Iterator[AppDatabase]:
    with server.blank(tmp_path, TABLES) as database:
        yield database


def mapped(app: AppDatabase, table: str, *, link: str = "item_id", kind: str = "refund") -> AppDatabase:
    """The file of one table's sessions, in a schema of its own."""
    ledger = LEDGER.format(link=link, where=f"kind = '{kind}'", kind=f"'{kind}'")
    head = f'[database]\nschema = "for_{table}"\n'
    app.config.write_text(head + FILE.format(sessions="").replace('"jobs"', f'"{table}"') + ledger)
    return app


def add(app: AppDatabase, table: str, session_id: int, user_id: int) -> None:
    app.sql(f"INSERT INTO {table} VALUES (%s, %s, 'error', 5)", session_id, user_id)


def test_a_second_table_whose_ids_are_the_same_is_refused(app: AppDatabase) -> None:
    add(app, "videos", 7, 1)
    add(app, "images", 7, 2)
    assert install(mapped(app, "videos")) == 0
    said = refused(mapped(app, "images"), "install")
    assert 'rows of both "public"."images" and "public"."videos"' in said
    assert "one id (7)" in said


def test_ids_that_are_the_same_later_stop_both(app: AppDatabase) -> None:
    add(app, "videos", 7, 1)
    add(app, "images", 8, 2)
    for table in ("videos", "images"):
        assert install(mapped(app, table)) == 0
        assert sweep(app) == 5
    add(app, "images", 7, 2)
    for table in ("videos", "images"):
        for command in (("run",), ("run", "--dry-run")):
            assert "would pass for one of the other" in refused(mapped(app, table), *command)
        checks = app.sweeper("check", "--json", now=None).document["checks"]
        assert [one["name"] for one in checks if "would pass for one of the other" in one["message"]] == ["installed"]


@pytest.mark.parametrize("keys", [{"link": "image_id"}, {"kind": "image"}], ids=["link", "where"])
def test_a_column_that_tells_the_rows_apart_is_enough(app: AppDatabase, keys: dict[str, str]) -> None:
    add(app, "videos", 7, 1)
    add(app, "images", 7, 2)
    for table, more in (("videos", {}), ("images", keys)):
        assert install(mapped(app, table, **more)) == 0
        assert sweep(app) == 5
    assert app.sql("SELECT id, credits FROM users ORDER BY id") == [(1, 5), (2, 5)]
