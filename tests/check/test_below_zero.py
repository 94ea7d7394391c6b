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
