"""What a batch locks, what it never waits for, what it leaves behind, and what holds when others do not lock."""

import threading
from typing import Any
from unittest.mock import patch

import psycopg
import pytest

from sweeper.postgres.transaction import Transaction
from tests.helpers.app_database import AppDatabase
from tests.helpers.prisma_app import prisma_job
from tests.helpers.statements import before, name_of

GUARD = "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = 'app.\"CreditTransaction\"'::regclass"
BOOKED = 'INSERT INTO app."CreditTransaction" ("id", "userId", "jobId", "type", "amount") VALUES '


def lose_guard(app: AppDatabase) -> str:
    """Drop the guard of the Prisma app's ledger; what would build it again."""
    name = app.value(f"{GUARD} AND NOT indisprimary AND indisunique")
    definition = str(app.value("SELECT pg_get_indexdef(%s::regclass)", name))
    app.sql(f"DROP INDEX {name}")
    return definition


@pytest.mark.every_version
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE prediction_sessions SET status = 'generating' WHERE id = 'owed'",
        "DELETE FROM prediction_sessions WHERE id = 'owed'",
        "UPDATE users SET credits = credits + 1 WHERE id = 'u1'",
        "DELETE FROM users WHERE id = 'u1'",
    ],
    ids=["session", "session deleted", "account", "account deleted"],
)
def test_sessions_of_an_open_batch_cannot_be_changed(first: AppDatabase, change: str) -> None:
    first.account()
    first.session("owed")
    first.sql("SET lock_timeout = '100ms'")
    refused: list[BaseException] = []

    def try_it() -> None:
        try:
            first.sql(change)
        except psycopg.errors.LockNotAvailable as error:
            refused.append(error)

    with before("pay", try_it):
        ran = first.run()
    assert refused
    assert (ran.exit_code, first.refunds(), first.credits()) == (0, {"owed": 3}, 103)


@pytest.mark.every_version
@pytest.mark.parametrize(
    "change",
    ["status = 'finished'", "created_at = '2026-11-23 11:59'", "step = 'All models failed - credits refunded'"],
    ids=["finished", "a sign of life", "excluded"],
)
def test_a_session_that_changes_while_its_closing_waits_is_left_alone(first: AppDatabase, change: str) -> None:
    """The statement that pays is right on its own, where the statement that locks cannot be sent."""
    first.account()
    first.session("s1", "generating")
    original = Transaction.rows

    def unlocked(self: Transaction, text: str, binds: Any = None) -> Any:
        return original(self, text.replace("FOR NO KEY UPDATE OF s SKIP LOCKED", ""), binds)

    with first.connect() as worker, patch.object(Transaction, "rows", unlocked):
        commit = threading.Timer(0.1, worker.commit)

        def wake() -> None:
            worker.execute(f"UPDATE prediction_sessions SET {change}")
            commit.start()

        with before("pay", wake):
            ran = first.run()
        commit.join()
    assert (ran.exit_code, ran.document["held"], first.refunds(), first.credits()) == (0, 0, {}, 100)
    assert first.value("SELECT status::text FROM prediction_sessions") != "error"


def test_a_session_that_is_owed_nothing_any_more_after_the_lock_is_left_alone(prisma: AppDatabase) -> None:
    user, _job = prisma_job(prisma)
    with before("pay", lambda: prisma.sql('UPDATE app."JobItem" SET "delivered" = true')):
        ran = prisma.run()
    assert (ran.exit_code, ran.document["already_refunded"], ran.document["held"]) == (0, 0, 0)
    assert prisma.sql("SELECT session_id FROM sweeper.refunds") == []
    assert prisma.value('SELECT "creditBalance" FROM app."User" WHERE "id" = %s', user) == 10


@pytest.mark.every_version
def test_a_refund_that_commits_while_the_insert_waits_for_it_is_counted_and_moves_nothing(first: AppDatabase) -> None:
    first.account()
    first.session("owed")
    with first.connect() as layer:
        commit = threading.Timer(0.1, layer.commit)

        def refund() -> None:
            layer.execute(
                "INSERT INTO sweeper.refunds (refund_id, session_id, account_id, amount, reason, layer, created_at) "
                "VALUES (gen_random_uuid(), 'owed', 'u1', 3, 'x', 'worker', now())"
            )
            commit.start()

        with before("pay", refund):
            ran = first.run()
        commit.join()
    assert (ran.exit_code, ran.document["already_refunded"], ran.document["held"]) == (0, 1, 0)
    assert first.credits() == 100


def test_a_balance_that_a_trigger_of_the_apps_leaves_alone_rolls_the_batch_back(first: AppDatabase) -> None:
    for account in ("u1", "u2"):
        first.account(account)
        first.session(f"of-{account}", account=account)
    first.sql(
        "CREATE FUNCTION skip() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RETURN CASE WHEN NEW.id = 'u1' THEN NULL ELSE NEW END; END $$; "
        "CREATE TRIGGER skip BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION skip()"
    )
    assert first.run().exit_code == 3
    assert (first.refunds(), first.credits("u1"), first.credits("u2")) == ({"of-u2": 3}, 100, 103)
    assert first.value("SELECT message FROM sweeper.holds") == "an account's balance did not change by its refund"


def test_a_ledger_row_that_a_trigger_of_the_apps_rewrites_is_held_and_moves_nothing(prisma: AppDatabase) -> None:
    prisma_job(prisma)
    prisma.sql(
        "CREATE FUNCTION rewrite() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        """NEW."jobId" := 'job:' || NEW."jobId"; RETURN NEW; END $$; """
        'CREATE TRIGGER rewrite BEFORE INSERT ON app."CreditTransaction" FOR EACH ROW EXECUTE FUNCTION rewrite()'
    )
    ran = prisma.run()
    assert (ran.exit_code, ran.document["held"]) == (3, 1)
    assert prisma.sql('SELECT "jobId" FROM app."CreditTransaction"') == []
    assert prisma.value('SELECT "creditBalance" FROM app."User"') == 10
    assert "did not take the same number" in prisma.value("SELECT message FROM sweeper.holds")


def test_a_guard_of_the_apps_ledger_lost_in_the_middle_of_a_run_is_an_error(prisma: AppDatabase) -> None:
    prisma_job(prisma)
    with (
        before("try_caps", lambda: lose_guard(prisma)) as done,
        patch("sweeper.sweep.batches._GUARD_WAIT_SECONDS", 0.01),
    ):
        ran = prisma.run()
    assert done
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "guard_missing")
    assert prisma.value('SELECT "creditBalance" FROM app."User"') == 10


@pytest.mark.every_version
def test_a_deferrable_guard_of_the_apps_ledger_stops_a_run_that_has_nothing_to_pay(ledger_only: AppDatabase) -> None:
    ledger_only.configure("where   = \"kind = 'refund'\"", 'where   = "true"')
    assert ledger_only.sweeper("install").exit_code == 0
    assert ledger_only.run().exit_code == 0
    name = ledger_only.value(
        "SELECT indexrelid::regclass::text FROM pg_index "
        "WHERE indrelid = 'credit_entries'::regclass AND indisunique AND NOT indisprimary"
    )
    ledger_only.sql(f"DROP INDEX {name}; ALTER TABLE credit_entries ADD UNIQUE (render_id) DEFERRABLE")
    ran = ledger_only.run()
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "guard_missing")


def test_a_refund_of_the_apps_that_lies_outside_the_guard_counts(prisma: AppDatabase) -> None:
    user, job = prisma_job(prisma)
    prisma.configure(
        "[ledger.insert]",
        """guard = \"\"\""type" = 'REFUND' AND "createdAt" >= '2026-11-01'\"\"\"\n[ledger.insert]""",
    )
    assert prisma.sweeper("install").exit_code == 0
    prisma.sql(f"{BOOKED} ('by-app', %s, %s, 'REFUND', 3)", user, job)
    prisma.sql("""UPDATE app."CreditTransaction" SET "createdAt" = '2026-10-01'""")
    assert prisma.run("--dry-run").document["refunds"]["sessions"] == 0
    document = prisma.run().document
    assert (document["refunds"]["sessions"], document["already_refunded"]) == (0, 0), "it is not even looked at"
    assert prisma.value('SELECT "creditBalance" FROM app."User"') == 10


@pytest.mark.every_version
def test_a_run_leaves_nothing_on_its_connection(first: AppDatabase) -> None:
    """Settings, locks and prepared statements: behind a pooler the connection goes to somebody else."""
    first.account()
    for number in range(10):
        first.session(f"s{number}")
    original, left = Transaction.rows, []

    def rows(self: Transaction, text: str, binds: Any = None) -> Any:
        if name_of(text) == "set_transaction":
            left.append(
                original(
                    self,
                    "SELECT (SELECT count(*) FROM pg_prepared_statements), "
                    "(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()), "
                    "(SELECT count(*) FROM pg_settings WHERE source = 'session' AND name !~ '^transaction_')",
                )[0]
            )
        return original(self, text, binds)

    with patch.object(Transaction, "rows", rows):
        assert first.run("--batch-size", "1").document["batches"] == 10
    assert len(left) > 10
    assert {tuple(row) for row in left} == {(0, 0, 0)}
