"""Ids of more sessions than a page holds that the app changes in place."""

from typing import Any

import pytest

from sweeper.sweep import owed_pages
from sweeper.sweep.app_changes import MovedSessions
from sweeper.sweep.owed_list import OwedList
from tests.helpers.app_database import AppDatabase
from tests.helpers.command import NOW


@pytest.mark.parametrize("how", ["pages", "beside a row that fails", "after a lost connection"])
def test_a_change_is_noticed_before_the_first_of_many_pages_is_paid(
    first: AppDatabase, monkeypatch: pytest.MonkeyPatch, how: str
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
    if how == "beside a row that fails":
        first.session("bad", models=0, created="2026-11-09 10:00")
    if how == "after a lost connection":
        _end_the_first_comparison(first, monkeypatch)
    before = first.credits()
    for ran in (first.run("--full"), first.run("--dry-run", "--full")):
        assert (ran.exit_code, ran.document["error"]["code"]) == (2, "key_changed")
    assert first.credits() == before


def _end_the_first_comparison(first: AppDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    compared, ended = MovedSessions.compared, list[str]()

    def lost(moved: MovedSessions, owed: OwedList) -> Any:
        if owed.transaction.row("SHOW application_name")[0] == "sweeper run" and not ended:
            ended.append("once")
            (pid,) = owed.transaction.row("SELECT pg_backend_pid()")
            first.sql("SELECT pg_terminate_backend(%s)", pid)
        return compared(moved, owed)

    monkeypatch.setattr(MovedSessions, "compared", lost)
