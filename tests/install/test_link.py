"""What links a row of the app's ledger to its session must give that session for what a refund writes there."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.checks import check, items
from tests.helpers.statements import counted

LEDGER = (
    "CREATE TABLE entries (id uuid DEFAULT gen_random_uuid(), job text, wallet text, kind text, amount numeric, "
    "details jsonb, made text GENERATED ALWAYS AS (details ->> 'job') STORED, charge int DEFAULT 4711)"
)


@pytest.fixture
def app(bare: AppDatabase) -> App:
    app = App(bare)
    app.sql(LEDGER)
    return app


def ledger(app: App, session: str, **insert: str) -> None:
    app.map("ledger", table="entries", session=session, where="kind = 'refund'")
    app.map("ledger.insert", wallet="account_id", kind="'refund'", amount="amount", **insert)


@pytest.mark.parametrize(
    ("session", "insert"),
    [
        ("job", {"job": "refund_id::text"}),
        ("job", {"job": "'job-' || session_id"}),
        ("substr(job, 5)", {"job": "session_id"}),
        ("details ->> 'job'", {"details": "jsonb_build_object('session', session_id) || '{\"job\": \"\"}'"}),
        ("split_part(job, ':', 2)", {"job": "session_id || ':' || account_id"}),
    ],
)
def test_a_link_that_can_never_meet_is_an_error(app: App, session: str, insert: dict[str, str]) -> None:
    ledger(app, session, **insert)
    app.refused("ledger.session", "can never be the session of a row that a refund writes", "made-up session 4711")
    assert items(check(app.database))["mapping"]["status"] == "failure"
    assert app.database.run("--dry-run", role=None).document["error"]["code"] == "mapping"


@pytest.mark.parametrize(
    ("session", "insert"),
    [
        ("job", {"job": "session_id"}),
        ("substr(job, 5)", {"job": "'job-' || session_id"}),
        ("details ->> 'job'", {"details": "jsonb_build_object('job', session_id)"}),
        ("coalesce(details ->> 'job', job)", {"job": "NULL", "details": "jsonb_build_object('job', session_id)"}),
        # unknown without rows: the database fills it, or the row of a charge does
        ("made", {"details": "jsonb_build_object('job', session_id)", "job": "''"}),
        ("(charge + 0)::text", {"job": "''"}),
        ("job", {"job": "(SELECT coalesce(max(e.job), session_id) FROM entries AS e)"}),
    ],
)
def test_a_link_that_may_meet_is_none(app: App, session: str, insert: dict[str, str]) -> None:
    ledger(app, session, **insert)
    ran = app.install()
    assert "can never be" not in ran.stderr


def test_a_link_that_a_trigger_may_still_change_is_none(app: App) -> None:
    app.sql(
        "CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.job := substr(NEW.job, 5); "
        "RETURN NEW; END $$; CREATE TRIGGER fill BEFORE INSERT ON entries FOR EACH ROW EXECUTE FUNCTION fill()"
    )
    ledger(app, "job", job="'job-' || session_id")
    assert app.sweep()["sessions"] == 1


def test_ids_of_any_type_are_tried(app: App) -> None:
    app.sql("ALTER TABLE jobs ALTER id TYPE uuid USING gen_random_uuid()")
    ledger(app, "job", job="refund_id::text")
    app.refused("can never be", "00000000-0000-4000-8000-000000004711")
    ledger(app, "job::uuid", job="session_id::text")
    assert app.sweep()["sessions"] == 1


@pytest.mark.parametrize(
    ("where", "insert"),
    [
        ("kind = 'refund' AND details IS NOT NULL", {"details": "nullif(jsonb_build_object('a', attempt), '{}')"}),
        ("kind = 'refund' AND details ->> 'a' <> ''", {"details": "jsonb_build_object('a', attempt)"}),
        ("kind = 'refund' AND amount >= 10", {}),
    ],
)
def test_a_where_that_reads_a_charge_or_the_size_of_an_amount_is_accepted(
    app: App, where: str, insert: dict[str, str]
) -> None:
    """A made-up refund has no charge, and one amount or another."""
    app.sql("ALTER TABLE jobs ADD charge text DEFAULT 'c1'")
    app.map(attempt="charge")
    app.map("ledger", table="entries", session="job", attempt="details ->> 'a'", where=where)
    rest = {"details": "jsonb_build_object('a', attempt)"} | insert
    app.map("ledger.insert", job="session_id", kind="'refund'", amount="amount", **rest)
    assert app.install().exit_code == 0


def test_a_right_file_takes_one_made_up_session_for_each_key(app: App) -> None:
    ledger(app, "job", job="session_id")
    with counted() as sent:
        assert app.install().exit_code == 0
    assert (sent["try_link"], sent["try_where"]) == (1, 1)


def test_an_attempt_that_is_always_the_same_is_an_error(app: App) -> None:
    app.sql("ALTER TABLE jobs ADD try_no int NOT NULL DEFAULT 1; ALTER TABLE entries ADD try_no int")
    app.map(attempt="try_no")
    ledger(app, "job", job="session_id", try_no="1")
    app.map("ledger", attempt="try_no")
    app.refused("ledger.attempt", "is the same for the refunds of all attempts: [ledger.insert] has try_no = '1'")
    app.map("ledger.insert", try_no="attempt")
    assert app.install().exit_code == 0
