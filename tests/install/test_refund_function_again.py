"""sweeper.refund() where it pays nothing, and where triggers call it."""

import psycopg
import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.holds import holds
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


ON_FAILURE = """
CREATE FUNCTION give_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF new.status = 'error' THEN
        PERFORM sweeper.refund(new.id, 'failed');
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER give_back {time} UPDATE ON prediction_sessions FOR EACH ROW EXECUTE FUNCTION give_back();
"""
FAIL = "UPDATE prediction_sessions SET status = 'error' WHERE id = 's1'"


def test_a_session_without_a_start_is_put_on_hold(first: AppDatabase) -> None:
    first.account()
    first.session("s1", created=None)
    assert (refund(first, "s1"), first.credits()) == (0, 100)
    assert holds(first) == {"s1": ("no_started_at", None)}


def test_a_trigger_before_the_update_that_calls_it_is_one_short_error(first: AppDatabase) -> None:
    first.account()
    first.session("s1", "generating")
    first.sql(ON_FAILURE.format(time="BEFORE"))
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="Call it from an AFTER trigger") as raised:
        first.sql(FAIL)
    assert len(str(raised.value)) < 20_000
    assert first.credits() == 100
    # a run that closes it fares no better, and goes on
    first.session("s2")
    ran = first.run()
    assert (ran.document["refunds"]["sessions"], first.credits()) == (1, 103)


def test_a_trigger_after_the_update_may_call_it(first: AppDatabase) -> None:
    first.account()
    first.session("s1", "generating")
    first.session("s2", "generating")
    first.sql(ON_FAILURE.format(time="AFTER"))
    first.sql(FAIL)
    assert first.credits() == 103
    assert (refund(first, "s2"), refund(first, "s1"), first.credits()) == (3, 0, 106)
    assert first.run().document["refunds"]["sessions"] == 0


def test_a_hook_may_call_that_of_another_schema_for_a_session_with_this_id(first: AppDatabase) -> None:
    first.account()
    first.session("s1", "generating")
    first.sql("CREATE TABLE drafts (LIKE prediction_sessions INCLUDING ALL)")
    first.sql("INSERT INTO drafts SELECT * FROM prediction_sessions")
    text = first.config.read_text().replace('"prediction_sessions"', '"drafts"')
    first.config.write_text('[database]\nschema = "aside"\n' + text)
    assert first.sweeper("install", now=None).exit_code == 0
    first.sql(
        "CREATE FUNCTION also() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "PERFORM aside.refund(new.session_id, 'parent'); RETURN NULL; END $$; "
        "CREATE TRIGGER also AFTER INSERT ON sweeper.refunds FOR EACH ROW EXECUTE FUNCTION also()"
    )
    first.sql("UPDATE users SET credits = 100")
    with pytest.raises(psycopg.errors.RaiseException, match="balance"):
        refund(first, "s1")  # both move one balance, which is another matter
    first.sql("UPDATE drafts SET selected_models = '{}'")
    assert refund(first, "s1") == 3
