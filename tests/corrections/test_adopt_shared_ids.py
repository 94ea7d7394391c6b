"""An id that several partitions have is not adopted with an amount: it is not known which account was paid."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.adoptions import adopt
from tests.helpers.app_database import AppDatabase
from tests.helpers.holds import holds
from tests.helpers.partitioned import by_month
from tests.helpers.server import Server

ADOPTED = "SELECT session_id, amount FROM sweeper.refunds WHERE layer = 'adopted' ORDER BY session_id"


@pytest.fixture
def monthly(server: Server, tmp_path: Path) -> Iterator[AppDatabase]:
    """Two accounts, an id that a session of each has, one of them before the floor, and a session by itself."""
    with by_month(server, tmp_path) as database:
        database.session("twin", models=2)
        database.session("twin", "generating", account="u2", models=4, created="2019-03-01 10:00")
        database.session("one", models=1)
        yield database


@pytest.mark.parametrize("choice", [("--session", "twin"), ("--where", "true"), ("--where", "user_id = 'u2'")])
def test_several_sessions_with_one_id_are_left_by_adopt(monthly: AppDatabase, choice: tuple[str, str]) -> None:
    planned, done = adopt(monthly, *choice, "--dry-run"), adopt(monthly, *choice)
    for ran in (planned, done):
        assert ran.document["left"]["ambiguous_id"]["samples"][0] == "twin"
    assert done.exit_code == 1
    assert dict(monthly.sql(ADOPTED)) == ({"one": 1} if choice[1] == "true" else {})


def test_several_sessions_with_one_id_are_waived_together(monthly: AppDatabase) -> None:
    monthly.sql("UPDATE prediction_sessions SET created_at = '2026-03-01' WHERE user_id = 'u2'")
    assert monthly.run().document["held"] == 1
    assert "several sessions have this id" in monthly.sweeper("explain", "twin").stdout
    planned = adopt(monthly, "--session", "twin", "--amount", "0", "--dry-run").document
    done = adopt(monthly, "--session", "twin", "--amount", "0").document
    for document in (planned, done):
        assert (document["adopted"]["sessions"], document["already_refunded"]) == (1, 0)
    assert (dict(monthly.sql(ADOPTED)), holds(monthly)) == ({"twin": 0}, {})
    assert monthly.run("--full").document["held"] == 0
