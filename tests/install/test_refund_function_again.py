"""sweeper.refund() of a session whose refund was taken back: only a person pays it again."""

from tests.helpers.app_database import AppDatabase
from tests.helpers.refund_function import refund


def test_a_session_that_a_person_pays_again_after_a_revert_is_paid_once_more(first: AppDatabase) -> None:
    first.account()
    first.session("s1")
    first.run()
    first.sql(
        "INSERT INTO sweeper.reversals SELECT gen_random_uuid(), refund_id, amount, 'mistake', 'me', now() "
        "FROM sweeper.refunds"
    )
    assert refund(first, "s1") == 0
    assert first.run().document["refunds"]["sessions"] == 0
    assert first.run("--session", "s1").document["refunds"]["sessions"] == 1
    assert first.run("--session", "s1").document["refunds"]["sessions"] == 0
    assert first.sql("SELECT attempt, again FROM sweeper.refunds ORDER BY again") == [(0, 0), (0, 1)]
