"""`sweeper audit` reports that a layer broke: the sweep refunds much more than in the days before."""

from datetime import timedelta

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.audits import FORGED, LATER, audit, findings


def swept(database: AppDatabase, day: int, count: int, reason: str) -> None:
    """So many refunds by the sweeper, so many days before the end of ``LATER``'s day."""
    for number in range(count):
        database.sql(FORGED.replace("'forged'", f"'{reason}'"), f"{day} {reason} {number}", 1, "sweeper", None,
                     LATER - timedelta(days=day, hours=1))  # fmt: skip


def test_a_layer_broke(first: AppDatabase) -> None:
    """Far more in the last day than in the days before, and most of it for one reason."""
    for day in range(1, 11):
        swept(first, day, 1, "stuck")
    swept(first, 0, 9, "queue_failure")
    quiet = audit(first).document["rate"]
    assert quiet["layer_broke"] is False
    swept(first, 0, 2, "stuck")
    rate = audit(first).document["rate"]
    assert rate == {"last_day": 11, "usual_per_day": pytest.approx(1.1, abs=0.02), "layer_broke": True,
                    "reason": "queue_failure"}  # fmt: skip
    assert "A layer broke" in first.sweeper("audit", now=LATER).stdout.splitlines()[1]
    assert findings(audit(first)) == {}
    assert audit(first, "--until", "2026-11-23T12:00Z").document["rate"]["layer_broke"] is False


def test_other_layers_may_refund_as_much_as_they_do(first: AppDatabase) -> None:
    swept(first, 10, 1, "stuck")
    for number in range(50):
        first.sql(FORGED, f"by the worker {number}", 1, "worker", None, LATER - timedelta(hours=1))
    assert audit(first).document["rate"]["last_day"] == 0


def test_the_first_days_have_nothing_to_be_compared_with(first: AppDatabase) -> None:
    """The backlog of the first sweep is no broken layer."""
    swept(first, 0, 12, "stuck")
    assert audit(first).document["rate"] == {
        "last_day": 12,
        "usual_per_day": None,
        "layer_broke": False,
        "reason": None,
    }
