"""Partitions that come and go, and sessions that move between them, while a sweep is at work."""

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.holds import holds
from tests.helpers.partitioned import by_month
from tests.helpers.query_plans import explained
from tests.helpers.server import Server
from tests.helpers.statements import FIND, before


@pytest.fixture
def monthly(server: Server, tmp_path: Path) -> Iterator[AppDatabase]:
    """The first app by month, with two accounts."""
    with by_month(server, tmp_path) as database:
        yield database


def test_a_batch_reads_and_locks_the_partitions_of_its_own_sessions_alone(monthly: AppDatabase) -> None:
    monthly.session("s1", created="2026-06-10 10:00")
    monthly.session("s2", "generating", created="2026-07-10 10:00")
    names = ("lock_sessions", "pay", "count_failed", "read_back")
    with explained("EXPLAIN (VERBOSE)", *names) as plans:
        assert monthly.run().document["refunds"]["sessions"] == 2
    for name in ("lock_sessions", "pay", "count_failed"):
        found = set(re.findall(r" on public\.(sessions_\w+)", "\n".join(plans[name])))
        assert found == {"sessions_6", "sessions_7"}, name
        assert "Subplans Removed" not in "\n".join(plans[name]), "left out as it is planned, not opened and locked"


def test_a_page_reaches_over_all_partitions_and_each_batch_over_its_own(monthly: AppDatabase) -> None:
    for month in range(1, 11):
        monthly.session(f"s{month}", created=f"2026-{month:02}-10 10:00")
    with explained("EXPLAIN (VERBOSE)", "pay") as plans:
        assert monthly.run("--batch-size", "2").document["refunds"]["sessions"] == 10
    found = set(re.findall(r"Update on public\.(sessions_\w+)", "\n".join(plans["pay"])))
    assert found == {f"sessions_{month}" for month in range(1, 11)}
    assert len(plans["pay"]) > 0


def test_a_session_that_moves_to_another_partition_before_it_is_locked_is_paid_there(monthly: AppDatabase) -> None:
    monthly.session("s1", created="2026-06-10 10:00")
    with before(
        "lock_sessions", lambda: monthly.sql("UPDATE prediction_sessions SET created_at = '2026-09-10'")
    ) as done:
        ran = monthly.run()
    assert done
    assert (ran.exit_code, ran.document["skipped"], monthly.refunds()) == (0, 0, {"s1": 3})
    assert monthly.credits() == 103


def test_a_session_that_is_being_moved_is_left_to_the_next_run(monthly: AppDatabase) -> None:
    monthly.session("s1", created="2026-06-10 10:00")
    with monthly.connect() as app:
        app.execute("UPDATE prediction_sessions SET created_at = '2026-09-10'")
        ran = monthly.run()
        assert (ran.exit_code, ran.document["skipped"], monthly.refunds()) == (0, 1, {})
    assert monthly.run().document["refunds"]["sessions"] == 1
    assert monthly.credits() == 103


def test_a_twin_that_comes_after_the_reading_is_noticed_in_the_batch(monthly: AppDatabase) -> None:
    monthly.session("s1", created="2026-06-10 10:00")
    monthly.session("twin", created="2026-09-10 10:00")

    def insert() -> None:
        monthly.session("twin", "generating", account="u2", created="2026-07-10 10:00")

    with before("lock_sessions", insert) as done:
        ran = monthly.run()
    assert done
    assert (ran.exit_code, monthly.refunds()) == (3, {"s1": 3})
    assert holds(monthly) == {"twin": ("ambiguous_id", None)}


@pytest.mark.slow
@pytest.mark.parametrize("statement", ["lock_sessions", "lock_accounts", "pay", "count_failed"])
@pytest.mark.parametrize("how", ["DETACH PARTITION sessions_6 CONCURRENTLY", "DETACH PARTITION sessions_6"])
def test_sessions_of_a_partition_that_is_detached_meanwhile_are_paid_or_left_alone(
    monthly: AppDatabase, how: str, statement: str
) -> None:
    """Once its rows are locked, a partition can at most be marked as one that goes."""
    monthly.sql("DROP TABLE sessions_rest")
    monthly.session("s1", created="2026-06-10 10:00")
    monthly.session("s2", created="2026-07-10 10:00")

    def detach() -> None:
        monthly.sql("SET lock_timeout = '100ms'")
        with suppress(psycopg.errors.LockNotAvailable):
            monthly.sql(f"ALTER TABLE prediction_sessions {how}")

    with before(statement, detach) as done:
        ran = monthly.run()
    assert (done, ran.exit_code) == ([True], 0)
    paid = monthly.refunds()
    assert paid in ({"s2": 3}, {"s1": 3, "s2": 3})
    assert monthly.credits() == 100 + sum(paid.values())
    if statement == "lock_sessions":
        assert paid == {"s2": 3}
        bounds = "FOR VALUES FROM ('2026-06-01') TO ('2026-07-01')"
        monthly.sql(f"ALTER TABLE prediction_sessions ATTACH PARTITION sessions_6 {bounds}")
        assert monthly.run("--full").document["refunds"]["sessions"] == 1
    assert monthly.run("--full").document["refunds"]["sessions"] == 0
    assert holds(monthly) == {}


@pytest.mark.parametrize("statement", [*FIND, "lock_sessions"])
def test_a_partition_dropped_in_the_meantime_is_not_an_error(monthly: AppDatabase, statement: str) -> None:
    monthly.session("s1", created="2026-06-10 10:00")
    monthly.session("s2", created="2026-07-10 10:00")
    with before(statement, lambda: monthly.sql("DROP TABLE sessions_6")):
        ran = monthly.run()
    assert ran.exit_code == 0
    monthly.run("--full")
    assert monthly.refunds()["s2"] == 3
