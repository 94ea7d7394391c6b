"""How the audit reads large tables."""

from collections.abc import Iterator
from typing import Any

from tests.helpers.app_database import AppDatabase
from tests.helpers.audits import audit
from tests.helpers.query_plans import explained


def test_not_all_holds_are_read_for_each_session_before_they_are_counted(first: AppDatabase) -> None:
    """With 60,000 of them, an audit took eight minutes in place of eight seconds."""
    first.sql("ALTER TABLE sweeper.holds SET (autovacuum_enabled = false)")
    first.configure("[policy]", "[policy]\nmax_new_holds = 1000\nmax_amount = 2")
    assert first.sweeper("install").exit_code == 0
    first.crowd(accounts=400, sessions=400)
    first.sql("UPDATE prediction_sessions SET selected_models = '{a,b,c}'")
    assert first.run().document["held"] == 400
    with explained("EXPLAIN (ANALYZE, FORMAT JSON)", "position") as plans:
        audit(first)
    ((document,),) = plans["position"]
    in_vain = [node["Actual Loops"] * node.get("Rows Removed by Join Filter", 0) for node in _nodes(document["Plan"])]
    assert sum(in_vain) <= 400


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)
