"""An app that renames its statuses in place: a run that would never find anything again says so."""

import re
from typing import Any

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.query_plans import explained

SEVERAL = """
INSERT INTO jobs
SELECT 'k' || n, 'w', (ARRAY['failed', 'running', 'done', 'done'])[n % 4 + 1], 3, 'no', '{}', '2026-11-23 10:00Z'
FROM generate_series(1, 20) AS n
"""


@pytest.fixture
def paid(bare: AppDatabase) -> App:
    app = App(bare)
    app.sql(SEVERAL)
    assert app.install().exit_code == 0
    assert bare.run().document["refunds"]["sessions"] == 11
    return app


def test_statuses_that_were_renamed_stop_a_full_sweep(paid: App) -> None:
    paid.sql("UPDATE jobs SET state = upper(state)")
    for flags in (["--full"], ["--full", "--dry-run"]):
        ran = paid.database.run(*flags)
        assert (ran.exit_code, ran.document["error"]["code"]) == (2, "statuses_unknown")
        assert "of 21 looked at" in ran.document["error"]["message"]
        assert "FAILED (11), DONE (10)" in ran.document["error"]["message"]
    checked = {item["name"]: item for item in paid.database.sweeper("check", "--json").document["checks"]}
    assert (checked["statuses"]["status"], "'FAILED'" in checked["statuses"]["message"]) == ("warning", True)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE jobs SET state = 'done'",  # nothing failed, and nothing runs
        "UPDATE jobs SET state = upper(state) WHERE id <> 'k1'",  # one is owed, or was: others may be
        "DELETE FROM jobs",
        "DELETE FROM jobs WHERE id > 'k1'; UPDATE jobs SET state = 'draft'",  # few say nothing
        "UPDATE jobs SET state = 'draft', began = '2019-01-01'",  # before the floor
        "ALTER TABLE jobs ADD COLUMN note text; UPDATE jobs SET state = NULL WHERE id = 'j'",
    ],
)
def test_others_do_not(paid: App, change: str) -> None:
    paid.sql(change)
    assert paid.database.run("--full").exit_code == 0


def test_few_pages_of_a_large_table_are_read(paid: App) -> None:
    paid.sql("UPDATE jobs SET state = upper(state)")
    paid.sql(  # pages without a live row may be all that a sample has
        "INSERT INTO jobs SELECT 'l' || n, 'w', 'DONE', 3, repeat('x', 900), '{}', '2026-11-23 10:00Z' "
        "FROM generate_series(1, 5000) AS n"
    )
    message = paid.database.run("--full").document["error"]["message"]
    assert (found := re.search(r"of (\d+) looked at .* DONE \(", message)) is not None, message
    assert 0 < int(found[1]) <= 1000


def test_the_index_tells_whether_a_session_is_live(paid: App) -> None:
    """The failed are the newest rows: the server would read all others until it comes to the first of them."""
    paid.sql("ALTER TABLE jobs SET (autovacuum_enabled = off)")
    paid.sql(
        "INSERT INTO jobs SELECT 'l' || n, 'w', 'done', 3, NULL, '{}', timestamptz '2026-11-01 10:00Z' "
        "+ n * interval '1 s' FROM generate_series(1, 20000) AS n"
    )
    paid.sql("DELETE FROM jobs WHERE id !~ '^l'")
    paid.sql(
        "INSERT INTO jobs SELECT 'n' || n, 'w', 'failed', 3, NULL, '{}', '2026-11-23 10:00Z' "
        "FROM generate_series(1, 2000) AS n"
    )
    paid.sql("VACUUM ANALYZE jobs")
    with explained("EXPLAIN (ANALYZE, FORMAT JSON)", "find_unknown_statuses") as plans:
        assert paid.database.run("--full").exit_code == 0
    ((root,),) = plans["find_unknown_statuses"]
    assert _most_rows(root["Plan"]) < 100


def _most_rows(node: dict[str, Any]) -> float:
    """The most rows that one node of a plan gave or left out."""
    own = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    return max([own, *map(_most_rows, node.get("Plans", []))])
