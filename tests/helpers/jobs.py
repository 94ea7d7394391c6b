"""Jobs whose charges are known by several columns."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from tests.helpers.app_database import AppDatabase
from tests.helpers.readme import blocks, section
from tests.helpers.server import Server

JOBS = """
CREATE TABLE users (id {account_type} PRIMARY KEY, credits numeric NOT NULL DEFAULT 0);
CREATE TABLE jobs (
    id {id_type} PRIMARY KEY, public_id bigint UNIQUE NOT NULL GENERATED ALWAYS AS IDENTITY (START 1000),
    user_id {account_type} NOT NULL, status text NOT NULL, cost {cost_type}, charge_id text, tries int DEFAULT 1,
    started_at timestamptz NOT NULL DEFAULT now() - interval '3 hours'
);
"""
FILE = """
[sessions]
table = "jobs"
id = "id"
account = "user_id"
status = "status"
failed = ["error"]
running = ["running"]
succeeded = ["done"]
started_at = "started_at"
amount = "cost"
{sessions}
[accounts]
table = "users"
id = "id"
balance = "credits"
[policy]
since = 2020-01-01T00:00:00Z
max_clock_skew = "100y"
"""
ATTEMPT = 'attempt = "charge_id"'
TRIES = 'attempt = "tries"'


ROTATE = "ALTER TABLE jobs RENAME TO jobs_old; CREATE TABLE jobs (LIKE jobs_old INCLUDING ALL)"


MADE_ANEW = {
    "renamed": ROTATE,
    "dropped": "CREATE TABLE fresh (LIKE jobs INCLUDING ALL); DROP TABLE jobs; ALTER TABLE fresh RENAME TO jobs",
}


SWAP = "CREATE TABLE copied (LIKE jobs INCLUDING ALL EXCLUDING IDENTITY); INSERT INTO copied SELECT * FROM jobs; "


SWAPPED = {
    "kept": f"{SWAP} ALTER TABLE jobs RENAME TO _jobs_del; ALTER TABLE copied RENAME TO jobs",
    "dropped": f"{SWAP} DROP TABLE jobs; ALTER TABLE copied RENAME TO jobs",
}


def jobs(
    server: Server,
    folder: Path,
    *,
    sessions: str = "",
    id_type: str = "int",
    account_type: str = "text",
    cost_type: str = "numeric",
    more: str = "",
) -> Iterator[AppDatabase]:
    """A database of jobs with these types, sweeper installed."""
    script = JOBS.format(id_type=id_type, account_type=account_type, cost_type=cost_type) + more
    with server.blank(folder, script) as database:
        database.config.write_text(FILE.format(sessions=sessions))
        assert install(database) == 0
        yield database


def add_jobs(database: AppDatabase, count: int, *, account: str = "'u'") -> None:
    """Failed sessions of one credit each, numbered from 1 on."""
    database.sql(
        "INSERT INTO jobs (id, user_id, status, cost, charge_id) "
        f"SELECT n, {account}, 'error', 1, 'c' || n FROM generate_series(1, {count}) AS n"
    )


def add_job(database: AppDatabase, job_id: int, *, account: str = "u", cost: int = 1) -> None:
    """One failed session."""
    database.sql("INSERT INTO jobs (id, user_id, status, cost) VALUES (%s, %s, 'error', %s)", job_id, account, cost)


def install(database: AppDatabase, *flags: str) -> int:
    """The exit code of ``sweeper install``."""
    return database.sweeper("install", *flags, now=None).exit_code


def sweep(database: AppDatabase, *flags: str, now: datetime | None = None) -> int:
    """The credits that one run paid."""
    ran = database.run("--full", *flags, now=now, role=None)
    assert ran.exit_code == 0, ran.stderr
    return int(ran.document["refunds"]["credits"])


def refused(database: AppDatabase, *arguments: str) -> str:
    """What the command says that exits 2; nothing was paid."""
    before = database.value("SELECT sum(credits) FROM users")
    ran = database.sweeper(*arguments, now=None)
    assert (ran.exit_code, database.value("SELECT sum(credits) FROM users")) == (2, before)
    return ran.stderr


def reconfigure(database: AppDatabase, sessions: str) -> None:
    """Another mapping, not installed yet."""
    database.config.write_text(FILE.format(sessions=sessions))


def uninstall(database: AppDatabase) -> None:
    """By the block of docs/operations.md that keeps the record."""
    _, block = blocks(section("Uninstall", "docs/operations.md"), "sql")
    database.sql(block)
