"""Writing down refunds that were paid elsewhere: no credits move, and no run pays them again."""

from decimal import Decimal

import pytest

from tests.helpers.adoptions import WHY, adopt
from tests.helpers.app_database import AppDatabase
from tests.helpers.holds import holds
from tests.helpers.prisma_app import prisma_job, refund_by_app

pytestmark = pytest.mark.every_version

BY_APP = "step = 'All models failed - credits refunded'"


def rows(database: AppDatabase) -> list[tuple[object, ...]]:
    return database.sql(
        "SELECT session_id::text, account_id::text, amount, layer, reason, detail, run_id FROM sweeper.refunds "
        "ORDER BY session_id"
    )


def test_what_the_app_had_refunded_is_written_down_and_no_credits_move(first: AppDatabase) -> None:
    first.account()
    for number in range(3):
        first.session(f"by-app-{number}", step="All models failed - credits refunded", created="2019-01-01")
    first.session("succeeded", "finished", step="All models failed - credits refunded", models=2)
    first.session("owed")
    before = first.sql("SELECT * FROM prediction_sessions ORDER BY id")
    planned = adopt(first, "--where", BY_APP, "--dry-run")
    assert rows(first) == []
    done = adopt(first, "--where", BY_APP)
    assert (planned.exit_code, done.exit_code) == (0, 0)
    for document in (planned.document, done.document):
        assert document["adopted"] == {"sessions": 4, "credits": 11}
        assert document["statuses"] == {
            "error": {"sessions": 3, "credits": 9},
            "finished": {"sessions": 1, "credits": 2},
        }
        assert document["samples"][0] == {
            "session_id": "by-app-0", "account_id": "u1", "status": "error", "credits": 3,
        }  # fmt: skip
    assert rows(first)[0] == ("by-app-0", "u1", 3, "adopted", "adopted", "paid by the old handler", None)
    assert first.value("SELECT DISTINCT created_at = '2026-11-23 12:00Z' FROM sweeper.refunds")
    assert first.credits() == 100
    assert first.sql("SELECT * FROM prediction_sessions ORDER BY id") == before


def test_what_was_adopted_is_never_swept_and_never_adopted_twice(first: AppDatabase) -> None:
    first.account()
    first.session("s1")
    first.session("s2")
    assert adopt(first, "--session", "s1").document["adopted"]["sessions"] == 1
    again = adopt(first, "--where", "true")
    assert (again.exit_code, again.document["adopted"]["sessions"], again.document["already_refunded"]) == (0, 1, 1)
    assert adopt(first, "--where", "true").document["already_refunded"] == 2
    assert first.run().document["refunds"]["sessions"] == 0
    assert first.run("--session", "s1").document["refunds"]["sessions"] == 0
    assert first.credits() == 100
    assert first.sweeper("explain", "s1", "--json").document["verdict"] == "adopted"


def test_what_a_run_has_refunded_is_left(first: AppDatabase) -> None:
    first.account()
    first.session("s1")
    first.run()
    assert adopt(first, "--where", "true").document["already_refunded"] == 1
    assert first.value("SELECT layer FROM sweeper.refunds") == "sweeper"


def test_the_amount_that_was_really_paid_is_an_expression_over_the_session(first: AppDatabase) -> None:
    first.account()
    first.session("s1", models=3)
    first.session("s2", models=5)
    done = adopt(first, "--where", "status = 'error'", "--amount", "cardinality(s.selected_models) - 1")
    assert done.document["adopted"] == {"sessions": 2, "credits": 6}
    assert first.refunds() == {"s1": 2, "s2": 4}


def test_a_hold_is_waived_with_nothing_and_is_over(first: AppDatabase) -> None:
    """Also where there is no account to pay, or none can be read."""
    first.account()
    first.session("nobody", account=None)
    first.session("gone", account="gone")
    first.run()
    assert set(holds(first)) == {"nobody", "gone"}
    assert adopt(first, "--session", "nobody").exit_code == 1, "credits were paid to somebody"
    for session_id in ("nobody", "gone"):
        done = adopt(first, "--session", session_id, "--amount", "0")
        assert (done.exit_code, done.document["adopted"]) == (0, {"sessions": 1, "credits": 0})
    assert holds(first) == {}
    assert first.value("SELECT bool_and(ended_at = '2026-11-23 12:00Z') FROM sweeper.holds")
    again = first.run("--session", "nobody", "--session", "gone")
    assert (again.exit_code, again.document["refunds"]["sessions"], again.document["held"]) == (0, 0, 0)


def test_a_hold_whose_account_cannot_be_read_can_be_waived(first: AppDatabase) -> None:
    first.sql("CREATE TABLE owners (session_id text, user_id text)")
    first.configure(
        'account    = "user_id"', 'account = "(SELECT o.user_id FROM owners AS o WHERE o.session_id = s.id)"'
    )
    assert first.sweeper("install").exit_code == 0
    first.session("two owners")
    first.sql("INSERT INTO owners VALUES ('two owners', 'u1'), ('two owners', 'u2')")
    assert first.run().exit_code == 3
    done = adopt(first, "--session", "two owners", "--amount", "0")
    assert (done.exit_code, holds(first)) == (0, {})
    assert rows(first)[0][:3] == ("two owners", None, 0)


def test_sessions_without_a_possible_amount_are_left_and_named(first: AppDatabase) -> None:
    first.account()
    first.session("null", models=None)
    first.session("nobody", account=None)
    first.session("good")
    done = adopt(first, "--where", "true")
    assert (done.exit_code, done.document["outcome"], done.document["error"]["code"]) == (1, "partial", "left")
    assert {why: left["samples"] for why, left in done.document["left"].items()} == {
        "bad_amount": ["null"],
        "no_account": ["nobody"],
    }
    assert first.refunds() == {"good": 3}


@pytest.mark.parametrize("amount", ["-1", "'NaN'::numeric", "'Infinity'::float8", "1.5", "NULL::int"])
def test_an_amount_that_no_refund_has_is_left(first: AppDatabase, amount: str) -> None:
    first.account()
    first.session("s1")
    done = adopt(first, "--session", "s1", "--amount", amount)
    assert (done.exit_code, list(done.document["left"])) == (1, ["bad_amount"])
    assert first.refunds() == {}


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_batches_of_any_size_adopt_the_same(first: AppDatabase, size: int) -> None:
    first.configure("[policy]", f"[policy]\nbatch_size = {size}")
    first.account()
    for number in range(3):
        first.session(f"s{number}")
    for command in ("--dry-run", "--yes"):
        assert adopt(first, "--where", "true", command).document["adopted"] == {"sessions": 3, "credits": 9}
    assert len(first.refunds()) == 3


def test_decimals_and_ids_of_numbers_are_kept(ledger_only: AppDatabase) -> None:
    ledger_only.sql("INSERT INTO customers DEFAULT VALUES; INSERT INTO projects (owner_id) VALUES (1)")
    ledger_only.sql(
        "INSERT INTO renders (project_id, state, charge, started) SELECT 1, 'failed', 0.100, '2019-11-22Z' "
        "FROM generate_series(1, 12)"
    )
    done = adopt(ledger_only, "--where", "id > 1", "--amount", "charge * 2")
    assert done.document["adopted"] == {"sessions": 11, "credits": "2.200"}
    assert ledger_only.value("SELECT count(*) FROM credit_entries") == 0, "the app's ledger is never written"
    assert ledger_only.value("SELECT max(amount) FROM sweeper.refunds") == Decimal("0.200")


def test_what_the_apps_own_ledger_has_is_left(prisma: AppDatabase) -> None:
    user, job = prisma_job(prisma)
    refund_by_app(prisma, user, job)
    _, other = prisma_job(prisma)
    done = adopt(prisma, "--where", """s."status" = 'FAILED'""")
    assert (done.document["adopted"]["sessions"], done.document["already_refunded"]) == (1, 1)
    assert [row[0] for row in rows(prisma)] == [other]
    assert prisma.value('SELECT count(*) FROM app."CreditTransaction"') == 1
    assert prisma.run().document["refunds"]["sessions"] == 0


def test_an_adopted_refund_moved_nothing_and_cannot_be_taken_back(first: AppDatabase) -> None:
    first.account()
    first.session("s1")
    adopt(first, "--session", "s1")
    ran = first.sweeper("revert", "--json", "--session", "s1", *WHY)
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "adopted")
    assert first.credits() == 100


def test_of_two_charges_the_adopted_one_is_not_taken_back(first: AppDatabase) -> None:
    first.sql("ALTER TABLE prediction_sessions ADD charge_id text DEFAULT 'c1'")
    first.configure('amount     = "cardinality', 'attempt = "charge_id"\namount     = "cardinality')
    assert first.sweeper("install", now=None).exit_code == 0
    first.account()
    first.session("s1")
    adopt(first, "--session", "s1")
    first.sql("UPDATE prediction_sessions SET charge_id = 'c2'")
    assert first.run().document["refunds"]["sessions"] == 1
    first.sweeper("revert", "--json", "--session", "s1", *WHY)
    assert first.credits() == 100
    taken = "SELECT r.attempt FROM sweeper.reversals JOIN sweeper.refunds AS r USING (refund_id)"
    assert first.sql(taken) == [("c2",)]
    first.sql("UPDATE prediction_sessions SET charge_id = 'c3'")
    assert adopt(first, "--session", "s1").document["adopted"]["sessions"] == 1


@pytest.mark.parametrize("timing", ["TRIGGER pays AFTER", "CONSTRAINT TRIGGER pays AFTER"])
def test_a_hook_that_pays_what_is_adopted_is_refused(first: AppDatabase, timing: str) -> None:
    """Also a deferred one, and one whose change is that of a subtransaction."""
    first.account()
    first.session("by-app", step="All models failed - credits refunded")
    first.sql("""
        CREATE FUNCTION pays() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
        BEGIN
            BEGIN
                UPDATE users SET credits = credits + NEW.amount WHERE id = NEW.account_id;
            EXCEPTION WHEN division_by_zero THEN NULL;
            END;
            RETURN NULL;
        END $$
    """)
    deferred = "DEFERRABLE INITIALLY DEFERRED" if timing.startswith("CONSTRAINT") else ""
    first.sql(f"CREATE {timing} INSERT ON sweeper.refunds {deferred} FOR EACH ROW EXECUTE FUNCTION pays()")
    done = adopt(first, "--where", BY_APP)
    assert (done.exit_code, done.document["error"]["code"], rows(first), first.credits()) == (1, "hook_pays", [], 100)
    first.sql("DROP TRIGGER pays ON sweeper.refunds")
    first.sql("""
        CREATE TRIGGER pays AFTER INSERT ON sweeper.refunds FOR EACH ROW WHEN (NEW.layer <> 'adopted')
        EXECUTE FUNCTION pays()
    """)
    assert (adopt(first, "--where", BY_APP).exit_code, len(rows(first)), first.credits()) == (0, 1, 100)
