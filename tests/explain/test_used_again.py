"""A session that was started after its refund: charged again, or another session with the id of an old one."""

from datetime import timedelta

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.audits import audit
from tests.helpers.command import NOW
from tests.helpers.refund_function import refund

LATER = NOW + timedelta(days=1)


@pytest.fixture
def warnings(first: AppDatabase) -> list[str]:
    """What the server warns of; one session is refunded."""
    found: list[str] = []
    first.connection.add_notice_handler(lambda diagnostic: found.append(str(diagnostic.message_primary)))
    first.account()
    first.session("old", created="2026-11-20 10:00")
    first.session("s1")
    assert first.run().document["refunds"]["sessions"] == 2
    return found


def test_it_is_said_that_its_charge_is_not_refunded(first: AppDatabase, warnings: list[str]) -> None:
    first.account("u2")
    first.sql("DELETE FROM prediction_sessions WHERE id = 's1'")
    first.session("s1", account="u2", created="2026-11-23 13:00")
    assert refund(first, "s1") == 0
    assert [text.partition(":")[0] for text in warnings] == ["session s1 was started after its refund"]
    said = first.sweeper("explain", "s1", now=LATER).stdout
    assert "It was started after that, on 2026-11-23T13:00:00Z" in said
    assert "compare its account with u1" in said
    (found,) = audit(first, now=LATER).document["findings"]
    assert (found["code"], "the id is used again" in found["hint"]) == ("failed_after_refund", True)


def test_nothing_is_said_of_the_session_that_was_refunded(first: AppDatabase, warnings: list[str]) -> None:
    assert refund(first, "s1") == 0
    assert refund(first, first.session("s2")) == 3
    assert refund(first, "s2") == 0
    assert warnings == []
    assert "started after that" not in first.sweeper("explain", "s1", now=LATER).stdout
