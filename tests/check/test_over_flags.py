"""A flag or a time beside the status that says that a session is over."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.shops import refuses, rehearsed, shop

# of ten sessions that run, four were canceled hours ago
FLAGS = """
ALTER TABLE book DROP total;
ALTER TABLE jobs ADD is_canceled boolean NOT NULL DEFAULT false, ADD canceled_at timestamptz;
UPDATE jobs SET is_canceled = true, canceled_at = now() - interval '4 h', began = now() - interval '5 h',
    beat = now() - interval '5 h' WHERE id IN ('j41', 'j42', 'j43', 'j44');
"""


@pytest.fixture
def app(bare: AppDatabase) -> App:
    """A shop that marks canceled work by columns beside the status."""
    app = shop(bare)
    app.sql(FLAGS)
    return app


@pytest.mark.parametrize(("name", "other"), [("is_canceled", "canceled_at"), ("canceled_at", "is_canceled")])
def test_a_mark_of_what_is_over(app: App, name: str, other: str) -> None:
    app.sql(f"ALTER TABLE jobs DROP {other}")
    condition = name if name == "is_canceled" else f"{name} IS NOT NULL"
    found = refuses(app, "statuses")
    assert f"{name} is set on 4 sessions that run by the file, such as j41, j42, j43, on none" in found
    app.map(status=f"CASE WHEN {condition} THEN 'canceled' ELSE state END", succeeded=["done", "canceled"])
    app.map("sessions.close", state="'failed'")
    assert "statuses" not in rehearsed(app)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE jobs SET beat = now() WHERE id = 'j44'",  # it is alive: work ends although it was canceled
        "UPDATE jobs SET is_canceled = true, canceled_at = ended WHERE id = 'j30'",
        "UPDATE jobs SET is_canceled = true, canceled_at = ended WHERE id = 'j35'",
        "ALTER TABLE jobs RENAME is_canceled TO is_cancelable; ALTER TABLE jobs RENAME canceled_at TO cancel_asked_at",
        # its worker is gone, which shows that it is owed
        "ALTER TABLE jobs RENAME is_canceled TO aborted; ALTER TABLE jobs RENAME canceled_at TO lease_expired_at",
        "ALTER TABLE jobs RENAME is_canceled TO trial_ended; ALTER TABLE jobs RENAME canceled_at TO window_closed_at",
        "ALTER TABLE jobs RENAME is_canceled TO mail_skipped; ALTER TABLE jobs RENAME canceled_at TO discarded_at",
        # a step that is completed where the work succeeds as well, and what has succeeded is moved elsewhere
        """ALTER TABLE jobs RENAME is_canceled TO input_done; ALTER TABLE jobs RENAME canceled_at TO uploading_done_at;
        DELETE FROM jobs WHERE state = 'done'""",
    ],
)
def test_a_mark_that_does_not_show_that_it_is_over(app: App, change: str) -> None:
    app.sql(change)
    assert "statuses" not in rehearsed(app)


def test_a_mark_of_what_is_over_and_has_failed_as_well(app: App) -> None:
    """None that the app has refunded has it."""
    app.sql("UPDATE jobs SET is_canceled = true, canceled_at = ended WHERE id IN ('j28', 'j29', 'j30')")
    assert "canceled is set on 7 sessions that run or failed by the file" in refuses(app, "statuses")
    app.sql("UPDATE jobs SET is_canceled = true, canceled_at = ended WHERE id = 'j3'")
    assert "statuses" not in rehearsed(app)


def test_canceled_work_that_an_expression_calls_failed(app: App) -> None:
    """The app gives nothing back for it."""
    app.sql("ALTER TABLE jobs DROP is_canceled")
    app.sql("UPDATE jobs SET canceled_at = CASE WHEN id IN ('j28', 'j29', 'j30') THEN ended END")
    status = "CASE WHEN canceled_at IS NOT NULL THEN '{}' ELSE state END"
    app.map(status=status.format("canceled"), succeeded=["done", "canceled"])
    app.map("sessions.close", state="'failed'")
    assert "statuses" not in rehearsed(app)
    app.map(status=status.format("failed"), succeeded=["done"])
    assert "canceled_at is set on 3 sessions that would be paid, such as j28, j29, j30, and" in refuses(app, "statuses")
    app.map(status=status.format("failed").replace("canceled_at", "error"))
    app.sql("UPDATE jobs SET error = 'no' WHERE canceled_at IS NOT NULL")
    before = "canceled_at"
    for name in ("cancel_sent_at", "watchdog_canceled_at", "reminder_canceled_at", "storniert_am"):
        app.sql(f"ALTER TABLE jobs RENAME {before} TO {name}")
        assert ("statuses" in rehearsed(app)) == (name == "storniert_am"), name
        before = name
    app.sql("UPDATE jobs SET storniert_am = ended WHERE id = 'j3'")
    assert "statuses" not in rehearsed(app)


def test_finished_work_that_an_expression_takes_for_running(app: App) -> None:
    """What has begun comes before what has ended, so that no session ever succeeds."""
    app.sql("ALTER TABLE jobs DROP is_canceled, DROP canceled_at")
    right = "CASE WHEN state = 'failed' THEN 'failed' WHEN ended IS NOT NULL THEN 'done' ELSE 'running' END"
    app.map(status=right, **{"failed": ["failed"], "running": ["running", "new"], "succeeded": ["done"]})
    app.map("sessions.close", state="'failed'")
    assert "statuses" not in rehearsed(app)
    wrong = right.replace("WHEN ended", "WHEN began IS NOT NULL THEN 'running' WHEN ended")
    app.map(status=wrong)
    assert "and 10 that run by it have an end" in refuses(app, "statuses")


def test_a_queue_that_deletes_what_is_done_and_tries_again_what_failed(app: App) -> None:
    """What is tried again has the end of the last try."""
    app.sql("ALTER TABLE jobs DROP is_canceled, DROP canceled_at")
    app.sql("DELETE FROM jobs WHERE state = 'done'; UPDATE jobs SET ended = began + interval '5 min' WHERE id > 'j45'"
            " AND state = 'running'")  # fmt: skip
    assert "statuses" not in rehearsed(app)
