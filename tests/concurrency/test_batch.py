"""What happens between the statements of a batch: every race that cost somebody money once."""

from unittest.mock import patch

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.prisma_app import prisma_job, refund_by_app
from tests.helpers.statements import before


def test_an_amount_that_changes_after_the_lock_is_paid_as_it_is_now(prisma: AppDatabase) -> None:
    user, _job = prisma_job(prisma)
    with before("pay", lambda: prisma.sql('UPDATE app."JobItem" SET "price" = 1')) as done:
        ran = prisma.run()
    assert done
    assert ran.document["refunds"]["credits"] == "1.00"
    assert prisma.value('SELECT "creditBalance" FROM app."User" WHERE "id" = %s', user) == 11


def test_a_refund_by_another_layer_after_the_lock_is_counted_and_not_paid_again(prisma: AppDatabase) -> None:
    user, job = prisma_job(prisma)

    def refund() -> None:
        refund_by_app(prisma, user, job)

    with before("pay", refund) as done:
        ran = prisma.run()
    assert done
    assert ran.exit_code == 0
    assert ran.document["already_refunded"] == 1
    assert ran.document["refunds"]["sessions"] == 0
    assert prisma.value('SELECT "creditBalance" FROM app."User"') == 10


def test_a_session_that_a_layer_refunds_before_the_lock_is_counted_and_not_paid_again(
    first: AppDatabase,
) -> None:
    first.account()
    first.session("s1")
    with before("lock_sessions", lambda: first.sql("SELECT sweeper.refund('s1', 'late')")) as done:
        document = first.run().document
    assert done
    assert (document["already_refunded"], document["refunds"]["sessions"], document["skipped"]) == (1, 0, 0)
    assert (first.credits(), first.refunds()) == (103, {"s1": 3})


def test_a_refund_by_another_layer_that_commits_while_the_sweep_waits_for_it_is_not_paid_again(
    prisma: AppDatabase,
) -> None:
    user, job = prisma_job(prisma)
    with prisma.connect() as layer:
        layer.execute(
            'INSERT INTO app."CreditTransaction" ("id", "userId", "jobId", "type", "amount") '
            "VALUES ('by-app', %s, %s, 'REFUND', 3)",
            (user, job),
        )
        ran = prisma.run()  # waits for lock_timeout, gives way
        assert ran.document["refunds"]["sessions"] == 0
        assert ran.document["skipped"] == 1
        layer.commit()
    assert prisma.run().document["refunds"]["sessions"] == 0
    assert prisma.value('SELECT count(*) FROM app."CreditTransaction"') == 1


def test_an_account_deleted_after_the_find_is_a_hold_and_moves_nothing(first: AppDatabase) -> None:
    for account in ("u1", "u2"):
        first.account(account)
        first.session(f"of-{account}", account=account)
    with before("lock_accounts", lambda: first.sql("DELETE FROM users WHERE id = 'u1'")) as done:
        ran = first.run()
    assert done
    assert ran.exit_code == 3
    assert first.refunds() == {"of-u2": 3}
    assert first.credits("u2") == 103
    assert first.sql("SELECT session_id, why FROM sweeper.holds") == [("of-u1", "no_account")]


def test_a_session_that_finishes_before_the_lock_is_left_alone(first: AppDatabase) -> None:
    first.account()
    first.session("wakes", "generating")
    with before("lock_sessions", lambda: first.sql("UPDATE prediction_sessions SET status = 'finished'")):
        ran = first.run()
    assert ran.document["refunds"]["sessions"] == 0
    assert first.value("SELECT status::text FROM prediction_sessions") == "finished"


@pytest.mark.parametrize("dropped", ["dropped", "deferrable", "partial"])
def test_a_guard_lost_in_the_middle_of_a_run_is_an_error_and_never_a_payment(first: AppDatabase, dropped: str) -> None:
    first.account()
    first.session("owed")
    first.sql("CREATE UNIQUE INDEX unrelated ON sweeper.refunds (session_id, created_at)")
    replacement = {
        "dropped": "SELECT 1",
        "deferrable": "ALTER TABLE sweeper.refunds ADD UNIQUE (session_id, attempt, again) DEFERRABLE",
        "partial": "CREATE UNIQUE INDEX ON sweeper.refunds (session_id, attempt, again) WHERE amount > 5",
    }[dropped]

    def lose() -> None:
        first.sql("ALTER TABLE sweeper.refunds DROP CONSTRAINT refunds_session_id_attempt_again_key")
        first.sql(replacement)

    with before("try_caps", lose) as done, patch("sweeper.sweep.batches._GUARD_WAIT_SECONDS", 0.01):
        ran = first.run()
    assert done
    assert ran.exit_code == 2
    assert ran.document["error"]["code"] == "guard_missing"
    assert (first.refunds(), first.credits()) == ({}, 100)
    assert first.run().exit_code == 2  # and the next run says so before it begins


def test_a_ledger_row_outside_its_guard_is_held_and_not_a_payment(prisma: AppDatabase) -> None:
    """It may be one row's fault, which a trigger of the app puts there: it is the only one that is owed."""
    prisma_job(prisma)
    prisma.configure(
        "[ledger.insert]",
        """guard = \"\"\""type" = 'REFUND' AND "createdAt" >= '2027-01-01'\"\"\"\n[ledger.insert]""",
    )
    assert prisma.sweeper("install").exit_code == 0
    ran = prisma.run()
    assert (ran.exit_code, ran.document["held"]) == (3, 1)
    assert prisma.value('SELECT count(*) FROM app."CreditTransaction"') == 0
    assert prisma.value('SELECT "creditBalance" FROM app."User"') == 10


def test_a_balance_that_does_not_grow_by_the_ledger_rolls_the_batch_back(first: AppDatabase) -> None:
    for account in ("u1", "u2"):
        first.account(account)
        first.session(f"of-{account}", account=account)
    first.sql(
        "CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF NEW.id = 'u1' THEN NEW.credits := OLD.credits; END IF; RETURN NEW; END $$"
    )
    first.sql("CREATE TRIGGER meddle BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION meddle()")
    ran = first.run()
    assert ran.exit_code == 3
    assert first.refunds() == {"of-u2": 3}
    assert (first.credits("u1"), first.credits("u2")) == (100, 103)


def test_an_amount_that_grows_after_the_lock_never_breaks_the_cap_by_credits(prisma: AppDatabase) -> None:
    prisma_job(prisma)
    prisma_job(prisma)
    grow = 'UPDATE app."JobItem" SET "price" = "price" + 2'
    with before("pay", lambda: prisma.sql(grow)) as done:
        ran = prisma.run("--max-credits", "6")
    assert done
    assert ran.exit_code == 4
    assert ran.document["refunds"] == {"sessions": 1, "credits": "5.00", "accounts": 1}


def test_app_tables_named_like_parts_of_the_pay_statement_are_read_as_the_apps_own(first: AppDatabase) -> None:
    for name in ("due", "held", "paid", "closed", "payable", "looked"):
        first.sql(f"CREATE TABLE {name} (session_id text)")
    first.configure("step = \"'Closed: no sign of life'\"", 'step = "(SELECT count(*)::text FROM due, held, looked)"')
    first.configure(
        "exclude    = \"step = 'All models failed - credits refunded'\"",
        'exclude    = "EXISTS (SELECT FROM held WHERE held.session_id = s.id)"',
    )
    assert first.sweeper("install").exit_code == 0
    first.account()
    first.session("stuck", "generating")
    first.session("excluded", "generating")
    first.sql("INSERT INTO held VALUES ('excluded')")
    assert first.run().exit_code == 0
    assert first.refunds() == {"stuck": 3}
    assert first.value("SELECT step FROM prediction_sessions WHERE id = 'stuck'") == "0"
