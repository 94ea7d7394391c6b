"""`sweeper audit`: the books of a period, the position as of now, and each planted fault by its name alone."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.audits import FORGED, LATER, audit, findings
from tests.helpers.command import NOW


def amount(sessions: int, credits: Any) -> dict[str, Any]:
    return {"sessions": sessions, "credits": credits}


@pytest.mark.every_version
def test_clean_books_have_no_finding(clean: AppDatabase) -> None:
    ran = audit(clean)
    assert findings(ran) == {}
    assert ran.document["position"] == {
        "owed": amount(0, 0),
        "in_grace": amount(0, 0),
        "held": amount(0, 0),
        "excluded": amount(1, 5),
        "before_floor": amount(1, 8),
        "refunded": amount(3, 8),
        "uncharged": amount(1, 0),
    }
    assert ran.document["control"] == {"failed_and_stuck": amount(6, 21)}


def test_before_a_sweep_the_overdue_sessions_are_found_and_no_others(first: AppDatabase) -> None:
    """Owed for more than an hour, after grace or after the sign of life; what is owed since an hour is not yet."""
    first.account()
    first.session("overdue", created="2026-11-23 10:44:59")
    first.session("owed for an hour", created="2026-11-23 10:45")
    first.session("in grace", created="2026-11-23 11:50")
    first.session("stuck overdue", "queued", created="2026-11-23 09:59:59")
    first.session("stuck for an hour", "queued", created="2026-11-23 10:00")
    first.session("alive", "queued", created="2026-11-23 11:30")
    first.session("old", created="2019-01-01")
    ran = audit(first, now=NOW)
    assert findings(ran) == {"owed_overdue": (2, ["stuck overdue", "overdue"])}
    position = ran.document["position"]
    assert (position["owed"], position["in_grace"], position["before_floor"]) == (
        amount(4, 12),
        amount(1, 3),
        amount(1, 3),
    )
    assert ran.document["oldest_owed_seconds"] == 7201
    assert ran.document["control"] == {"failed_and_stuck": amount(6, 18)}
    first.run()
    assert findings(audit(first, now=NOW)) == {}


@pytest.mark.parametrize("few", [0, 2, 3])
def test_the_position_is_the_same_whether_few_or_many_are_in_no_ledger(
    clean: AppDatabase, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    expected = audit(clean).document
    monkeypatch.setattr("sweeper.audit.findings._FEW", few)
    assert audit(clean).document == expected


def test_how_long_is_overdue_is_a_setting(first: AppDatabase) -> None:
    first.account()
    first.session("owed since 10:15")
    first.append('[audit]\noverdue_after = "2h"')
    assert findings(audit(first, now=NOW)) == {}
    assert findings(audit(first, now=NOW + timedelta(minutes=16))) == {"owed_overdue": (1, ["owed since 10:15"])}


def test_a_refund_of_another_amount_is_found(clean: AppDatabase) -> None:
    clean.session("wrong", models=3)
    clean.sql(FORGED, "wrong", 4, "worker", None, NOW)
    assert findings(audit(clean)) == {"wrong_amount": (1, ["wrong"])}


def test_an_amount_cannot_be_wrong_where_nothing_says_what_is_right(clean: AppDatabase) -> None:
    """The session is gone, its amount is null now, or the refund is what the app paid before there was a ledger."""
    for name in ("gone", "null", "adopted", "waived"):
        clean.session(name, models=3)
        clean.sql(FORGED, name, {"adopted": 2, "waived": 0}.get(name, 3), "adopted" if "d" in name else "worker",
                  None, NOW)  # fmt: skip
    clean.sql("DELETE FROM prediction_sessions WHERE id = 'gone'")
    clean.sql("UPDATE prediction_sessions SET selected_models = NULL WHERE id = 'null'")
    assert findings(audit(clean)) == {}


def test_what_was_taken_back_is_found_no_more(clean: AppDatabase) -> None:
    """A wrong refund, and one of a session that succeeded: reversing them corrects the books."""
    clean.session("wrong", models=3)
    clean.session("finished", "finished", models=3)
    clean.sql(FORGED, "wrong", 4, "worker", None, NOW)
    clean.sql(FORGED, "finished", 3, "worker", None, NOW)
    assert findings(audit(clean)) == {"wrong_amount": (1, ["wrong"]), "refunded_then_succeeded": (1, ["finished"])}
    reverse(clean, "wrong", NOW)
    reverse(clean, "finished", NOW)
    ran = audit(clean)
    assert findings(ran) == {}
    assert ran.document["period"]["reversed"] == amount(2, 7)


def reverse(database: AppDatabase, session_id: str, at: datetime) -> None:
    """Take a refund back, in the ledger alone."""
    database.sql(
        "INSERT INTO sweeper.reversals (reversal_id, refund_id, amount, reason, made_by, created_at) "
        "SELECT gen_random_uuid(), refund_id, amount, 'test', 'test', %s FROM sweeper.refunds WHERE session_id = %s",
        at, session_id,
    )  # fmt: skip


def test_a_forged_row_under_a_real_run_id_is_found(clean: AppDatabase) -> None:
    run_id = clean.value("SELECT run_id::text FROM sweeper.runs")
    clean.sql(FORGED, "forged", 3, "sweeper", run_id, NOW)
    assert findings(audit(clean)) == {"run_mismatch": (1, [run_id])}


def test_refunds_of_a_run_that_never_was_are_found(clean: AppDatabase) -> None:
    run_id = "00000000-0000-4000-8000-000000000000"
    clean.sql(FORGED, "forged", 3, "sweeper", run_id, NOW + timedelta(seconds=1))
    assert findings(audit(clean)) == {"run_mismatch": (1, [run_id])}


def test_runs_that_died_or_are_kept_no_longer_are_no_mismatch(clean: AppDatabase) -> None:
    """An open run says nothing yet; the refunds of runs whose records were dropped are still refunds."""
    clean.sql("UPDATE sweeper.runs SET ended_at = NULL, outcome = NULL, sessions = NULL, credits = NULL")
    assert findings(audit(clean)) == {}
    clean.sql("DELETE FROM sweeper.runs")
    assert findings(audit(clean)) == {}
    clean.run(now=LATER)
    assert findings(audit(clean, now=LATER + timedelta(hours=1))) == {}


def test_an_edited_balance_is_found(clean: AppDatabase) -> None:
    clean.sql("UPDATE users SET credits = credits + 1")
    assert findings(audit(clean)) == {"balance_drift": (2, ["u1", "u2"])}


@pytest.mark.parametrize("at_once", [2, 10_000])
def test_a_rule_that_fails_for_one_account_hides_no_other(
    clean: AppDatabase, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr("sweeper.audit.findings._ACCOUNTS_AT_ONCE", at_once)
    clean.sql("""
    INSERT INTO users (id, credits, total_credits_earned, total_credits_spent)
    SELECT 'z' || n, n + 73, n + 73, 0 FROM generate_series(1, 9) AS n
    """)
    rule = "total_credits_earned / (credits - 77) IS NOT NULL AND credits = total_credits_earned - total_credits_spent"
    clean.configure("credits = total_credits_earned - total_credits_spent", rule)
    clean.sql("UPDATE users SET credits = credits + 1 WHERE id = 'u2'")
    assert findings(audit(clean)) == {"balance_drift": (2, ["u2", "z4"])}


def test_a_session_whose_account_is_gone_is_found(clean: AppDatabase) -> None:
    """Before a run looks at it, and when the run has put it on hold: one name for it, and no second."""
    clean.session("ghost", account="gone")
    clean.session("nobody", account=None)
    before = audit(clean)
    assert findings(before) == {"no_account": (2, ["ghost", "nobody"])}
    assert clean.run().exit_code == 3
    after = audit(clean)
    assert findings(after) == findings(before)
    assert before.document["position"]["held"] == after.document["position"]["held"] == amount(2, 6)


def test_holds_are_found_until_a_person_ends_them(clean: AppDatabase) -> None:
    clean.configure("[policy]", "[policy]\nmax_amount = 5")
    clean.session("dear", models=9)
    assert findings(audit(clean)) == {"held": (1, ["dear"])}
    assert clean.run().exit_code == 3
    assert findings(audit(clean)) == {"held": (1, ["dear"])}
    clean.run("--session", "dear", "--max-amount", "9", now=LATER)
    assert findings(audit(clean)) == {}


@pytest.mark.every_version
@pytest.mark.parametrize(
    "damage",
    [
        "ALTER TABLE sweeper.refunds DROP CONSTRAINT refunds_session_id_attempt_again_key",
        "UPDATE pg_index SET indisvalid = false "
        "WHERE indexrelid = 'sweeper.refunds_session_id_attempt_again_key'::regclass",
    ],
    ids=["dropped", "not valid"],
)
def test_a_missing_guard_is_found(clean: AppDatabase, damage: str) -> None:
    clean.sql(damage)
    assert findings(audit(clean)) == {"guard": (1, ["refunds (session_id, attempt, again)"])}


def test_two_refunds_of_one_charge_are_found(clean: AppDatabase) -> None:
    clean.sql("ALTER TABLE sweeper.refunds DROP CONSTRAINT refunds_session_id_attempt_again_key")
    clean.sql(FORGED, "failed", 3, "worker", None, NOW)
    assert findings(audit(clean)).keys() == {"guard", "double_refund"}
    assert findings(audit(clean))["double_refund"] == (1, ["failed"])


def test_the_same_session_may_be_refunded_once_for_each_charge(clean: AppDatabase) -> None:
    clean.sql(FORGED.replace("layer,", "layer, attempt,").replace("%s, %s, %s)", "%s, 2, %s, %s)"),
              "failed", 3, "worker", None, NOW)  # fmt: skip
    assert findings(audit(clean)) == {}


def test_a_charge_that_was_paid_again_counts_once(clean: AppDatabase) -> None:
    """After its refund was taken back a user may pay it again; with neither taken back it is paid twice."""
    reverse(clean, "failed", NOW)
    assert clean.run("--session", "failed", now=LATER).document["refunds"] == {**amount(1, 3), "accounts": 1}
    assert findings(audit(clean)) == {}
    clean.sql(FORGED.replace("layer,", "layer, again,").replace("%s, %s, %s)", "%s, 1, %s, %s)"),
              "exhausted", 3, "worker", None, NOW)  # fmt: skip
    assert findings(audit(clean)) == {"double_refund": (1, ["exhausted"])}
    clean.sql("UPDATE prediction_sessions SET selected_models = '{a}' WHERE id = 'failed'")
    assert findings(audit(clean))["wrong_amount"] == (1, ["failed"])


def test_refunds_by_the_apps_own_layers_are_like_any_other(clean: AppDatabase) -> None:
    """A worker that gives a session up, and then writes down that it failed, has done nothing wrong."""
    clean.session("given up", "generating", created="2026-11-23 11:59")
    assert clean.value("SELECT sweeper.refund('given up', 'worker_failed', layer => 'worker')") == 3
    clean.sql("UPDATE prediction_sessions SET completed_at = now() WHERE id = 'given up'")
    ran = clean.sweeper("audit", "--json", now=None)
    assert findings(ran) == {}
    assert ran.document["period"]["by_layer"] == {"sweeper": amount(3, 8), "worker": amount(1, 3)}


def test_a_row_that_the_database_refuses_does_not_block_others(clean: AppDatabase) -> None:
    """The position is worked out around it: a run would put it on hold, and when one has, that is where it stands."""
    clean.sql("ALTER TABLE prediction_sessions ADD divisor int DEFAULT 1")
    clean.configure('"cardinality(selected_models)"', '"cardinality(selected_models) / divisor"')
    assert clean.sweeper("install").exit_code == 0
    clean.account("another")
    for number in range(3):
        account = "another" if number == 1 else "u1"
        clean.session(f"owed {number}", account=account, created=f"2026-11-23 10:0{number}")
    clean.sql("UPDATE prediction_sessions SET divisor = 0 WHERE id = 'owed 1'")
    before = audit(clean)
    assert findings(before) == {"owed_overdue": (2, ["owed 0", "owed 2"]), "held": (1, ["owed 1"])}
    assert clean.run().exit_code == 3
    after = audit(clean)
    assert findings(after) == {"held": (1, ["owed 1"])}
    assert before.document["position"]["held"] == after.document["position"]["held"] == amount(1, 0)
    assert after.document["control"] == {"failed_and_stuck": amount(9, 27)}
