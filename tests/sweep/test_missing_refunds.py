"""Refunds that somebody deleted, past the trigger that forbids it: an audit finds them, and no run pays them again."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from sweeper.sweep.owed import OwedReader
from tests.helpers.app_database import AppDatabase
from tests.helpers.audits import audit, findings
from tests.helpers.command import NOW
from tests.helpers.refund_function import refund
from tests.helpers.server import Server

LATER = NOW + timedelta(hours=1)


def delete(database: AppDatabase, condition: str) -> None:
    """Delete refunds as only an owner of the table can."""
    database.sql("ALTER TABLE sweeper.refunds DISABLE TRIGGER append_only")
    database.sql(f"DELETE FROM sweeper.refunds WHERE {condition}")
    database.sql("ALTER TABLE sweeper.refunds ENABLE ALWAYS TRIGGER append_only")


@pytest.fixture
def paid(server: Server, tmp_path: Path) -> Iterator[AppDatabase]:
    """One account, of which one session was refunded by one run, and one by the next."""

    @contextmanager
    def pay() -> Iterator[AppDatabase]:
        with server.app("first", tmp_path) as first:
            first.account()
            first.session("s1")
            assert first.run().exit_code == 0
            first.session("s2", models=2)
            assert first.run(now=NOW + timedelta(minutes=1)).exit_code == 0
            yield first

    with server.prepared("first_paid_twice", tmp_path, pay) as database:
        yield database


def run_of(database: AppDatabase, number: int) -> str:
    return str(database.sql("SELECT run_id::text FROM sweeper.runs ORDER BY as_of")[number][0])


@pytest.mark.parametrize(("condition", "number"), [("session_id = 's1'", 0), ("session_id = 's2'", 1)])
def test_a_whole_audit_finds_a_refund_that_is_gone(paid: AppDatabase, condition: str, number: int) -> None:
    run_id = run_of(paid, number)
    assert findings(audit(paid, now=LATER)) == {}
    delete(paid, condition)
    assert findings(audit(paid, now=LATER))["run_mismatch"] == (1, [run_id])


def test_a_whole_audit_finds_that_all_are_gone(paid: AppDatabase) -> None:
    delete(paid, "true")
    assert findings(audit(paid, now=LATER))["run_mismatch"] == (2, [run_of(paid, 0), run_of(paid, 1)])


@pytest.mark.parametrize("flags", [(), ("--full",), ("--max-credits", "1")])
def test_what_was_owed_by_then_goes_on_hold_and_what_is_owed_since_is_paid(
    paid: AppDatabase, flags: tuple[str, ...]
) -> None:
    """Also where the cap by credits has no room for it: what is held needs none."""
    delete(paid, "session_id = 's1'")
    paid.session("since", models=1, created="2026-11-23 12:02")
    planned = paid.run("--dry-run", *flags, now=LATER)
    ran = paid.run(*flags, now=LATER)
    assert (ran.exit_code, ran.document["held"], ran.document["refunds"]["sessions"]) == (3, 1, 1)
    for key in ("refunds", "held", "remaining"):
        assert planned.document[key] == ran.document[key]
    assert paid.refunds() == {"s2": 2, "since": 1}
    assert paid.sql("SELECT session_id, why FROM sweeper.holds") == [("s1", "refund_missing")]
    assert paid.credits() == 106
    assert paid.run("--full", now=LATER + timedelta(minutes=1)).document["held"] == 0  # it is known by now


def test_a_row_whose_own_expression_fails_hides_no_missing_refund(paid: AppDatabase) -> None:
    """What is owed is found by halving then, and each part is as any other."""
    paid.configure('"cardinality(selected_models)"', '"12 / cardinality(selected_models)"')
    assert paid.sweeper("install").exit_code == 0
    delete(paid, "session_id = 's1'")
    paid.session("fails", models=0)
    paid.session("since", models=1, created="2026-11-23 12:02")
    paid.run(now=LATER)
    assert paid.refunds() == {"s2": 2, "since": 12}
    assert paid.sql("SELECT session_id, why FROM sweeper.holds") == [("s1", "refund_missing")]


def test_every_command_that_looks_says_so(paid: AppDatabase) -> None:
    delete(paid, "session_id = 's1'")
    told = paid.sweeper("explain", "s1", "--json", now=LATER).document
    assert (told["verdict"], told["hold_reason"]) == ("held", "refund_missing")
    assert "held" in findings(audit(paid, now=LATER))
    shown = paid.sweeper("run", "--dry-run", now=LATER).stdout
    assert "refund_missing" in shown


@pytest.mark.parametrize("condition", ["session_id = 's2'", "true"])
def test_refund_does_not_pay_it_again_either(paid: AppDatabase, condition: str) -> None:
    delete(paid, condition)
    assert refund(paid, "s2") == 0
    assert paid.sql("SELECT session_id, why FROM sweeper.holds") == [("s2", "refund_missing")]
    paid.session("since", models=1, created="2026-11-23 12:02")
    assert refund(paid, "since") == 1


@pytest.mark.parametrize("session", ["s1", "by_app"])
def test_refund_does_not_look_for_missing_ones_where_nothing_is_paid_anyway(paid: AppDatabase, session: str) -> None:
    """An app may call refund() for all its failed sessions, and most runs since an old one have paid something."""
    paid.session("by_app", step="All models failed - credits refunded")
    with paid.connection.transaction():
        assert refund(paid, session) == 0
        assert paid.value("SELECT pg_stat_get_xact_numscans('sweeper.runs'::regclass)") == 0


def test_refund_computes_no_exclude_of_a_session_that_has_its_refund(paid: AppDatabase) -> None:
    paid.configure("= 'All models failed - credits refunded'", "= 'refunded' OR error::int > 0")
    assert paid.sweeper("install").exit_code == 0
    paid.sql("UPDATE prediction_sessions SET error = 'no number'")
    assert refund(paid, "s1") == 0


def test_a_person_pays_it_or_writes_it_down(paid: AppDatabase) -> None:
    paid.session("s3", models=1)
    delete(paid, "true")
    assert paid.run(now=LATER).document["held"] == 3
    ran = paid.run("--session", "s1", now=LATER)
    assert (ran.exit_code, ran.document["refunds"]["sessions"]) == (0, 1)
    adopted = paid.sweeper("adopt", "--session", "s2", "--reason", "it was paid", "--yes", "--json", now=LATER)
    assert adopted.document["adopted"]["sessions"] == 1
    assert paid.sql("SELECT session_id FROM sweeper.holds WHERE ended_at IS NULL") == [("s3",)]


def test_runs_that_died_miss_nothing(paid: AppDatabase) -> None:
    delete(paid, "session_id = 's1'")
    paid.sql("UPDATE sweeper.runs SET ended_at = NULL, outcome = NULL, sessions = NULL, credits = NULL")
    assert paid.run(now=LATER).document["refunds"]["sessions"] == 1


def test_an_idle_run_does_not_ask(paid: AppDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[datetime | None] = []

    find_missing = OwedReader.find_missing

    def ask(reader: OwedReader) -> datetime | None:
        asked.append(find_missing(reader))
        return asked[-1]

    monkeypatch.setattr(OwedReader, "find_missing", ask)
    assert paid.run(now=LATER).document["refunds"]["sessions"] == 0
    assert asked == []
    paid.session("s3")
    paid.session("s4")
    assert paid.run("--batch-size", "1", now=LATER).document["refunds"]["sessions"] == 2
    assert asked == [None]


# --- refunds by the app's own layers, which have no run


def refunded_by_layers(database: AppDatabase) -> None:
    """Two sessions that layers refunded a while ago, and a run since, which counted them."""
    for session_id in ("l1", "l2"):
        database.session(session_id)
        database.sql("SELECT sweeper.refund(%s, 'x')", session_id)
    database.sql("ALTER TABLE sweeper.refunds DISABLE TRIGGER append_only")
    database.sql("UPDATE sweeper.refunds SET created_at = %s WHERE run_id IS NULL", NOW + timedelta(minutes=2))
    database.sql("ALTER TABLE sweeper.refunds ENABLE ALWAYS TRIGGER append_only")
    assert database.run(now=NOW + timedelta(minutes=5)).document["refunds"]["sessions"] == 0
    assert database.run(now=NOW + timedelta(minutes=30)).document["refunds"]["sessions"] == 0


def test_a_refund_of_a_layer_that_is_gone_is_found_and_not_paid_again(paid: AppDatabase) -> None:
    refunded_by_layers(paid)
    run_id = run_of(paid, 2)
    assert findings(audit(paid, now=LATER)) == {}
    delete(paid, "session_id = 'l1'")
    assert findings(audit(paid, now=LATER))["run_mismatch"] == (1, [run_id])
    paid.session("since", models=1, created="2026-11-23 12:32")
    ran = paid.run("--full", now=LATER)
    assert (ran.exit_code, ran.document["held"], ran.document["refunds"]["sessions"]) == (3, 1, 1)
    assert paid.sql("SELECT session_id, why FROM sweeper.holds") == [("l1", "refund_missing")]
    assert findings(audit(paid, now=LATER + timedelta(minutes=1)))["run_mismatch"] == (1, [run_id])


def test_late_refunds_by_layers_are_not_a_mismatch(paid: AppDatabase) -> None:
    """A transaction that began before a run and committed after it."""
    refunded_by_layers(paid)
    paid.session("late")
    paid.sql(
        "INSERT INTO sweeper.refunds (refund_id, session_id, account_id, attempt, amount, reason, layer, created_at) "
        "VALUES (gen_random_uuid(), 'late', 'u1', 0, 3, 'x', 'worker', %s)",
        NOW + timedelta(minutes=2, seconds=30),
    )
    assert findings(audit(paid, now=LATER)).keys() <= {"balance_drift"}
    paid.run(now=LATER)
    counted = paid.value("SELECT told #>> '{layer_refunds,sessions}' FROM sweeper.runs ORDER BY as_of DESC LIMIT 1")
    assert counted == "0"


def test_an_idle_run_that_counted_refunds_of_layers_is_kept(paid: AppDatabase) -> None:
    refunded_by_layers(paid)
    kept = run_of(paid, 2)
    paid.sql("UPDATE sweeper.runs SET started_at = started_at - interval '60 days'")
    paid.run(now=LATER)
    assert kept in [run_id for (run_id,) in paid.sql("SELECT run_id::text FROM sweeper.runs")]


def test_runs_of_a_state_before_counted_nothing(paid: AppDatabase) -> None:
    refunded_by_layers(paid)
    paid.sql("UPDATE sweeper.runs SET told = told - 'layer_refunds'")
    delete(paid, "session_id = 'l1'")
    assert paid.run("--full", now=LATER).document["refunds"]["sessions"] == 1
