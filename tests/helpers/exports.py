"""What an audit writes."""

import csv
import io

from tests.helpers.app_database import AppDatabase
from tests.helpers.audits import LATER


def exported(database: AppDatabase, *flags: str) -> list[dict[str, str]]:
    """The CSV of an audit, by an auditor."""
    url = database.url_as("sweeper_auditor")
    ran = database.sweeper("audit", "--format", "csv", *flags, now=LATER, SWEEPER_DATABASE_URL=url)
    assert ran.exit_code == 0, ran.stderr
    return list(csv.DictReader(io.StringIO(ran.stdout, newline="")))
