"""What happened to a session is shown in the order in which it happened."""

from tests.helpers.app_database import AppDatabase


def test_a_session_that_a_refund_closed_failed_before_it_was_refunded(first: AppDatabase) -> None:
    first.sql("ALTER TABLE prediction_sessions ADD ended timestamp")
    first.configure('failed_at  = "created_at"', 'failed_at = "coalesce(s.ended, s.created_at)"')
    first.configure("[sessions.close]", '[sessions.close]\nended = "at"')
    assert first.sweeper("install").exit_code == 0
    first.account()
    first.session("s1", "generating")
    first.run()
    history = first.sweeper("explain", "s1", "--json").document["history"]
    assert [event["event"] for event in history] == ["started", "failed", "refunded"]
    times = [event["at"] for event in history]
    assert times == sorted(times)


def test_a_failure_without_a_date_is_not_called_stuck(first: AppDatabase) -> None:
    first.account()
    first.session("s1", created="infinity")
    told = first.sweeper("explain", "s1").stdout
    assert "It does not say when it failed, so its grace never ends, and no run refunds it." in " ".join(told.split())
    assert first.run("--session", "s1").document["refunds"]["sessions"] == 0
