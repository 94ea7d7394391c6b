"""The machine's clock was a year ahead for one run, and is right again."""

from datetime import timedelta

import pytest

from sweeper.sweep import horizon
from tests.helpers.app_database import AppDatabase
from tests.helpers.checks import check, items
from tests.helpers.command import NOW
from tests.helpers.first_app import owe
from tests.helpers.query_plans import explained

YEAR, HOUR = timedelta(days=365), timedelta(hours=1)


@pytest.fixture
def ahead(first: AppDatabase, monkeypatch: pytest.MonkeyPatch) -> AppDatabase:
    """The first app, after a complete run of that year."""
    monkeypatch.setattr(horizon, "SMALL_HISTORY", 0)
    first.account()
    assert first.run(now=NOW + YEAR).exit_code == 0
    return first


def test_only_the_next_run_is_a_full_sweep(ahead: AppDatabase) -> None:
    ahead.session("old", created="2026-11-10 10:00")
    assert ahead.run().document["refunds"]["sessions"] == 1
    assert ahead.value("SELECT horizon FROM sweeper.settings") == NOW - timedelta(days=1)
    assert "is settled" in items(check(ahead, now=NOW + HOUR))["horizon"]["message"]


def test_check_does_not_take_that_run_for_the_last(ahead: AppDatabase) -> None:
    assert items(check(ahead, now=NOW))["last_run"]["status"] == "warning"
    assert ahead.run().exit_code == 0
    assert items(check(ahead, now=NOW + HOUR))["last_run"]["message"] == "1 h ago"


def test_what_that_run_paid_counts_for_the_caps_for_a_day(first: AppDatabase) -> None:
    first.account()
    first.session("s1")
    assert first.run(now=NOW + YEAR).document["refunds"]["sessions"] == 1
    first.session("s2")
    assert first.run("--max-refunds", "1").document["refunds"]["sessions"] == 1
    first.configure("[policy]", "[policy]\nmax_refunds = 2")
    assert first.sweeper("install").exit_code == 0
    first.session("s3")
    assert first.run().document["outcome"] == "capped"
    first.sql("UPDATE sweeper.runs SET started_at = started_at - interval '25 hours' WHERE as_of > %s", NOW)
    assert first.run().document["refunds"]["sessions"] == 1


def test_the_caps_look_for_such_runs_once(first: AppDatabase) -> None:
    """Not for each refund of a run that began later: two runs at the same time would both be slow."""
    owe(first, 3)
    assert first.run(now=NOW + HOUR).document["refunds"]["sessions"] == 3
    first.session("another")
    with explained("EXPLAIN (ANALYZE, TIMING OFF, COSTS OFF)", "count_recent_refunds") as plans:
        assert first.run().document["refunds"]["sessions"] == 1
    looked = [line for line in plans["count_recent_refunds"] if " on runs " in line]
    assert looked
    assert all("loops=1)" in line or "never executed" in line for line in looked)
