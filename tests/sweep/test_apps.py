"""Every kind of app: each owed session is refunded to the digit, once, and nothing else is touched."""

from decimal import Decimal

import pytest

from tests.helpers.app_database import AppDatabase

pytestmark = pytest.mark.every_version


def test_first_app_gets_its_credits_back(first: AppDatabase) -> None:
    first.account("u1", credits=90, spent=10)
    first.session("failed", models=3)
    first.session("stuck", "generating", models=2)
    first.session("alive", "queued", created="2026-11-23 11:30")
    first.session("app-refunded", step="All models failed - credits refunded")
    first.session("done", "finished")
    planned = first.run("--dry-run")
    ran = first.run()
    assert (planned.exit_code, ran.exit_code) == (0, 0)
    assert first.refunds() == {"failed": 3, "stuck": 2}
    assert planned.document["refunds"] == ran.document["refunds"] == {"sessions": 2, "credits": 5, "accounts": 1}
    assert first.sql("SELECT credits, total_credits_spent FROM users") == [(95, 5)]
    assert first.value("SELECT status::text FROM prediction_sessions WHERE id = 'stuck'") == "error"
    assert first.run().document["refunds"] == {"sessions": 0, "credits": 0, "accounts": 0}


def test_prisma_app_gets_its_credits_back_in_its_own_ledger(prisma: AppDatabase) -> None:
    user = prisma.value('INSERT INTO app."User" ("creditBalance") VALUES (10.50) RETURNING "id"::text')
    failed, stuck, alive = (
        prisma.value(
            'INSERT INTO app."Job" ("userId", "status", "createdAt", "heartbeatAt", "failedAt") '
            "VALUES (%s, %s, '2026-11-20', %s, %s) RETURNING \"id\"::text",
            user, status, beat, failed_at,
        )
        for status, beat, failed_at in (
            ("FAILED", None, "2026-11-21"),
            ("RUNNING", "2026-11-23 11:30", None),
            ("RUNNING", "2026-11-23 11:31", None),
        )
    )  # fmt: skip
    for job in (failed, stuck, alive):
        prisma.sql(
            'INSERT INTO app."JobItem" ("jobId", "price", "delivered") VALUES (%s, 1.25, false), (%s, 0.5, true)',
            job,
            job,
        )
        prisma.sql('INSERT INTO app."JobItem" ("jobId", "price") VALUES (%s, NULL), (%s, 2.10)', job, job)
    planned = prisma.run("--dry-run")
    ran = prisma.run()
    assert ran.exit_code == 0, ran.stderr
    assert planned.document["refunds"] == ran.document["refunds"] == {"sessions": 2, "credits": "6.70", "accounts": 1}
    assert prisma.value('SELECT "creditBalance" FROM app."User"') == Decimal("17.20")
    ledger = prisma.sql('SELECT "jobId", "amount", "type"::text, "note" FROM app."CreditTransaction" ORDER BY "note"')
    assert ledger == [
        (stuck, Decimal("3.35"), "REFUND", "stuck"),
        (failed, Decimal("3.35"), "REFUND", "workflow_failure"),
    ]
    assert prisma.run().document["refunds"]["sessions"] == 0


def test_ledger_only_app_gets_its_credits_back(ledger_only: AppDatabase) -> None:
    ledger_only.sql("INSERT INTO customers (name) VALUES ('a'), ('b')")
    ledger_only.sql("INSERT INTO projects (owner_id) VALUES (1), (2)")
    ledger_only.sql(
        "INSERT INTO renders (project_id, state, charge, started, ended) VALUES "
        "(1, 'failed', 12345678901.123, '2026-11-22Z', '2026-11-23Z'), (2, 'working', 0.001, '2026-11-22Z', NULL)"
    )
    ran = ledger_only.run()
    assert ran.exit_code == 0, ran.stderr
    entries = ledger_only.sql("SELECT customer_id, render_id, amount FROM credit_entries ORDER BY render_id")
    assert entries == [(1, 1, Decimal("12345678901.123")), (2, 2, Decimal("0.001"))]
    assert ran.document["refunds"] == {"sessions": 2, "credits": "12345678901.124", "accounts": 2}
    assert ledger_only.run().document["refunds"]["sessions"] == 0
