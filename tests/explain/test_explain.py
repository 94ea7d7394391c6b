"""Why a session was, was not, or will be refunded: never another answer than the run's."""

from datetime import timedelta
from typing import Any

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.command import NOW
from tests.helpers.prisma_app import prisma_job, refund_by_app

pytestmark = pytest.mark.every_version


def explain(database: AppDatabase, session_id: object, **options: Any) -> dict[str, Any]:
    ran = database.sweeper("explain", str(session_id), "--json", **options)
    assert ran.exit_code == 0, ran.stderr
    return ran.document


def verdict(database: AppDatabase, session_id: object, **options: Any) -> str:
    return str(explain(database, session_id, **options)["verdict"])


def events(document: dict[str, Any]) -> list[str]:
    return [event["event"] for event in document["history"]]


def some_of_each(first: AppDatabase) -> dict[str, str]:
    """One session for each verdict that the state of the app's own row decides."""
    first.account()
    first.session("owed")
    first.session("owed-stuck", "generating")
    first.session("in_grace", created="2026-11-23 11:48")
    first.session("not_stuck_yet", "queued", created="2026-11-23 11:30")
    first.session("held", account=None)
    first.session("held-gone", account="gone")
    first.session("excluded", step="All models failed - credits refunded")
    first.session("uncharged", models=0)
    first.session("uncharged-null", models=None)
    first.session("succeeded", "finished")
    first.session("before_floor", created="2019-01-01")
    first.session("before_floor-fresh", "queued", created="2019-12-31 23:59:59")
    rows = first.sql("SELECT id FROM prediction_sessions")
    return {session_id: session_id.partition("-")[0] for (session_id,) in rows}


def test_each_session_has_the_verdict_of_the_rule_that_decides_it(first: AppDatabase) -> None:
    expected = some_of_each(first)
    assert {session_id: verdict(first, session_id) for session_id in expected} == expected
    assert verdict(first, "never was") == "unknown"


def test_what_is_owed_and_what_is_held_is_what_a_run_refunds_and_holds(first: AppDatabase) -> None:
    first.configure("[policy]", "[policy]\nmax_amount = 5")
    expected = some_of_each(first)
    first.session("too much", models=6)
    first.session("no start", created=None)
    before = {session_id: verdict(first, session_id) for session_id in [*expected, "too much", "no start"]}
    assert first.run().exit_code == 3
    owed = {session_id for session_id, told in before.items() if told == "owed"}
    held = {session_id for session_id, told in before.items() if told == "held"}
    assert set(first.refunds()) == owed
    assert {row[0] for row in first.sql("SELECT session_id FROM sweeper.holds")} == held
    assert held >= {"too much", "no start"}
    after = {session_id: verdict(first, session_id) for session_id in before}
    assert after == {name: "refunded" if name in owed else told for name, told in before.items()}


def test_a_time_that_lies_ahead_is_not_one_ago(first: AppDatabase) -> None:
    first.session("s1", created="2026-11-23 14:00")
    first.session("s2", "queued", created="2026-11-23 14:00")
    lies = "lies ahead: 2026-11-23T14:00:00Z."
    assert explain(first, "s1")["message"].startswith(f"Its failure {lies} grace is 15 min. A run from")
    assert explain(first, "s2")["message"].startswith(f"Its last sign of life {lies} stuck_after is 1 h. A run from")


@pytest.mark.parametrize(("app_time", "told"), [("11:45:00", "owed"), ("11:45:01", "in_grace"), ("11:59", "in_grace")])
def test_grace_ends_in_the_second_that_a_run_says(first: AppDatabase, app_time: str, told: str) -> None:
    first.account()
    first.session("s1", created=f"2026-11-23 {app_time}")
    document = explain(first, "s1")
    assert document["verdict"] == told
    due = NOW if told == "owed" else NOW.replace(minute=int(app_time[3:5]), hour=11) + timedelta(minutes=15)
    assert document["due_at"].startswith(f"{due:%Y-%m-%dT%H:%M}")
    assert first.run().document["refunds"]["sessions"] == (told == "owed")


def test_the_rule_is_reported_with_its_numbers(first: AppDatabase) -> None:
    first.account()
    first.session("fresh", created="2026-11-23 11:48")
    first.session("working", "queued", created="2026-11-23 11:30")
    first.session("owed")
    told = {name: explain(first, name)["message"] for name in ("fresh", "working", "owed")}
    assert told["fresh"] == "Failed 12 min ago, grace is 15 min. A run from 2026-11-23T12:03:00Z on refunds it."
    assert told["working"] == (
        "No sign of life for 30 min, stuck_after is 1 h. A run from 2026-11-23T12:30:00Z on refunds it, unless it "
        "ends or shows a sign of life before."
    )
    assert told["owed"] == "Failed 2 h ago, grace is 15 min. The next run refunds it."
    before, due = NOW + timedelta(minutes=2, seconds=59), NOW + timedelta(minutes=3)
    assert first.run("--dry-run", now=before).document["refunds"]["sessions"] == 1
    assert first.run("--dry-run", now=due).document["refunds"]["sessions"] == 2


def test_a_refund_is_shown_with_its_run_and_layer_and_a_reversal_with_its_reason(first: AppDatabase) -> None:
    first.account()
    first.session("s1")
    run_id = first.run().document["run_id"]
    document = explain(first, "s1")
    assert (document["verdict"], events(document)) == ("refunded", ["started", "failed", "refunded"])
    refund = document["history"][-1]
    assert (refund["run_id"], refund["layer"], refund["amount"]) == (run_id, "sweeper", 3)
    assert refund["reason"] == "workflow_failure"
    assert first.sweeper("revert", "--session", "s1", "--reason", "fraud", "--yes").exit_code == 0
    document = explain(first, "s1")
    assert (document["verdict"], events(document)[-1]) == ("reversed", "reversed")
    assert document["history"][-1]["reason"] == "fraud"
    assert "No program pays it again; you can" in document["message"]
    again = first.run("--session", "s1").document["run_id"]
    document = explain(first, "s1")
    assert (document["verdict"], events(document)[-2:]) == ("refunded", ["reversed", "refunded"])
    assert again in document["message"]


def test_what_the_apps_own_ledger_still_has_is_not_said_to_be_payable_again(prisma: AppDatabase) -> None:
    _, job = prisma_job(prisma)
    prisma.run()
    assert prisma.sweeper("revert", "--session", job, "--reason", "fraud", "--yes").exit_code == 0
    document = explain(prisma, job)
    assert (document["verdict"], "you can" in document["message"]) == ("reversed", False)
    assert prisma.run("--session", job).document["refunds"]["sessions"] == 0


def test_the_history_of_a_hold_is_shown_without_the_databases_message(first: AppDatabase) -> None:
    first.account()
    first.sql("ALTER TABLE users ADD CONSTRAINT ceiling CHECK (credits <= 100)")
    first.session("s1", error="prompt of jane@example.org")
    first.run()
    ran = first.sweeper("explain", "s1", "--json")
    assert ran.document["verdict"] == "held"
    said = "(SQLSTATE 23514). Its message is in the column `message` of sweeper's table `holds`. To decide"
    assert said in ran.document["message"]
    held = ran.document["history"][-1]
    assert (held["event"], held["why"], held["constraint"]) == ("held", "refused 23514", "ceiling")
    assert "jane" not in ran.stdout + first.sweeper("explain", "s1").stdout
    first.sql("ALTER TABLE users DROP CONSTRAINT ceiling")
    first.run("--session", "s1")
    assert events(explain(first, "s1"))[-3:] == ["held", "hold_ended", "refunded"]
    said = " ".join(first.sweeper("explain", "s1").stdout.split())
    assert "hold ended; its reason was: the database refused its row (SQLSTATE 23514)" in said


@pytest.mark.parametrize("broken", ["amount", "failed_at"])
def test_a_row_that_the_database_cannot_read_is_shown_as_a_run_sees_it(first: AppDatabase, broken: str) -> None:
    """An expression that fails for the row puts it on hold; a session that a run does not ask for it is not held."""
    first.sql("ALTER TABLE prediction_sessions ADD price text DEFAULT '1'")
    if broken == "amount":
        first.configure('"cardinality(selected_models)"', '"s.price::int"')
    else:
        first.configure(f'{broken}  = "created_at"', f'{broken} = "created_at + s.price::interval"')
    assert first.sweeper("install").exit_code == 0
    first.account()
    first.session("bad")
    first.session("bad-fresh", created="2026-11-23 11:59")
    first.session("bad-done", "finished")
    first.sql("UPDATE prediction_sessions SET price = 'secret'")
    first.account("u2")
    first.session("good", account="u2")  # is paid, and shows that the run can pay
    told = {name: verdict(first, name) for name in ("bad", "bad-fresh", "bad-done")}
    planned = first.run("--dry-run").document
    assert told["bad-done"] == "succeeded"
    assert planned["held"] == list(told.values()).count("held") >= 1
    assert first.run().document["held"] == planned["held"]
    assert explain(first, "bad")["history"][-1]["event"] == "held"


def test_a_session_whose_row_is_gone_is_explained_from_the_ledger(first: AppDatabase) -> None:
    first.account()
    first.session("s1")
    first.run()
    first.sql("DELETE FROM prediction_sessions")
    document = explain(first, "s1")
    assert (document["verdict"], document["status"], document["account_id"]) == ("refunded", None, "u1")
    first.sweeper("revert", "--session", "s1", "--reason", "fraud", "--yes")
    assert verdict(first, "s1") == "reversed"


def test_the_apps_own_refund_counts_as_one_and_an_id_that_is_none_is_unknown(prisma: AppDatabase) -> None:
    user, job = prisma_job(prisma)
    assert verdict(prisma, job) == "owed"
    refund_by_app(prisma, user, job)
    document = explain(prisma, job)
    assert document["verdict"] == "refunded"
    booked = prisma.value('SELECT "createdAt" FROM app."CreditTransaction" WHERE "id" = \'by-app\'').isoformat()
    assert document["message"].startswith(f"The app's own ledger has its refund: 3.00 credits, on {booked[:19]}")
    prisma.sql('DELETE FROM app."Job"')
    assert verdict(prisma, job) == "refunded"
    assert verdict(prisma, "no-uuid") == "unknown"


def test_a_charge_after_a_refund_is_explained_by_itself(first: AppDatabase) -> None:
    first.sql("ALTER TABLE prediction_sessions ADD charge text DEFAULT 'c1'")
    first.configure("amount     =", 'attempt = "charge"\namount     =')
    assert first.sweeper("install").exit_code == 0
    first.account()
    first.session("s1")
    first.run()
    assert verdict(first, "s1") == "refunded"
    first.sql("UPDATE prediction_sessions SET charge = 'c2'")
    document = explain(first, "s1")
    assert (document["verdict"], document["attempt"], events(document)[-1]) == ("owed", "c2", "refunded")


def test_decimal_credits_and_ids_of_numbers(ledger_only: AppDatabase) -> None:
    ledger_only.sql("INSERT INTO customers DEFAULT VALUES; INSERT INTO projects (owner_id) VALUES (1)")
    ledger_only.sql(
        "INSERT INTO renders (project_id, state, charge, started, ended) "
        "VALUES (1, 'failed', 0.100, '2026-11-22Z', '2026-11-22Z'), (1, 'working', 'NaN', '2026-11-22Z', NULL)"
    )
    document = explain(ledger_only, 1)
    assert (document["verdict"], document["amount"], document["account_id"]) == ("owed", "0.100", "1")
    document = explain(ledger_only, 2)
    assert (document["verdict"], document["amount"]) == ("held", "NaN")
    assert verdict(ledger_only, "x") == "unknown"


def test_moments_that_no_calendar_has_stop_nothing(first: AppDatabase) -> None:
    first.account()
    first.session("s1", created="infinity")
    first.session("s2", created="-infinity")
    first.session("s3", "queued", created=None)
    assert verdict(first, "s1") == "in_grace"
    assert verdict(first, "s2") == "before_floor"
    assert verdict(first, "s3") == "not_stuck_yet"
    for name in ("s1", "s2", "s3"):
        assert first.sweeper("explain", name).exit_code == 0


@pytest.mark.parametrize("role", ["sweeper_auditor", "sweeper_runner"])
def test_a_role_that_looks_and_never_writes_is_enough(first: AppDatabase, role: str) -> None:
    first.account()
    first.session("s1")
    run_id = first.run().document["run_id"]
    for words in (("explain", "s1"), ("explain", "--account", "u1"), ("history",), ("history", run_id)):
        ran = first.sweeper(*words, SWEEPER_DATABASE_URL=first.url_as(role))
        assert (ran.exit_code, ran.stderr) == (0, "")
        assert "s1" in ran.stdout or "1 session" in ran.stdout


@pytest.mark.parametrize("words", [("revert", "--session", "s1"), ("adopt", "--session", "s2")])
def test_what_would_be_corrected_can_be_looked_at_by_the_same_role(first: AppDatabase, words: tuple[str, ...]) -> None:
    first.account()
    first.session("s1")
    first.run()
    first.session("s2")
    environment = {"SWEEPER_DATABASE_URL": first.url_as("sweeper_auditor")}
    assert first.sweeper(*words, "--reason", "x", "--dry-run", **environment).exit_code == 0
    ran = first.sweeper(*words, "--reason", "x", "--yes", "--json", **environment)
    assert (ran.exit_code, ran.document["error"]["code"]) == (1, "privilege")
