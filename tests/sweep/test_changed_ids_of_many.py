"""Ids of more sessions than a page holds that the app changes in place."""

import pytest

from sweeper.sweep import owed_pages
from tests.helpers.app_database import AppDatabase
from tests.helpers.command import NOW


@pytest.mark.parametrize("failing", [False, True], ids=["pages", "beside a row that fails"])
def test_a_change_is_noticed_before_the_first_of_many_pages_is_paid(
    first: AppDatabase, monkeypatch: pytest.MonkeyPatch, failing: bool
) -> None:
    """The oldest sessions come first, and the refunds that a run compares are of the newest."""
    monkeypatch.setattr(owed_pages, "_FOUND_AT_ONCE", 2)
    first.configure('"cardinality(selected_models)"', '"12 / cardinality(selected_models)"')
    assert first.sweeper("install").exit_code == 0
    first.account()
    for day in (10, 20):
        for number in range(110):
            minutes = f"{number // 60 + 8}:{number % 60:02}"
            first.session(f"s{day}-{number}", models=1, created=f"2026-11-{day} {minutes}")
        now = NOW.replace(day=day)
        assert first.run(now=now).document["refunds"]["sessions"] == 110
    first.sql("UPDATE prediction_sessions SET id = 'job_' || id")
    if failing:
        first.session("bad", models=0, created="2026-11-09 10:00")
    before = first.credits()
    for ran in (first.run("--dry-run", "--full"), first.run("--full")):
        assert (ran.exit_code, ran.document["error"]["code"]) == (2, "key_changed")
    assert first.credits() == before
