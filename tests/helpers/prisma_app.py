"""Failed jobs of the Prisma app."""

from tests.helpers.app_database import AppDatabase


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
