"""Holds that are over: nobody has to decide about them any more."""

from datetime import timedelta

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.command import NOW
from tests.helpers.holds import charge_again_on_hold, holds
from tests.helpers.prisma_app import prisma_job, refund_by_app


def test_a_full_sweep_ends_holds_that_nobody_has_to_decide_about(first: AppDatabase) -> None:
    """No other command does: adopt knows no session that is gone, and leaves one that has a refund."""
    first.account()
    first.session("s1", models=2)
    first.session("s2", models=5)
    first.session("s3", models=5)
    first.configure("[policy]", "[policy]\nmax_amount = 4")
    assert first.sweeper("install").exit_code == 0
    assert first.run().document["held"] == 2
    assert first.sweeper("revert", "--session", "s1", "--reason", "test", "--yes").exit_code == 0
    first.sql("UPDATE prediction_sessions SET selected_models = '{a,b,c,d,e}' WHERE id = 's1'")
    assert first.run("--session", "s1").document["held"] == 1
    message = first.sweeper("explain", "s1", "--json").document["message"]
    assert "you can, with `sweeper run --session s1 --max-amount N`, because its amount is above" in message
    first.sql("DELETE FROM prediction_sessions WHERE id = 's2'")
    assert first.run().exit_code == 0
    assert len(holds(first)) == 3
    assert first.run("--full", now=NOW + timedelta(days=7)).exit_code == 0
    assert holds(first).keys() == {"s2", "s3"}
    assert first.run("--full", now=NOW + timedelta(days=7, seconds=1)).exit_code == 0
    assert holds(first) == {"s3": ("amount_above_max", None)}
    assert first.run("--session", "s1", "--max-amount", "9").document["refunds"]["credits"] == 5


@pytest.mark.parametrize(
    "flags", [("--full",), tuple(f"--session={name}" for name in ("refunded", "none", "done", "still", "revived"))]
)
def test_a_hold_of_what_is_owed_nothing_any_more_is_over(first: AppDatabase, flags: tuple[str, ...]) -> None:
    """The app refunded the session itself, its amount was set right, or it has finished after all."""
    first.account()
    for name in ("refunded", "none", "done", "still", "revived"):
        first.session(name, models=5)
    first.configure("[policy]", "[policy]\nmax_amount = 4")
    assert first.sweeper("install").exit_code == 0
    assert first.run().document["held"] == 5
    first.sql("UPDATE prediction_sessions SET step = 'All models failed - credits refunded' WHERE id = 'refunded'")
    first.sql("UPDATE prediction_sessions SET selected_models = '{}' WHERE id = 'none'")
    first.sql("UPDATE prediction_sessions SET status = 'finished' WHERE id = 'done'")
    first.sql("UPDATE prediction_sessions SET status = 'queued', created_at = %s WHERE id = 'revived'", NOW)
    assert first.run(*flags, now=NOW + timedelta(minutes=1)).exit_code == 0
    assert holds(first).keys() == {"still", "revived"}
    assert (first.refunds(), first.credits()) == ({}, 100)


def test_a_hold_of_what_the_app_refunded_in_its_own_ledger_is_over(prisma: AppDatabase) -> None:
    """No other command ends it: adopt leaves a session that is in the app's ledger."""
    user, job = prisma_job(prisma, "3")
    prisma.configure("[policy]", "[policy]\nmax_amount = 2")
    assert prisma.sweeper("install").exit_code == 0
    assert prisma.run().document["held"] == 1
    refund_by_app(prisma, user, job)
    assert prisma.run("--full", now=NOW + timedelta(minutes=1)).exit_code == 0
    assert holds(prisma) == {}


def test_a_hold_of_an_attempt_that_is_gone_for_a_week_is_over(bare: AppDatabase) -> None:
    """No other command ends it: adopt writes down the session's current attempt."""
    charge_again_on_hold(App(bare))
    assert bare.run("--full", now=NOW + timedelta(days=7)).document["refunds"]["sessions"] == 1
    assert len(holds(bare)) == 1
    assert bare.run("--full", now=NOW + timedelta(days=7, seconds=1)).exit_code == 0
    assert holds(bare) == {}
