"""What `sweeper audit` says."""

from datetime import datetime, timedelta

from tests.helpers.app_database import AppDatabase
from tests.helpers.command import NOW, Ran

FORGED = (
    "INSERT INTO sweeper.refunds (refund_id, session_id, account_id, amount, reason, layer, run_id, created_at) "
    "VALUES (gen_random_uuid(), %s, 'u1', %s, 'forged', %s, %s, %s)"
)


LATER = NOW + timedelta(days=1)


def audit(database: AppDatabase, *flags: str, now: datetime = LATER) -> Ran:
    """``sweeper audit --format json``, a day after ``NOW``, by a role with the rights of an auditor alone."""
    url = database.url_as("sweeper_auditor")
    return database.sweeper("audit", "--format", "json", *flags, now=now, SWEEPER_DATABASE_URL=url)


def findings(ran: Ran) -> dict[str, tuple[int, list[str]]]:
    """Each finding's count and samples; the exit code must agree."""
    found = {finding["code"]: (finding["count"], finding["samples"]) for finding in ran.document["findings"]}
    assert ran.exit_code == (5 if found else 0), ran.stderr
    return found
