"""The machine's clock was a year ahead for one run, and is right again."""

from datetime import timedelta

import pytest

from sweeper.sweep import horizon
from tests.helpers.app_database import AppDatabase
from tests.helpers.checks import check, items
from tests.helpers.command import NOW

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
