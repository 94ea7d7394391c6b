"""Triggers of the app that a refund sets off: whatever they do, the books stay exact and nothing owed is forgotten."""

from decimal import Decimal

import psycopg
import pytest

from tests.support import AppDatabase

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


def holds(database: AppDatabase) -> dict[str, str]:
    return dict(database.sql("SELECT session_id::text, message FROM sweeper.holds WHERE ended_at IS NULL"))


@pytest.mark.parametrize("when", [AT_ONCE, AT_COMMIT], ids=["at once", "at commit"])
def test_a_ledger_whose_trigger_moves_the_balance_too_pays_nobody_twice(prisma: AppDatabase, when: str) -> None:
    """The app keeps its balance by a trigger on its ledger, and the mapping names both: that would pay twice."""
    session = job(prisma)
    prisma.sql(PAID_BY_TRIGGER.format(when))
    ran = prisma.run()
    assert (ran.exit_code, ran.document["refunds"]["sessions"], ran.document["held"]) == (3, 0, 1)
    assert holds(prisma) == {session: "the balance did not grow by what the ledger says"}
    assert prisma.value('SELECT "creditBalance" FROM app."User"') == 10


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
