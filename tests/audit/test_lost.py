"""What the gap has cost so far: what failed or got stuck before the floor, by month and reason."""

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.audits import audit


def test_what_lies_before_the_floor_is_reported_by_month_and_reason(clean: AppDatabase) -> None:
    """The fixture has one such session; what is refunded, excluded or not charged before the floor was not lost."""
    clean.session("stuck-2019", "generating", created="2019-06-30 23:59:59", models=2)
    clean.session("july", created="2019-07-01", models=1)
    clean.session("exhausted-2019", created="2019-07-02", models=4, error="Worker failed after 3 attempts")
    clean.session("app-2019", created="2019-07-02", models=5, step="All models failed - credits refunded")
    clean.session("uncharged-2019", created="2019-07-02", models=0)
    clean.session("done-2019", "finished", created="2019-07-02")
    document = audit(clean).document
    assert document["lost"] == [
        {"month": "2019-06", "reason": "stuck", "sessions": 1, "credits": 2},
        {"month": "2019-06", "reason": "workflow_failure", "sessions": 1, "credits": 8},
        {"month": "2019-07", "reason": "retries_exhausted", "sessions": 1, "credits": 4},
        {"month": "2019-07", "reason": "workflow_failure", "sessions": 1, "credits": 1},
    ]
    assert document["position"]["before_floor"] == {"sessions": 4, "credits": 15}
    table = clean.sweeper("audit").stdout
    assert "Lost so far: 15 credits of 4 sessions before the floor" in table
    assert [line.split()[:2] for line in table.splitlines() if line.startswith("2019-07")] == [
        ["2019-07", "retries_exhausted"],
        ["2019-07", "workflow_failure"],
    ]
    assert "What was lost" in clean.sweeper("audit", "--format", "html").stdout


def test_nothing_before_the_floor_is_nothing_lost(first: AppDatabase) -> None:
    first.account()
    first.session("owed")
    assert first.sweeper("audit", "--json").document["lost"] == []
    assert "Lost" not in first.sweeper("audit").stdout
    assert "What was lost" not in first.sweeper("audit", "--format", "html").stdout


def test_a_session_that_failed_at_no_moment_counts_by_its_start(bare: AppDatabase) -> None:
    app = App(bare)
    app.sql("ALTER TABLE jobs ADD ended timestamptz")
    app.sql("INSERT INTO jobs VALUES ('inf', 'w', 'failed', 2, NULL, '{}', '2019-03-01', '-infinity')")
    app.sql("INSERT INTO jobs VALUES ('never', 'w', 'failed', 1, NULL, '{}', '-infinity', NULL)")
    app.map(failed_at="ended")
    app.sweep()
    assert audit(bare).document["lost"] == [
        {"month": "2019-03", "reason": "workflow_failure", "sessions": 1, "credits": 2},
        {"month": "unknown", "reason": "workflow_failure", "sessions": 1, "credits": 1},
    ]


def test_a_row_that_the_database_refuses_does_not_hide_what_was_lost(bare: AppDatabase) -> None:
    app = App(bare)
    app.sql("INSERT INTO jobs VALUES ('bad', 'w', 'failed', 0, NULL, '{}', '2019-03-01')")
    app.sql("INSERT INTO jobs VALUES ('old', 'w', 'failed', 2, NULL, '{}', '2019-03-01')")
    app.map(amount="4 / price")
    assert app.install().exit_code == 0
    document = audit(bare).document
    assert document["lost"] == [{"month": "2019-03", "reason": "workflow_failure", "sessions": 1, "credits": 2}]
    assert document["position"]["held"]["sessions"] == 1
