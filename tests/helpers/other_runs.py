"""Runs of other processes, and what they refund, as sweeper's own tables have them."""

import uuid

from tests.helpers.app_database import AppDatabase
from tests.helpers.command import NOW


def begin_run(database: AppDatabase) -> str:
    """Record a run that has just begun; its id."""
    run_id = str(uuid.uuid4())
    database.sql(
        "INSERT INTO sweeper.runs (run_id, version, host, db_role, told, as_of, started_at) "
        "VALUES (%s, '', '', '', '{}', %s, now())",
        run_id,
        NOW,
    )
    return run_id


def pay_in_run(database: AppDatabase, run_id: str) -> None:
    """Record a refund of one credit by that run, of a session and an account of its own."""
    database.sql(
        "INSERT INTO sweeper.refunds (refund_id, session_id, account_id, amount, reason, layer, run_id, created_at) "
        "VALUES (gen_random_uuid(), gen_random_uuid()::text, 'other', 1, 'x', 'sweeper', %s, %s)",
        run_id,
        NOW,
    )


def end_run(database: AppDatabase, run_id: str) -> None:
    """Record that it ended now."""
    database.sql("UPDATE sweeper.runs SET ended_at = now(), outcome = 'complete' WHERE run_id = %s", run_id)
