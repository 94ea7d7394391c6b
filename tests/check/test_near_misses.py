"""Right files on apps that look a little like faults: no item of the rehearsal has anything to say."""

from tests.helpers.any_app import App
from tests.helpers.shops import rehearsed


def test_a_refund_that_keeps_the_attempt_in_json(marked: App) -> None:
    marked.sql("""ALTER TABLE jobs ADD info jsonb NOT NULL DEFAULT '{"tries": 2}'""")
    marked.map(attempt="(s.info ->> 'tries')::int")
    marked.map("sessions.refunded", info="""s.info || '{"swept": true}'""")
    assert "marks" not in rehearsed(marked)
    marked.map("sessions.refunded", info="""jsonb_set(s.info, '{tries}', '0')""")
    assert "reads it" in rehearsed(marked)["marks"]["message"]


def test_a_flag_for_something_else_that_went_well(marked: App) -> None:
    """By the file the app has refunded nothing yet."""
    marked.sql("ALTER TABLE jobs ADD delivered bool; UPDATE jobs SET refunded_at = NULL")
    for told in ("true", "id <> 'j7'"):  # each failure, or all but one
        marked.sql(f"UPDATE jobs SET delivered = state <> 'running' AND {told}")
        assert "statuses" not in rehearsed(marked)
    marked.map(succeeded=[])
    assert "delivered is true of 29 sessions" in rehearsed(marked)["statuses"]["message"]
    marked.sql("UPDATE jobs SET delivered = state <> 'running'")
    assert "delivered" not in rehearsed(marked).get("statuses", {"message": ""})["message"]


def test_a_number_for_a_new_kind_of_failure(marked: App) -> None:
    marked.sql(
        "ALTER TABLE jobs ADD code int; UPDATE jobs SET began = began - interval '3 days' WHERE state <> 'running'"
    )
    marked.sql("UPDATE jobs SET code = CASE state WHEN 'failed' THEN 9 WHEN 'done' THEN 2 ELSE 1 END")
    marked.sql("""
        UPDATE jobs SET code = 12, ended = now() - interval '1 h', began = now() - interval '2 h'
        WHERE id IN ('j28', 'j29', 'j30')
    """)
    marked.map(status="code", failed=[9, 12], running=[1], succeeded=[2])
    marked.map("sessions.close", ended="at")
    assert "within a day" not in rehearsed(marked).get("statuses", {"message": ""})["message"]
    marked.sql("UPDATE jobs SET ended = NULL WHERE code = 12")
    marked.map(failed_at="coalesce(ended, began)")
    assert "sessions.failed has 12: all 3 such sessions" in rehearsed(marked)["statuses"]["message"]


def test_refunds_of_other_work_that_fall_near_failures(app: App) -> None:
    """An account has canceled work at all times, and its refunds name nothing."""
    app.map("ledger.insert", made_at="at")
    app.sql("""
        INSERT INTO book (wallet, kind, amount, made_at)
        SELECT owner, 'refund', price, ended + step * interval '5 min' FROM jobs, generate_series(-2, 3) AS step
        WHERE id IN (SELECT id FROM jobs WHERE state = 'failed' EXCEPT SELECT job FROM book WHERE kind = 'refund')
    """)
    assert "ledger" not in rehearsed(app)
    app.sql("DELETE FROM book AS b USING jobs AS j WHERE b.job IS NULL AND j.owner = b.wallet AND b.made_at <> j.ended")
    assert "follow the failures of 10 of the 10" in rehearsed(app)["ledger"]["message"]


def test_events_of_refunds_that_were_not_made(marked: App) -> None:
    marked.sql("""
        CREATE TABLE job_events (id bigserial PRIMARY KEY, job_id text REFERENCES jobs, kind text, amount int);
        INSERT INTO job_events (job_id, kind, amount)
        SELECT id, CASE WHEN refunded_at IS NULL THEN 'refund_failed' ELSE 'refund_requested' END, price
        FROM jobs WHERE state = 'failed'
    """)
    assert rehearsed(marked) == {}
    marked.sql("UPDATE job_events SET kind = 'refunded'")
    assert "looks like it" in rehearsed(marked)["marks"]["message"]
