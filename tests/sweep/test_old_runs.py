"""A run whose process, or machine, was stopped for a while and continues."""

from datetime import timedelta

import pytest
from freezegun import api

from tests.helpers.app_database import AppDatabase
from tests.helpers.command import NOW, Ran
from tests.helpers.statements import before

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


def stopped_for(database: AppDatabase, pause: timedelta) -> Ran:
    """A run that is stopped before it looks for the first page."""
    with before("find_in_history", lambda: api.freeze_factories[-1].tick(pause)):
        return database.run()


def test_a_run_that_is_continued_after_a_day_pays_nothing_that_no_cap_counts(first: AppDatabase) -> None:
    """Its refunds would be dated a day back: the run of today would pay as many again within the hour."""
    first.account()
    first.session("s1")
    first.session("s2")
    first.configure("[policy]", "[policy]\nmax_refunds = 1")
    old = stopped_for(first, DAY)
    assert (old.exit_code, old.document["error"]["code"], first.refunds()) == (1, "run_too_old", {})
    assert first.run(now=NOW + DAY + SECOND).exit_code == 4
    assert len(first.refunds()) == 1


@pytest.mark.parametrize("pause", [SECOND, DAY - SECOND])
def test_a_shorter_stop_is_no_matter(first: AppDatabase, pause: timedelta) -> None:
    first.account()
    first.session("s1")
    first.configure("[policy]", "[policy]\nmax_refunds = 1")
    assert stopped_for(first, pause).exit_code == 0
    first.session("s2")
    assert first.run(now=NOW + pause).exit_code == 4
    assert sorted(first.refunds()) == ["s1"]
