"""Counters of what an account used that refunds would bring below zero."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.shops import marked_shop, rehearsed

# the plan is used up first, and failed jobs of w0 to w2 took from nothing else but what was bought
COUNTERS = """
ALTER TABLE wallets ADD plan_used int NOT NULL DEFAULT 0, ADD bought_used int NOT NULL DEFAULT 0;
ALTER TABLE wallets ADD had int NOT NULL DEFAULT 2000;
UPDATE wallets SET plan_used = CASE WHEN id < 'w3' THEN 0 ELSE 100 END, bought_used = 100;
ALTER TABLE jobs ADD took_plan int NOT NULL DEFAULT 0;
UPDATE jobs SET took_plan = price WHERE owner >= 'w3';
"""


@pytest.fixture
def counted(bare: AppDatabase) -> App:
    app = marked_shop(bare)
    app.sql(COUNTERS)
    app.map("accounts", balance="had - plan_used - bought_used")
    app.map("accounts.add", plan_used="-s.took_plan", bought_used="-(s.price - s.took_plan)")
    return app


def test_a_counter_that_would_be_below_zero(counted: App) -> None:
    assert "below zero" not in str(rehearsed(counted))
    counted.map("accounts.add", plan_used="-amount", bought_used=None)
    found = rehearsed(counted)["accounts"]
    assert "plan_used = '-amount' would bring plan_used below zero for 3 of 5 accounts" in found["message"]
    assert "such as w0, which has 0, by 5: it has not counted all" in found["message"]
    counted.sql("UPDATE wallets SET plan_used = 100 WHERE id = 'w0'")
    assert "below zero" not in str(rehearsed(counted)), "two may be anything"


@pytest.mark.parametrize("why", ["before the floor", "above max_amount", "closed", "not charged"])
def test_sessions_that_no_run_would_pay(counted: App, why: str) -> None:
    """What they took of a counter is never given back to it."""
    counted.map("accounts.add", plan_used="-amount", bought_used=None)
    counted.sql("UPDATE jobs SET price = 1 WHERE owner >= 'w3'")
    if why == "before the floor":
        counted.sql("UPDATE jobs SET began = began - interval '40 days' WHERE owner < 'w3'")
        counted.map("policy", since=counted.database.value("SELECT (now() - interval '9 days')::date::text"))
    elif why == "above max_amount":
        counted.sql("UPDATE jobs SET price = 500 WHERE owner < 'w3'")
    elif why == "closed":
        counted.sql("ALTER TABLE wallets ADD closed boolean; UPDATE wallets SET closed = id < 'w3'")
        counted.map("accounts", active="NOT closed")
    else:
        counted.sql(
            "ALTER TABLE jobs ADD taken int; UPDATE jobs SET taken = CASE WHEN owner < 'w3' THEN 1 ELSE price END"
        )
        counted.map(charged="taken")
    assert "below zero" not in str(rehearsed(counted))


def test_columns_that_may_be_below_zero(counted: App) -> None:
    """One that has counted nothing, one that has a sign, and one that a refund lowers no further than zero."""
    counted.sql("UPDATE wallets SET plan_used = 0")
    counted.map("accounts.add", plan_used="-amount", bought_used=None)
    assert "below zero" not in str(rehearsed(counted))
    counted.sql("UPDATE wallets SET plan_used = CASE id WHEN 'w3' THEN -9 WHEN 'w4' THEN 9 ELSE 0 END")
    assert "below zero" not in str(rehearsed(counted))
    counted.sql("UPDATE wallets SET plan_used = 5")
    least = "least(amount, a.plan_used)"
    counted.map("accounts.add", plan_used=f"-{least}", bought_used=f"-(amount - {least})")
    assert "below zero" not in str(rehearsed(counted))
