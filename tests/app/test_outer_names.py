"""Bare names in a subquery of the file, which the app's migrations may give another meaning."""

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.checks import check, items
from tests.helpers.jobs import FILE, JOBS, add_jobs, install, refused
from tests.helpers.server import Server

TABLES = (
    JOBS.format(id_type="int", account_type="text", cost_type="numeric")
    + """
CREATE TABLE entries (job_id int, kind text, kept int);
CREATE TABLE plans (name text PRIMARY KEY);
CREATE TABLE orders (job_id int, number int);
INSERT INTO orders SELECT n, n FROM generate_series(1, 9) AS n;
INSERT INTO users VALUES ('u');
"""
)


@pytest.fixture
def app(server: Server, tmp_path: Path) -> Iterator[AppDatabase]:
    with server.blank(tmp_path, TABLES) as database:
        yield database


def configure(app: AppDatabase, exclude: str) -> None:
    app.config.write_text(FILE.format(sessions=f"exclude = '''{exclude}'''"))
    assert install(app) == 0, app.sweeper("install", now=None).stderr


def owe(app: AppDatabase) -> None:
    """Three failed jobs, one of which the app has refunded."""
    add_jobs(app, 3)
    app.sql("INSERT INTO entries VALUES (1, 'refund')")


@pytest.mark.parametrize(
    ("exclude", "migration", "name"),
    [
        ("EXISTS (SELECT FROM entries AS e WHERE e.job_id = id)", "ALTER TABLE entries ADD id int", "id"),
        (
            "EXISTS (SELECT FROM entries WHERE job_id = s.id AND kind = 'refund')",
            "ALTER TABLE jobs ADD kind text; ALTER TABLE entries RENAME kind TO type",
            "kind",
        ),
        (
            "EXISTS (SELECT FROM orders AS o WHERE o.job_id = s.id "
            "AND EXISTS (SELECT FROM entries AS e WHERE e.job_id = number))",
            "ALTER TABLE entries ADD number int",
            "number in part 1",
        ),
        (
            "EXISTS (SELECT FROM orders AS o WHERE o.job_id = s.id "
            "AND EXISTS (SELECT FROM entries WHERE kind = 'refund' AND entries.job_id = o.number))",
            "ALTER TABLE entries DROP kind; ALTER TABLE orders ADD kind text",
            "kind in part 1",
        ),
        (
            "EXISTS (SELECT FROM (SELECT * FROM entries) AS e WHERE e.job_id = s.id AND kind = 'refund')",
            "ALTER TABLE jobs ADD kind text; ALTER TABLE entries RENAME kind TO type",
            "kind",
        ),
        (
            "EXISTS (SELECT FROM (SELECT DISTINCT ON (job_id) * FROM entries ORDER BY job_id, kept) AS e "
            "WHERE e.job_id = s.id AND kind = 'refund')",
            "ALTER TABLE jobs ADD kind text; ALTER TABLE entries RENAME kind TO type",
            "kind",
        ),
    ],
    ids=["added", "renamed", "between", "dropped", "star", "distinct star"],
)
def test_no_run_pays_when_a_name_of_the_file_means_another_column(
    app: AppDatabase, exclude: str, migration: str, name: str
) -> None:
    configure(app, exclude)
    owe(app)
    app.sql(migration)
    ran = app.run(now=None, role=None)
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "mapping_changed")
    assert re.match(f"{name} (in|of) sessions.exclude: a bare name", ran.document["error"]["message"])
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="means another column"):
        app.sql("SELECT sweeper.refund(2, 'x')")
    assert app.value("SELECT sum(credits) FROM users") == 0


@pytest.mark.parametrize(
    "exclude",
    [
        "EXISTS (SELECT FROM entries AS e WHERE e.job_id = id)",
        "EXISTS (SELECT FROM entries AS e WHERE e.job_id = s.id AND kind = 'refund')",
        "EXISTS (SELECT 1 AS kept FROM entries AS e WHERE e.job_id = s.id AND kind::text = 'refund')",
        "EXISTS (SELECT FROM orders o, LATERAL (SELECT count(e) AS found FROM entries e WHERE e.job_id = number) AS e "
        "WHERE o.job_id = s.id AND e.found > 0)",
    ],
)
def test_a_run_pays_after_a_migration_that_changes_no_name(app: AppDatabase, exclude: str) -> None:
    configure(app, exclude)
    owe(app)
    app.sql("ALTER TABLE entries ADD note text; ALTER TABLE jobs ADD note text; ALTER TABLE plans ADD id int")
    app.sql("ALTER TABLE jobs ADD kind text, ADD kept int; ALTER TABLE entries DROP kept")
    assert app.value("SELECT sweeper.refund(2, 'x')") == 1
    ran = app.run(now=None, role=None)
    assert (ran.exit_code, ran.document["refunds"]["sessions"]) == (0, 1)


def test_no_run_pays_when_a_name_means_another_column_than_the_accounts(app: AppDatabase) -> None:
    active = "NOT EXISTS (SELECT FROM entries AS e WHERE e.kind = id)"
    app.config.write_text(
        FILE.format(sessions="").replace("balance =", f'serialized = true\nactive = "{active}"\nbalance =')
    )
    assert install(app) == 0
    owe(app)
    app.sql("INSERT INTO entries VALUES (NULL, 'u'); ALTER TABLE entries ADD id text")
    assert "id in accounts.active" in refused(app, "run")


def test_check_warns_of_such_names_and_of_no_others(app: AppDatabase) -> None:
    name = '"50% of, ""x"""'
    app.sql(f"ALTER TABLE jobs ADD {name} int")
    configure(app, f"EXISTS (SELECT FROM entries AS e WHERE e.job_id = coalesce(s.{name}, s.id))")
    assert items(check(app))["installed"]["status"] == "ok"
    configure(app, f"EXISTS (SELECT FROM entries AS e WHERE e.job_id = coalesce({name}, s.id))")
    owe(app)
    item = items(check(app))["installed"]
    assert (item["status"], '50% of, "x" in sessions.exclude' in item["message"]) == ("warning", True)
    assert app.value("SELECT sweeper.refund(2, 'x')") == 1


ADDED = """
[accounts.add]
free = "(SELECT amount FROM entries AS e WHERE e.job_id = refund.session_id)"
credits = "refund.amount - (SELECT e.amount FROM entries AS e WHERE e.job_id = refund.session_id)"
"""


def test_nor_when_one_means_the_refund_instead_of_a_table(app: AppDatabase) -> None:
    """The whole amount would go to the other column of the account, and the balance be right all the same."""
    app.sql("ALTER TABLE users ADD free numeric DEFAULT 0; ALTER TABLE entries ADD amount numeric")
    app.config.write_text(FILE.format(sessions="").replace('"credits"', '"credits + free"') + ADDED)
    assert install(app) == 0, app.sweeper("install", now=None).stderr
    add_jobs(app, 3)
    app.sql("INSERT INTO entries (job_id, amount) VALUES (1, 0.5), (2, 0.5), (3, 0.5)")
    assert app.value("SELECT sweeper.refund(1, 'x')") == 1
    app.sql("ALTER TABLE entries RENAME amount TO cents")
    app.config.write_text(app.config.read_text().replace("e.amount", "e.cents"))
    assert install(app) == 0
    assert "amount in accounts.add" in items(check(app))["installed"]["message"]
    app.sql("ALTER TABLE entries ADD amount numeric DEFAULT 0.5")
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="means another column"):
        app.sql("SELECT sweeper.refund(2, 'x')")
    assert "amount in accounts.add" in refused(app, "run")
    assert install(app) == 0
    assert app.value("SELECT sweeper.refund(2, 'x')") == 1
    app.sql("ALTER TABLE entries DROP amount")
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="means another column"):
        app.sql("SELECT sweeper.refund(3, 'x')")
    assert "amount in accounts.add" in refused(app, "run")
    assert app.sql("SELECT credits, free FROM users") == [(1, 1)]


def test_the_type_of_an_amount_that_changes_with_its_column_hides_no_name(app: AppDatabase) -> None:
    """To install the file again, as for any other change, would pay by the other column."""
    app.sql("ALTER TABLE entries ADD cost int")
    app.config.write_text(
        FILE.format(sessions="").replace(
            'amount = "cost"', 'amount = "(SELECT cost FROM entries AS e WHERE e.job_id = s.id)"'
        )
    )
    assert install(app) == 0
    owe(app)
    app.sql("ALTER TABLE entries RENAME cost TO cents")
    assert "cost in sessions.amount: a bare name" in refused(app, "run")
