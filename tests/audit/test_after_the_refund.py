"""Sessions that went on after their refund: `sweeper audit` finds those that succeeded and those that failed again."""

from datetime import timedelta

from tests.helpers.app_database import AppDatabase
from tests.helpers.audits import LATER, audit, findings
from tests.helpers.command import NOW


def test_sessions_that_finished_after_their_refund_are_found(clean: AppDatabase) -> None:
    clean.sql(
        "UPDATE prediction_sessions SET status = 'finished', selected_models = '{}' WHERE id IN ('failed', 'stuck')"
    )
    assert findings(audit(clean)) == {"refunded_then_succeeded": (2, ["failed", "stuck"])}


def test_one_that_the_app_says_was_started_anew_is_found_too(clean: AppDatabase) -> None:
    clean.sql(
        "UPDATE prediction_sessions SET status = 'finished', created_at = %s WHERE id = 'failed'",
        NOW + timedelta(hours=2),
    )
    assert findings(audit(clean)) == {"refunded_then_succeeded": (1, ["failed"])}


def test_a_session_that_failed_again_after_its_refund_is_found(clean: AppDatabase) -> None:
    """Also when it costs something else by now: one fault has one name."""
    clean.sql(
        "UPDATE prediction_sessions SET created_at = %s, selected_models = '{a}' WHERE id = 'failed'",
        NOW + timedelta(hours=2),
    )
    assert findings(audit(clean)) == {"failed_after_refund": (1, ["failed"])}


def test_a_session_that_was_started_again_after_its_refund_and_is_stuck_is_found(clean: AppDatabase) -> None:
    """No run pays for it, as the guard knows one charge of a session: without the finding nothing would ever name it.

    One that has just been started again may still come to an end, which has a name of its own.
    """
    clean.sql("UPDATE prediction_sessions SET status = 'generating' WHERE id IN ('failed', 'stuck')")
    clean.sql("UPDATE prediction_sessions SET created_at = %s WHERE id = 'stuck'", LATER - timedelta(minutes=59))
    assert clean.run(now=LATER).document["refunds"]["sessions"] == 0
    assert findings(audit(clean)) == {"failed_after_refund": (1, ["failed"])}


def test_a_stuck_session_that_a_person_wrote_down_as_refunded_did_not_fail_again(clean: AppDatabase) -> None:
    """What is adopted is not closed."""
    clean.session("waived", "generating", created="2026-11-22 09:00")
    adopted = clean.sweeper("adopt", "--session", "waived", "--amount", "0", "--reason", "waived", "--yes")
    assert adopted.exit_code == 0, adopted.stderr
    assert findings(audit(clean)) == {}


def test_what_a_run_writes_while_it_refunds_is_not_a_second_failure(ledger_only: AppDatabase) -> None:
    """A stuck session is closed with the time at which that is done, later than the run's first moment."""
    ledger_only.configure("[policy]", '[sessions.close]\nended = "clock_timestamp()"\n[policy]')
    assert ledger_only.sweeper("install", now=None).exit_code == 0
    ledger_only.sql("INSERT INTO customers DEFAULT VALUES; INSERT INTO projects (owner_id) VALUES (1)")
    ledger_only.sql("INSERT INTO renders (project_id, state, charge, started) VALUES (1, 'working', 2, '2026-11-22Z')")
    assert ledger_only.run(now=None).document["refunds"]["sessions"] == 1
    assert findings(ledger_only.sweeper("audit", "--json", now=None)) == {}
    ledger_only.sql("UPDATE renders SET ended = (SELECT failed_at FROM sweeper.refunds) + interval '1 ms'")
    assert findings(ledger_only.sweeper("audit", "--json", now=None)) == {"failed_after_refund": (1, ["1"])}


def test_what_the_apps_trigger_makes_of_the_closing_is_when_the_session_failed(first: AppDatabase) -> None:
    """Kept with the refund, by the sweep and by `refund()`: any later moment is another failure."""
    first.sql(
        "CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN NEW.completed_at := clock_timestamp() AT TIME ZONE 'UTC'; RETURN NEW; END$$; "
        "CREATE TRIGGER stamp BEFORE UPDATE OF status ON prediction_sessions FOR EACH ROW EXECUTE FUNCTION stamp()"
    )
    first.configure('failed_at  = "created_at"', 'failed_at  = "completed_at"')
    assert first.sweeper("install", now=None).exit_code == 0
    first.account("anna", 10)
    for session in ("swept", "called"):
        first.session(session, "generating", account="anna", created="2026-11-22 09:00")
    first.sql("SELECT sweeper.refund('called', 'it broke')")
    assert first.run(now=None).document["refunds"]["sessions"] == 1
    differing = (
        "SELECT count(*) FROM sweeper.refunds AS r JOIN prediction_sessions AS s ON s.id = r.session_id "
        "WHERE r.failed_at IS DISTINCT FROM s.completed_at AT TIME ZONE 'UTC'"
    )
    assert first.value(differing) == 0
    assert findings(first.sweeper("audit", "--json", now=None)) == {}
    first.sql("UPDATE prediction_sessions SET completed_at = completed_at + interval '2 ms' WHERE id = 'swept'")
    assert findings(first.sweeper("audit", "--json", now=None)) == {"failed_after_refund": (1, ["swept"])}


def test_how_long_a_refund_took_is_not_known_where_its_own_write_moved_the_failure(first: AppDatabase) -> None:
    """As with updated_at and a trigger that keeps it: all of them would seem to be refunded at once."""
    first.sql(
        "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN NEW.completed_at := clock_timestamp() AT TIME ZONE 'UTC'; RETURN NEW; END$$; "
        "CREATE TRIGGER touch BEFORE UPDATE ON prediction_sessions FOR EACH ROW EXECUTE FUNCTION touch()"
    )
    first.configure('failed_at  = "created_at"', 'failed_at  = "completed_at"')
    assert first.sweeper("install", now=None).exit_code == 0
    first.account("anna", 10)
    first.session("stuck", "generating", account="anna", created="2026-11-22 09:00")
    assert first.run().document["refunds"]["sessions"] == 1
    ran = audit(first)
    assert findings(ran) == {}
    assert ran.document["period"]["time_to_refund_seconds"] == {"p50": None, "p95": None, "max": None}
    first.session("failed", account="anna", created="2026-11-22 12:00")
    assert first.run().document["refunds"]["sessions"] == 1
    assert audit(first).document["period"]["time_to_refund_seconds"] == {"p50": 86400, "p95": 86400, "max": 86400}
