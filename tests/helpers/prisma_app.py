"""Failed jobs of the Prisma app."""

from tests.helpers.app_database import AppDatabase
from tests.helpers.installation import LEDGER, uninstall


def owed_job(database: AppDatabase) -> str:
    """A failed job of the Prisma app that is owed 2.50; its id."""
    user = database.value('INSERT INTO app."User" ("creditBalance") VALUES (0) RETURNING "id"')
    job = database.value(
        'INSERT INTO app."Job" ("userId", "status", "createdAt") VALUES (%s, \'FAILED\', \'2026-11-20\') '
        'RETURNING "id"::text',
        user,
    )
    database.sql('INSERT INTO app."JobItem" ("jobId", "price") VALUES (%s, 2.5)', job)
    return str(job)


def prisma_job(app: AppDatabase, price: str = "3") -> tuple[str, str]:
    """A user and one failed job of theirs."""
    user = app.value('INSERT INTO app."User" ("creditBalance") VALUES (10) RETURNING "id"::text')
    job = app.value(
        'INSERT INTO app."Job" ("userId", "status", "createdAt") VALUES (%s, \'FAILED\', \'2026-11-20\') '
        'RETURNING "id"::text',
        user,
    )
    app.sql('INSERT INTO app."JobItem" ("jobId", "price") VALUES (%s, %s)', job, price)
    return user, job


def refund_by_app(app: AppDatabase, user: str, job: str) -> None:
    """What the app's own code writes when it refunds a job; it moves no balance here."""
    app.sql(
        'INSERT INTO app."CreditTransaction" ("id", "userId", "jobId", "type", "amount") '
        "VALUES ('by-app', %s, %s, 'REFUND', 3)",
        user,
        job,
    )


def partition_ledger(
    app: AppDatabase, key: str, parts: str = 'CREATE TABLE app."p" PARTITION OF app."CreditTransaction" DEFAULT'
) -> None:
    """Give it an empty ledger in partitions; sweeper is not installed any more."""
    uninstall(app)
    app.sql(f"DROP TABLE {LEDGER}")
    app.sql(
        f'CREATE TABLE {LEDGER} ("id" text, "userId" uuid, "jobId" text, "type" app."TxType", "amount" numeric(12, 2), '
        f'"note" text, "createdAt" timestamp NOT NULL DEFAULT now()) PARTITION BY {key}'
    )
    for part in parts.split(";"):
        app.sql(part)
