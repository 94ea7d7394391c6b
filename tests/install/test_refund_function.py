"""sweeper.refund(): the same refund for the app's own layers, in their own transaction."""

from decimal import Decimal

import psycopg
import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.refund_function import refund
from tests.helpers.server import Server


@pytest.mark.every_version
def test_a_layer_refunds_once_and_the_next_one_gets_zero(first: AppDatabase) -> None:
    first.account()
    first.session("s1", models=3)
    assert [refund(first, "s1"), refund(first, "s1")] == [3, 0]
    assert first.credits() == 103
    assert first.sql("SELECT amount, reason, detail, layer, run_id FROM sweeper.refunds") == [
        (3, "worker_failure", "TimeoutError", "worker", None)
    ]


def test_what_a_layer_refunded_no_sweep_refunds_again(first: AppDatabase) -> None:
    first.account()
    refund(first, first.session("s1"))
    assert first.run().document["refunds"]["sessions"] == 0
    assert first.credits() == 103


def test_what_a_sweep_refunded_gives_a_layer_zero(first: AppDatabase) -> None:
    first.account()
    first.session("s1")
    first.run()
    assert refund(first, "s1") == 0
    assert first.credits() == 103


@pytest.mark.every_version
def test_a_running_session_is_closed_as_it_is_refunded(first: AppDatabase) -> None:
    first.account()
    first.session("s1", "generating", created="2026-11-23 11:59")
    assert refund(first, "s1") == 3
    assert first.sql("SELECT status::text, step FROM prediction_sessions") == [("error", "Closed: no sign of life")]


def test_grace_and_floor_are_not_for_a_layer_that_says_so_itself(first: AppDatabase) -> None:
    first.account()
    first.configure("since", "grace = '10y'\nsince")
    first.session("s1", created="2001-01-01 00:00")
    assert refund(first, "s1") == 3


@pytest.mark.parametrize(
    ("models", "step"), [(0, None), (None, None), (3, "All models failed - credits refunded")], ids=str
)
def test_where_nothing_is_owed_a_layer_gets_zero(first: AppDatabase, models: int | None, step: str | None) -> None:
    first.account()
    first.session("s1", models=models, step=step)
    assert refund(first, "s1") == 0
    assert first.credits() == 100


def test_a_session_without_an_account_goes_on_hold_and_gives_zero(first: AppDatabase) -> None:
    first.session("s1", account=None)
    assert refund(first, "s1") == 0
    assert first.sql("SELECT session_id, why FROM sweeper.holds") == [("s1", "no_account")]


def test_an_amount_above_the_largest_goes_on_hold_for_a_layer_too(first: AppDatabase) -> None:
    first.configure("[policy]", "[policy]\nmax_amount = 2")
    assert first.sweeper("install", now=None).exit_code == 0
    first.account()
    first.session("s1", models=3)
    first.session("s2", models=2)
    assert [refund(first, "s1"), refund(first, "s2")] == [0, 2]
    assert first.sql("SELECT session_id, why FROM sweeper.holds") == [("s1", "amount_above_max")]


def test_a_session_on_hold_gives_zero_until_a_person_decides(first: AppDatabase) -> None:
    first.session("s1")
    refund(first, "s1")
    first.account()
    assert refund(first, "s1") == 0


def test_an_unknown_session_is_an_error(first: AppDatabase) -> None:
    with pytest.raises(psycopg.errors.NoDataFound, match="there is no session s1"):
        refund(first, "s1")
    with pytest.raises(psycopg.errors.NoDataFound, match="there is no session null"):
        refund(first, None)


def test_a_session_that_succeeded_is_an_error(first: AppDatabase) -> None:
    first.account()
    first.session("s1", "finished")
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="session s1 is finished"):
        refund(first, "s1")


@pytest.mark.parametrize("layer", ["sweeper", "adopted", None])
def test_a_layer_cannot_pass_for_the_sweep(first: AppDatabase, layer: str | None) -> None:
    first.account()
    first.session("s1")
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        first.value("SELECT sweeper.refund('s1', 'x', NULL, %s)", layer)


def test_what_a_layer_says_is_cut_to_what_people_can_read(first: AppDatabase) -> None:
    first.account()
    first.session("s1")
    long = "x" * 10_000_000
    assert first.value("SELECT sweeper.refund('s1', %s, %s, %s)", long, long, long) == 3
    assert first.sql("SELECT length(reason), length(detail), length(layer) FROM sweeper.refunds") == [(200, 1000, 200)]


def test_it_is_taken_back_with_the_transaction_of_the_caller(first: AppDatabase) -> None:
    first.account()
    first.session("s1")
    with first.connect() as handler:
        handler.execute("SELECT sweeper.refund('s1', 'worker_failure', NULL, 'worker')")
        handler.rollback()
    assert (first.credits(), first.refunds()) == (100, {})
    assert first.run().document["refunds"]["sessions"] == 1


def test_a_balance_that_does_not_grow_is_an_error_for_a_layer_too(first: AppDatabase) -> None:
    first.sql(
        "CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "NEW.credits := OLD.credits; RETURN NEW; END $$; "
        "CREATE TRIGGER meddle BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION meddle()"
    )
    first.account()
    first.session("s1")
    with pytest.raises(psycopg.errors.RaiseException, match="did not grow"):
        refund(first, "s1")
    assert first.refunds() == {}


def test_a_ledger_row_outside_its_guard_is_an_error_for_a_layer_too(prisma: AppDatabase) -> None:
    user = prisma.value('INSERT INTO app."User" ("creditBalance") VALUES (10) RETURNING "id"::text')
    job = prisma.value(
        'INSERT INTO app."Job" ("userId", "status", "createdAt") VALUES (%s, \'FAILED\', \'2026-11-20\') '
        'RETURNING "id"::text',
        user,
    )
    prisma.sql('INSERT INTO app."JobItem" ("jobId", "price") VALUES (%s, 2.25)', job)
    prisma.configure(
        "[ledger.insert]",
        """guard = \"\"\""type" = 'REFUND' AND "createdAt" >= '2999-01-01'\"\"\"\n[ledger.insert]""",
    )
    assert prisma.sweeper("install").exit_code == 0
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        refund(prisma, job, cast="uuid")
    assert prisma.value('SELECT count(*) FROM app."CreditTransaction"') == 0


@pytest.mark.every_version
def test_it_writes_the_apps_own_ledger_first(prisma: AppDatabase) -> None:
    user = prisma.value('INSERT INTO app."User" ("creditBalance") VALUES (10) RETURNING "id"::text')
    job = prisma.value(
        'INSERT INTO app."Job" ("userId", "status", "createdAt") VALUES (%s, \'RUNNING\', \'2026-11-20\') '
        'RETURNING "id"::text',
        user,
    )
    prisma.sql('INSERT INTO app."JobItem" ("jobId", "price") VALUES (%s, 2.25)', job)
    assert [refund(prisma, job, cast="uuid"), refund(prisma, job, cast="uuid")] == [Decimal("2.25"), 0]
    assert prisma.sql('SELECT "type"::text, "amount", "note" FROM app."CreditTransaction"') == [
        ("REFUND", Decimal("2.25"), "worker_failure")
    ]
    assert prisma.value('SELECT "creditBalance" FROM app."User"') == Decimal("12.25")
    assert prisma.value('SELECT "status"::text FROM app."Job"') == "FAILED"


@pytest.mark.every_version
def test_it_works_without_accounts(ledger_only: AppDatabase) -> None:
    ledger_only.sql("INSERT INTO customers (id) VALUES (7)")
    ledger_only.sql("INSERT INTO projects (id, owner_id) VALUES (1, 7)")
    render = ledger_only.value(
        "INSERT INTO renders (id, project_id, state, charge, started, ended) "
        "VALUES (5, 1, 'failed', 1.125, '2026-11-20', '2026-11-20') RETURNING id"
    )
    assert [refund(ledger_only, render, cast="bigint"), refund(ledger_only, render, cast="bigint")] == [
        Decimal("1.125"),
        0,
    ]
    assert ledger_only.sql("SELECT customer_id, amount FROM credit_entries WHERE kind = 'refund'") == [
        (7, Decimal("1.125"))
    ]


@pytest.mark.every_version
def test_a_missing_guard_is_an_error_and_never_a_payment(first: AppDatabase) -> None:
    first.account()
    first.session("s1")
    first.sql("ALTER TABLE sweeper.refunds DROP CONSTRAINT refunds_session_id_attempt_again_key")
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="the guard is missing") as refused:
        refund(first, "s1")
    assert refused.value.diag.message_hint == "Run `sweeper install`."
    assert (
        len((refused.value.diag.context or "").splitlines()) < 5
    )  # a caller's log is no place for the whole statement
    assert first.credits() == 100


@pytest.mark.every_version
def test_only_roles_with_a_grant_may_call_it(server: Server, first: AppDatabase) -> None:
    first.account()
    first.session("s1")
    first.sql("CREATE ROLE app_worker")
    try:
        first.sql("GRANT USAGE ON SCHEMA sweeper TO app_worker")
        with first.connect() as worker:
            worker.execute("SET ROLE app_worker")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                worker.execute("SELECT sweeper.refund('s1', 'x', NULL, 'worker')")
    finally:
        first.sql("DROP OWNED BY app_worker; DROP ROLE app_worker")


def test_the_callers_search_path_and_time_zone_change_nothing(first: AppDatabase) -> None:
    first.account()
    first.session("s1")
    first.sql("CREATE SCHEMA evil; CREATE TABLE evil.users (id text, credits int)")
    with first.connect() as handler:
        handler.execute("SET search_path = evil; SET TimeZone = 'Asia/Tokyo'")
        handler.execute("SELECT sweeper.refund('s1', 'x', NULL, 'worker')")
    assert first.credits() == 103
    assert first.value("SELECT failed_at = '2026-11-23 10:00Z' FROM sweeper.refunds")
    assert first.value("SELECT abs(extract(epoch FROM updated_at - now() AT TIME ZONE 'UTC')) < 600 FROM users")


@pytest.mark.every_version
def test_bare_names_of_the_mapping_mean_the_same_whoever_calls(ledger_only: AppDatabase) -> None:
    ledger_only.sql("INSERT INTO customers (id) VALUES (7), (8); INSERT INTO projects (id, owner_id) VALUES (1, 7)")
    ledger_only.sql(
        "INSERT INTO renders (id, project_id, state, charge, started, ended) "
        "VALUES (5, 1, 'failed', 2, '2026-11-20', '2026-11-20')"
    )
    ledger_only.sql("CREATE SCHEMA evil; CREATE TABLE evil.projects AS SELECT 1 AS id, 8::bigint AS owner_id")
    with ledger_only.connect() as handler:
        handler.execute("SET search_path = evil, public")
        handler.execute("SELECT sweeper.refund(5, 'x', NULL, 'worker')")
    assert ledger_only.sql("SELECT customer_id FROM credit_entries WHERE kind = 'refund'") == [(7,)]


def test_a_column_of_the_app_that_is_called_like_a_parameter_is_the_apps(first: AppDatabase) -> None:
    first.sql(
        "ALTER TABLE prediction_sessions ADD reason int, ADD detail int; UPDATE prediction_sessions SET reason = 0"
    )
    first.configure("cardinality(selected_models)", "coalesce(reason, 0) + coalesce(detail, 5)")
    assert first.sweeper("install", now=None).exit_code == 0
    first.account()
    first.session("s1")
    assert refund(first, "s1") == 5
