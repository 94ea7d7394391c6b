"""Lists of statuses that would pay for work without anything owed, and marks that the file does not see."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.shops import refuses, rehearsed


@pytest.mark.parametrize("listed", ["failed", "running"])
def test_finished_work_in_another_list(app: App, listed: str) -> None:
    app.map(**{listed: [listed, "done"]}, succeeded=[])
    assert f"sessions.{listed} has 'done', which is a name for work that has succeeded" in refuses(app, "statuses")


def test_work_that_goes_on_among_the_failed(app: App) -> None:
    """It would be paid without a look at its sign of life."""
    app.map(failed=["failed", "running"], running=[])
    assert "sessions.failed has 'running', which is a name for work that goes on" in refuses(app, "statuses")
    app.sql("UPDATE jobs SET state = 'retryable' WHERE state = 'running'")
    app.map(failed=["failed", "retryable"], running=[])
    assert "'retryable': is that work that goes on?" in rehearsed(app)["statuses"]["message"]
    app.sql("UPDATE jobs SET state = 'non_retryable' WHERE state = 'retryable'")
    app.map(failed=["failed", "non_retryable", "gave_up_retrying"])
    assert "statuses" not in rehearsed(app)


@pytest.mark.parametrize("status", ["refund_processing", "stuck_in_queue", "ready"])
def test_names_of_what_has_failed_or_waits(app: App, status: str) -> None:
    changed = "running" if status == "ready" else "failed"
    app.sql(f"UPDATE jobs SET state = '{status}' WHERE state = '{changed}'")
    app.map(**{changed: [status]})
    assert rehearsed(app) == {}


def test_a_name_that_says_both_is_none_of_finished_work(app: App) -> None:
    app.sql("UPDATE jobs SET state = 'done_with_errors' WHERE state = 'failed'")
    app.map(failed=["done_with_errors"])
    assert rehearsed(app) == {}


def test_what_was_canceled_among_the_failed(app: App) -> None:
    app.sql("UPDATE jobs SET state = 'canceled' WHERE id IN ('j31', 'j32', 'j33', 'j34')")
    app.map(failed=["failed", "canceled"])
    assert "has refunded none of 4 such sessions, such as j31" in rehearsed(app)["statuses"]["message"]
    refuses(app, "statuses")
    app.map(failed=["failed"], succeeded=["done", "canceled"])
    assert rehearsed(app) == {}


def test_a_failure_that_the_app_never_refunds_is_what_a_sweep_is_for(app: App) -> None:
    app.sql("UPDATE jobs SET state = 'timed_out' WHERE id IN ('j31', 'j32', 'j33', 'j34')")
    app.map(failed=["failed", "timed_out"])
    assert rehearsed(app) == {}


def test_lists_that_are_swapped_have_numbers_for_names(app: App) -> None:
    app.sql("ALTER TABLE jobs ALTER state TYPE int USING CASE state WHEN 'failed' THEN 4 WHEN 'done' THEN 3 ELSE 2 END")
    app.map(failed=[3], succeeded=[4], running=[2])
    assert "sessions.succeeded has '4', and the app has refunded 20 of 30 such sessions" in refuses(app, "statuses")
    app.map(failed=[4], succeeded=[3])
    assert rehearsed(app) == {}


def test_finished_work_that_is_called_by_a_number(app: App) -> None:
    """There is more of it than of what succeeded, and the app refunds none of it."""
    app.sql("ALTER TABLE jobs ALTER state TYPE int USING CASE state WHEN 'failed' THEN 4 WHEN 'done' THEN 3 ELSE 2 END")
    app.sql(
        "INSERT INTO jobs SELECT 'k' || n, 'w1', 3, 1, NULL, NULL, now(), now(), now() FROM generate_series(1, 20) AS n"
    )
    app.map(failed=[4, 3], succeeded=[], running=[2])
    assert "sessions.failed has '3', and the app has refunded none of 30" in refuses(app, "statuses")


def test_canceled_work_that_the_app_refunds_itself_is_no_sign_of_swapped_lists(app: App) -> None:
    app.sql(
        "UPDATE book SET kind = 'gone' WHERE kind = 'refund'; UPDATE jobs SET state = 'canceled' WHERE state = 'done'"
    )
    app.sql("DELETE FROM book WHERE kind = 'gone'")
    app.sql("INSERT INTO book (wallet, job, kind, amount) SELECT owner, id, 'refund', price FROM jobs "
            "WHERE state = 'canceled' LIMIT 6")  # fmt: skip
    app.map(succeeded=["canceled"])
    assert rehearsed(app) == {}


@pytest.mark.parametrize("exclude", ["refunded_at IS NULL", "ended IS NULL"])
def test_an_exclude_that_is_not_true_of_what_is_refunded(marked: App, exclude: str) -> None:
    assert rehearsed(marked) == {}
    marked.map(exclude=exclude)
    assert "refunded_at says that 20 of the newest failed sessions are refunded" in refuses(marked, "marks")


def test_a_requested_refund_is_not_a_mark(marked: App) -> None:
    marked.sql("ALTER TABLE jobs ADD refund_requested_at timestamptz DEFAULT now(), ADD refundable bool DEFAULT true")
    assert rehearsed(marked) == {}


def test_marks_of_other_names(marked: App) -> None:
    marked.sql("ALTER TABLE jobs RENAME refunded_at TO credited_back_at")
    marked.sections["sessions"].pop("exclude")
    marked.sections.pop("sessions.refunded")
    assert "jobs.credited_back_at (20 of the newest failed sessions" in refuses(marked, "marks")


def test_work_that_takes_longer_than_stuck_after_and_has_no_heartbeat(app: App) -> None:
    app.map("policy", stuck_after="10m")
    assert "stuck_after" not in rehearsed(app), "its heartbeat moves"
    app.map(active_at="began")
    found = refuses(app, "stuck_after")
    assert "longer than stuck_after = 10 min" in found
    app.map("policy", stuck_after="2h")
    assert "stuck_after" not in rehearsed(app)


def test_a_mark_of_the_app_that_a_refund_does_not_write(app: App) -> None:
    """The book says what is refunded; a job of the app's may look at the mark alone."""
    app.sql("ALTER TABLE jobs ADD gave_back boolean NOT NULL DEFAULT false")
    assert rehearsed(app) == {}
    app.sql("UPDATE jobs SET gave_back = true WHERE id IN (SELECT job FROM book WHERE kind = 'refund')")
    found = rehearsed(app)["marks"]
    assert (found["status"], "gave_back is set on 20 of the newest" in found["message"]) == ("warning", True)
    app.map("sessions.refunded", gave_back="true")
    assert rehearsed(app) == {}


def test_the_status_of_the_payment_for_that_of_the_work(app: App) -> None:
    app.sql("ALTER TABLE jobs ADD billing_status text NOT NULL DEFAULT 'charged'")
    app.sql("UPDATE jobs SET billing_status = 'none' WHERE id = 'j50'")
    app.map(status="billing_status", failed=["charged"], running=["none"], succeeded=["refunded"])
    said = "state says of 19 of 29 sessions that would be paid that their work has not failed"
    assert said in refuses(app, "statuses")


def test_a_few_of_each_that_customers_chose(app: App) -> None:
    app.sql("UPDATE jobs SET state = 'voided' WHERE id IN ('j31', 'j32')")
    app.sql("UPDATE jobs SET state = 'declined' WHERE id IN ('j33')")
    app.map(failed=["failed", "voided", "declined"])
    assert "sessions.failed has 'voided', and the app has refunded none of 2" in refuses(app, "statuses")
    app.map(failed=["failed"], succeeded=["done", "voided", "declined"])
    assert rehearsed(app) == {}


def test_a_word_that_says_that_nothing_was_taken(marked: App) -> None:
    marked.sql("ALTER TABLE jobs ADD payment_state text NOT NULL DEFAULT 'paid'")
    assert rehearsed(marked) == {}
    marked.sql("UPDATE jobs SET payment_state = 'unpaid' WHERE id IN ('j28', 'j29', 'j30')")
    assert "payment_state says of 3 of 10 sessions that would be paid" in refuses(marked, "charges")
    marked.map(amount="CASE WHEN payment_state = 'paid' THEN price END")
    assert rehearsed(marked) == {}


def test_what_is_over_among_the_running(app: App) -> None:
    """No name says so: it has an end, and what runs has none."""
    app.sql("UPDATE jobs SET state = 'storniert' WHERE id IN ('j31', 'j32', 'j33', 'j34')")
    app.map(running=["running", "storniert"])
    assert "sessions.running has 'storniert', and all 4 such sessions have an end" in refuses(app, "statuses")
    app.map(running=["running"], succeeded=["done", "storniert"])
    assert rehearsed(app) == {}


def test_an_end_that_all_running_sessions_have_proves_nothing(app: App) -> None:
    app.sql("UPDATE jobs SET ended = now()")
    app.sql("UPDATE jobs SET state = 'sending' WHERE id IN ('j41', 'j42', 'j43', 'j44')")
    app.map(running=["running", "sending"])
    assert "statuses" not in rehearsed(app)


NUMBERS = """
UPDATE jobs SET state = CASE WHEN substr(id, 2)::int BETWEEN 31 AND 36 THEN '5' WHEN state = 'failed' THEN '4'
                             WHEN state = 'done' THEN '3' ELSE '2' END;
ALTER TABLE jobs ALTER state TYPE int USING state::int;
ALTER TABLE jobs ADD note text;
UPDATE jobs SET note = 'out of memory' WHERE state = 4;
INSERT INTO book (wallet, job, kind, amount) SELECT owner, id, 'refund', price FROM jobs WHERE state = 5 LIMIT 4;
UPDATE wallets SET balance = (SELECT 1000 + sum(amount) FROM book WHERE wallet = wallets.id);
"""


def test_numbers_whose_errors_say_which_of_them_failed(app: App) -> None:
    """The app refunds what was canceled, too, so that its refunds do not say it."""
    app.sql(NUMBERS)
    app.map(failed=[4], succeeded=[3, 5], running=[2], error="note")
    assert rehearsed(app) == {}
    app.map(failed=[5], succeeded=[3, 4])
    assert "sessions.succeeded has '4', and 30 of 30 such sessions have an error" in refuses(app, "statuses")


def test_a_number_among_the_failed_that_no_error_goes_with(app: App) -> None:
    app.sql(NUMBERS)
    app.map(failed=[4, 5], succeeded=[3], running=[2], error="note")
    assert "failed has 5: were these canceled? None of 6 such sessions has" in rehearsed(app)["statuses"]["message"]


def test_a_number_without_errors_that_the_app_has_always_refunded(app: App) -> None:
    app.sql(NUMBERS.replace("LIMIT 4", ""))
    app.map(failed=[4, 5], succeeded=[3], running=[2], error="note")
    assert rehearsed(app) == {}


def test_a_number_that_the_app_has_never_refunded_is_reported_once(app: App) -> None:
    app.sql(NUMBERS)
    app.sql(
        "INSERT INTO jobs (id, owner, state, price, began, beat, ended) SELECT 'n' || n, 'w1', 3, 2, "
        "now() - interval '2 d', now() - interval '2 d', now() - interval '47 h' FROM generate_series(1, 150) AS n"
    )
    app.map(failed=[4, 3], succeeded=[5], running=[2], error="note")
    message = rehearsed(app)["statuses"]["message"]
    assert ("the app has refunded none of" in message, "canceled" in message) == (True, False)


def test_a_status_by_which_no_session_has_ended(app: App) -> None:
    """The first row of a history, for example."""
    app.map(status="CASE WHEN began IS NOT NULL THEN 'running' ELSE state END")
    app.map("sessions.close", ended="at")
    assert "all 50 newest sessions have a status in sessions.running, also 20 that the app" in refuses(app, "statuses")
    app.sql("DELETE FROM book WHERE kind = 'refund'")
    assert "none ever ends" not in str(rehearsed(app).get("statuses"))


def test_work_that_goes_on_and_failed_by_an_expression(app: App) -> None:
    """What runs has begun later than what the app has refunded, and has no end."""
    app.sql("UPDATE jobs SET began = now() - interval '1 min' WHERE state = 'running'")
    app.map(status="CASE WHEN state = 'done' THEN 'done' WHEN state = 'running' THEN 'open' ELSE 'failed' END")
    app.map(running=["open"], active_at=None)
    assert "statuses" not in rehearsed(app)
    app.map(status="CASE WHEN state = 'done' THEN 'done' ELSE 'failed' END")
    found = rehearsed(app)["statuses"]
    assert (found["status"], "10 of 20 sessions that would be paid have no end" in found["message"]) == (
        "warning",
        True,
    )
    app.map(running=[])
    assert "also the newest, such as j4" in refuses(app, "statuses")
    app.sql("UPDATE jobs SET error = 'lost' WHERE state = 'running'")
    app.map(error="error")
    assert "statuses" not in rehearsed(app), "they have failed"
    app.map(error=None)
    app.sql("UPDATE jobs SET began = began - interval '2 h'")
    assert "statuses" not in rehearsed(app), "the reaper of the app's may set no end"


def test_work_that_is_over_and_runs_by_an_expression(app: App) -> None:
    app.sql("ALTER TABLE jobs ADD cancelled_at timestamptz; UPDATE jobs SET began = now() - interval '3 h', "
            "cancelled_at = now() - interval '2 h', beat = NULL WHERE id IN ('j48', 'j49', 'j50')")  # fmt: skip
    app.map(
        status="CASE WHEN cancelled_at IS NOT NULL THEN 'done' ELSE state END", ended_at="coalesce(ended, cancelled_at)"
    )
    assert "statuses" not in rehearsed(app)
    app.map(status="CASE WHEN state = '' THEN 'done' ELSE state END")
    assert "cancelled_at is set on 3 sessions that run by the file" in refuses(app, "statuses")
