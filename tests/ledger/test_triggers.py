"""Triggers of the app that a refund sets off: whatever they do, the books stay exact and nothing owed is forgotten."""

from decimal import Decimal

import psycopg
import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.holds import hold_messages
from tests.helpers.triggers import spoil

PAID_BY_TRIGGER = (
    "CREATE FUNCTION pay() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN "
    'UPDATE app."User" SET "creditBalance" = "creditBalance" + new."amount" WHERE "id" = new."userId"; '
    "RETURN NULL; END $$; CREATE {} FOR EACH ROW EXECUTE FUNCTION pay()"
)
AT_ONCE = 'TRIGGER pay AFTER INSERT ON app."CreditTransaction"'
AT_COMMIT = 'CONSTRAINT TRIGGER pay AFTER INSERT ON app."CreditTransaction" DEFERRABLE INITIALLY DEFERRED'


def job(prisma: AppDatabase, status: str = "FAILED") -> str:
    """A session that is owed 2.25, of an account of its own with 10 credits."""
    user = prisma.value('INSERT INTO app."User" ("creditBalance") VALUES (10) RETURNING "id"::text')
    session = prisma.value(
        'INSERT INTO app."Job" ("userId", "status", "createdAt") VALUES (%s, %s, \'2026-11-20\') RETURNING "id"::text',
        user,
        status,
    )
    prisma.sql('INSERT INTO app."JobItem" ("jobId", "price") VALUES (%s, 2.25)', session)
    return str(session)


@pytest.mark.parametrize("when", [AT_ONCE, AT_COMMIT], ids=["at once", "at commit"])
def test_a_ledger_trigger_that_also_moves_the_balance_stops_the_payment(prisma: AppDatabase, when: str) -> None:
    """The app keeps its balance by a trigger on its ledger, and the mapping names both: that would pay twice."""
    session = job(prisma)
    prisma.sql(PAID_BY_TRIGGER.format(when))
    ran = prisma.run()
    assert (ran.exit_code, ran.document["refunds"]["sessions"], ran.document["held"]) == (3, 0, 1)
    assert hold_messages(prisma) == {session: "the balance did not grow by what the ledger says"}
    assert prisma.value('SELECT "creditBalance" FROM app."User"') == 10


def test_a_row_that_a_trigger_puts_outside_the_guard_does_not_block_others(prisma: AppDatabase) -> None:
    sessions = [job(prisma) for _ in range(5)]
    prisma.sql(
        "CREATE FUNCTION other_type() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF NEW.\"jobId\"::text = '{sessions[2]}' THEN NEW.\"type\" := 'BONUS'; END IF; RETURN NEW; END $$; "
        'CREATE TRIGGER other_type BEFORE INSERT ON app."CreditTransaction" FOR EACH ROW EXECUTE FUNCTION other_type()'
    )
    ran = prisma.run()
    assert (ran.exit_code, ran.document["refunds"]["sessions"], ran.document["held"]) == (3, 4, 1)
    assert "does not cover this refund" in hold_messages(prisma)[sessions[2]]


def test_a_ledger_whose_trigger_moves_the_balance_too_is_an_error_for_a_layer(prisma: AppDatabase) -> None:
    """refund() reads the balance again as well."""
    session = job(prisma)
    prisma.sql(PAID_BY_TRIGGER.format(AT_ONCE))
    with pytest.raises(psycopg.errors.RaiseException, match="did not grow"):
        prisma.sql("SELECT sweeper.refund(%s::uuid, 'x')", session)
    assert prisma.value('SELECT "creditBalance" FROM app."User"') == 10


def test_a_reversal_that_a_trigger_takes_too_is_not_made(prisma: AppDatabase) -> None:
    """revert reads the balances again as well."""
    job(prisma)
    prisma.run()
    prisma.sql(PAID_BY_TRIGGER.format(AT_ONCE))
    run_id = prisma.value("SELECT run_id::text FROM sweeper.refunds")
    prisma.sweeper("revert", "--run", run_id, "--reason", "mistake", "--yes")
    assert prisma.value('SELECT "creditBalance" FROM app."User"') == Decimal("12.25")
    assert prisma.value("SELECT count(*) FROM sweeper.reversals") == 0


def test_nothing_is_paid_if_a_rule_writes_the_balance_elsewhere(first: AppDatabase) -> None:
    """What the update gives back is then another table's, and grew by just what the ledger says."""
    first.account()
    first.session("owed")
    first.sql(
        "CREATE TABLE moved AS TABLE users; CREATE RULE elsewhere AS ON UPDATE TO users DO INSTEAD "
        "UPDATE moved SET credits = new.credits WHERE moved.id = old.id RETURNING moved.*"
    )
    assert first.run().exit_code == 3
    assert hold_messages(first) == {"owed": "the balance did not grow by what the ledger says"}
    assert first.sql("SELECT credits FROM users UNION ALL SELECT credits FROM moved") == [(100,), (100,)]


NOT_WRITTEN = "the refund was not written: a trigger or a rule drops it, or the closing of the session"


def test_a_session_whose_ledger_row_a_trigger_drops_is_held_and_not_taken_for_refunded(prisma: AppDatabase) -> None:
    """It is owed forever, so it is put on hold; the running one is not closed without its refund."""
    failed, running, other = job(prisma), job(prisma, "RUNNING"), job(prisma)
    user = prisma.value('SELECT "userId"::text FROM app."Job" WHERE "id"::text = %s', other)
    spoil(prisma, 'app."CreditTransaction"', "INSERT", f"IF new.\"userId\" <> '{user}' THEN RETURN NULL; END IF;")
    ran = prisma.run()
    assert (ran.exit_code, ran.document["held"], ran.document["already_refunded"]) == (3, 2, 0)
    assert hold_messages(prisma) == {failed: NOT_WRITTEN, running: NOT_WRITTEN}
    assert prisma.value('SELECT "status"::text FROM app."Job" WHERE "id"::text = %s', running) == "RUNNING"
    assert list(prisma.refunds()) == [other]
    again = prisma.run()
    assert (again.exit_code, again.document["held"], again.document["already_refunded"]) == (0, 0, 0)


def test_a_ledger_row_that_a_trigger_drops_is_an_error_for_a_layer(prisma: AppDatabase) -> None:
    """refund() never says that there is nothing to pay when its refund came to nothing."""
    session = job(prisma)
    spoil(prisma, 'app."CreditTransaction"', "INSERT", "RETURN NULL;")
    with pytest.raises(psycopg.errors.RaiseException, match="was not written"):
        prisma.sql("SELECT sweeper.refund(%s::uuid, 'x')", session)


@pytest.mark.parametrize("body", ["RETURN NULL;", "new.status := old.status;"], ids=["dropped", "undone"])
@pytest.mark.parametrize("flags", [(), ("--fence",)], ids=["plain", "fenced"])
def test_a_stuck_session_that_a_trigger_keeps_running_is_held_and_not_refunded(
    first: AppDatabase, flags: tuple[str, ...], body: str
) -> None:
    """Refunded and still running, it could finish; left without a word, it would be forgotten."""
    assert first.sweeper("install", *flags, now=None).exit_code == 0
    first.account()
    first.account("u2")
    first.session("stubborn", "generating", account="u2")
    first.session("stuck", "generating")
    first.session("failed")
    spoil(first, "prediction_sessions", "UPDATE", f"IF new.id = 'stubborn' THEN {body} END IF;")
    assert first.run().exit_code == 3
    assert hold_messages(first) == {"stubborn": NOT_WRITTEN}
    assert first.refunds() == {"stuck": 3, "failed": 3}
    assert first.credits() == 106
    first.sql("DELETE FROM sweeper.holds")
    with pytest.raises(psycopg.errors.RaiseException, match="was not written"):
        first.sql("SELECT sweeper.refund('stubborn', 'x')")


def test_whatever_code_a_trigger_raises_it_is_that_session_alone_which_is_held(first: AppDatabase) -> None:
    """Apps raise with codes of their own, and PL/pgSQL with more than P0001: none of them stops the run."""
    codes = ["PT402", "45000", "P0002", "P0004", "20000", "27000", "39004", "44000"]
    first.account()
    for code in codes:
        first.account(code)
        first.session(code, account=code)
    first.session("owed")
    raises = "".join(
        f"WHEN '{code}' THEN RAISE EXCEPTION SQLSTATE '{code}' USING MESSAGE = 'frozen'; " for code in codes
    )
    spoil(first, "users", "UPDATE", f"CASE new.id {raises} ELSE NULL; END CASE;")
    assert first.run().exit_code == 3
    assert hold_messages(first) == dict.fromkeys(codes, "frozen")
    assert first.refunds() == {"owed": 3}


@pytest.mark.parametrize("code", ["PT402", "53100", "40001"])
def test_all_that_a_trigger_refuses_is_held_even_if_nothing_is_paid(first: AppDatabase, code: str) -> None:
    """What the app raises is about the row, even by a code of the server's own, and however many rows it is about."""
    for number in range(4):
        first.account(f"u{number}")
        first.session(f"s{number}", account=f"u{number}")
    spoil(first, "users", "UPDATE", f"RAISE EXCEPTION SQLSTATE '{code}' USING MESSAGE = 'frozen';")
    assert first.run().exit_code == 3
    assert hold_messages(first) == dict.fromkeys(("s0", "s1", "s2", "s3"), "frozen")


@pytest.mark.parametrize("when", ["BEFORE", "AFTER"])
def test_a_trigger_that_changes_what_the_ledger_takes_is_held(ledger_only: AppDatabase, when: str) -> None:
    """Where the ledger is the balance, what stands in it after the app's triggers is what the account got."""
    for customer in (1, 2, 3):
        ledger_only.sql("INSERT INTO customers DEFAULT VALUES")
        ledger_only.sql("INSERT INTO projects (owner_id) VALUES (%s)", customer)
    ledger_only.sql(
        "INSERT INTO renders (project_id, state, charge, started, ended) "
        "SELECT n, 'failed', n * 3, '2026-11-22Z', '2026-11-22Z' FROM generate_series(1, 3) AS n"
    )
    clamp = "NEW.amount := least(NEW.amount, 5); RETURN NEW;"
    if when == "AFTER":
        clamp = "UPDATE credit_entries AS e SET amount = 5 WHERE e = NEW AND amount > 5; RETURN NULL;"
    ledger_only.sql(
        f"CREATE FUNCTION clamp() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN {clamp} END $$; "
        f"CREATE TRIGGER clamp {when} INSERT ON credit_entries FOR EACH ROW EXECUTE FUNCTION clamp()"
    )
    ran = ledger_only.run()
    assert (ran.exit_code, ran.document["refunds"]["sessions"], ran.document["held"]) == (3, 1, 2)
    assert set(hold_messages(ledger_only).values()) == {
        "what is in the app's ledger is not what was meant: a trigger or a rule changes it"
    }
    paid = ledger_only.value("SELECT sum(amount) FROM sweeper.refunds")
    assert paid == ledger_only.value("SELECT sum(amount) FROM credit_entries WHERE amount > 0") == 3


REVIVE = (
    "CREATE FUNCTION revive() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN "
    "UPDATE prediction_sessions SET status = '{status}' WHERE user_id = 'u2'; RETURN NULL; END $$; "
    "CREATE {trigger} FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION revive()"
)
ON_ACCOUNTS = ("TRIGGER revive AFTER UPDATE ON users", "new.id = 'u2'")
AT_THE_END = (
    "CONSTRAINT TRIGGER revive AFTER UPDATE ON users DEFERRABLE INITIALLY DEFERRED",
    "new.id = 'u2'",
)
ON_REFUNDS = ("TRIGGER revive AFTER INSERT ON sweeper.refunds", "new.account_id = 'u2'")


@pytest.mark.parametrize("status", ["queued", "finished", "archived"])
@pytest.mark.parametrize("trigger", [ON_ACCOUNTS, AT_THE_END, ON_REFUNDS], ids=["at once", "at the end", "by a hook"])
def test_a_failed_session_that_a_trigger_sets_back_as_it_is_refunded_is_held(
    first: AppDatabase, trigger: tuple[str, str], status: str
) -> None:
    """Refunded and running again, it would give its user the work and the credits."""
    first.sql("ALTER TYPE session_status ADD VALUE 'archived'")
    first.account()
    first.account("u2")
    first.session("revived", account="u2")
    first.session("owed")
    first.session("stuck", "queued")
    first.sql(REVIVE.format(status=status, trigger=trigger[0], condition=trigger[1]))
    ran = first.run()
    assert (ran.exit_code, ran.document["held"]) == (3, 1)
    assert hold_messages(first) == {"revived": "the session is not over: something sets it back as it is refunded"}
    assert first.refunds() == {"owed": 3, "stuck": 3}
    assert (first.credits(), first.credits("u2")) == (106, 100)
    assert first.value("SELECT status::text FROM prediction_sessions WHERE id = 'revived'") == "error"
    first.sql("DELETE FROM sweeper.holds")
    if trigger is not AT_THE_END:
        with pytest.raises(psycopg.errors.RaiseException, match="is not over"):
            first.sql("SELECT sweeper.refund('revived', 'x')")


@pytest.mark.parametrize("counts", ["on", "off"])
@pytest.mark.parametrize(("change", "problem"), [
    ("UPDATE prediction_sessions SET status = 'queued'", "the session is not over: something sets it back"),
    ("DELETE FROM prediction_sessions", "the session is gone"),
], ids=["set back", "deleted"])  # fmt: skip
def test_a_batch_of_failed_sessions_alone_is_read_back_whether_or_not_the_server_counts_changes(
    first: AppDatabase, change: str, problem: str, counts: str
) -> None:
    """That no session was touched is read from the server's own count, which a superuser may switch off."""
    first.sql(
        "DO $$ BEGIN EXECUTE pg_catalog.format("
        f"'ALTER DATABASE %I SET track_counts = {counts}', pg_catalog.current_database()); END $$"
    )
    first.account()
    first.session("changed")
    first.sql(
        "CREATE FUNCTION change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER "
        f"AS $$ BEGIN {change}; RETURN NULL; END $$; "
        "CREATE TRIGGER change AFTER UPDATE ON users FOR EACH ROW EXECUTE FUNCTION change()"
    )
    assert first.run().exit_code == 3
    assert hold_messages(first)["changed"].startswith(problem)
    assert first.credits() == 100
