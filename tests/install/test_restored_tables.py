"""Sweeper's own tables from a dump, or a copy, under sessions and balances that went on: nothing is paid again."""

import psycopg
import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.checks import check, items
from tests.helpers.holds import holds
from tests.helpers.jobs import add_job, install, refused, sweep

# as pg_dump and pg_restore of the schema would, without the other objects in it
TABLES = "refunds", "reversals", "runs", "holds", "settings", "locks"
DUMP = "CREATE SCHEMA dump;" + "".join(
    f"CREATE TABLE dump.a_{name} (LIKE sweeper.{name} INCLUDING ALL); INSERT INTO dump.a_{name} TABLE sweeper.{name};"
    for name in TABLES
)
RESTORE = "DROP SCHEMA sweeper CASCADE; ALTER SCHEMA dump RENAME TO sweeper;" + "".join(
    f"ALTER TABLE sweeper.a_{name} RENAME TO {name};" for name in TABLES
)


@pytest.fixture
def put_back(paid: AppDatabase) -> AppDatabase:
    """Twenty refunds that are in the dump, and two that were made since."""
    paid.sql(DUMP)
    for job_id in (21, 22):
        add_job(paid, job_id)
    assert sweep(paid) == 2
    paid.sql(RESTORE)
    return paid


def sweep_of(database: AppDatabase) -> int:
    return int(database.run("--full", now=None, role=None).document["refunds"]["credits"])


def test_nothing_is_paid_until_an_installation_and_then_what_is_owed_later(put_back: AppDatabase) -> None:
    for arguments in (("run",), ("run", "--dry-run"), ("run", "--session", "21")):
        assert "were put back, as from a dump" in refused(put_back, *arguments)
    assert put_back.sweeper("check", now=None).exit_code == 5
    assert install(put_back) == 0
    assert put_back.value("SELECT sweeper.refund(22, 'a retry')") == 0
    for _ in range(2):  # what is known by now stays known
        assert install(put_back) == 0
        assert sweep_of(put_back) == 0
    assert holds(put_back) == {"21": ("refund_missing", None), "22": ("refund_missing", None)}
    assert put_back.sweeper("audit", now=None).exit_code == 5
    put_back.sql(
        "INSERT INTO jobs (id, user_id, status, cost, started_at) "
        "VALUES (23, 'u', 'error', 1, now() + interval '1 second')"
    )
    put_back.configure("[policy]", '[policy]\ngrace = "0s"')
    put_back.sql("SELECT pg_sleep(1.1)")
    assert sweep_of(put_back) == 1
    assert put_back.value("SELECT credits FROM users") == 23


def test_refund_pays_nothing_either_until_then(paid: AppDatabase) -> None:
    paid.sql("ALTER TABLE sweeper.refunds RENAME TO before; ALTER TABLE sweeper.before SET SCHEMA public")
    paid.sql("CREATE TABLE sweeper.refunds (LIKE before INCLUDING ALL)")
    add_job(paid, 21)
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="were put back"):
        paid.sql("SELECT sweeper.refund(21, 'a retry')")
    assert "were put back" in refused(paid, "run")


def test_a_copy_of_the_whole_database_goes_on(paid: AppDatabase) -> None:
    """Then the sessions are in another table as well."""
    paid.sql(DUMP)
    paid.sql(RESTORE)
    paid.sql("CREATE TABLE fresh (LIKE jobs INCLUDING ALL); INSERT INTO fresh OVERRIDING USER VALUE TABLE jobs")
    paid.sql("DROP TABLE jobs; ALTER TABLE fresh RENAME TO jobs")
    add_job(paid, 21)
    assert (install(paid), sweep(paid)) == (0, 1)
    assert holds(paid) == {}


def test_a_translated_ledger_is_the_same(paid: AppDatabase) -> None:
    paid.sql("ALTER TABLE jobs ALTER id TYPE bigint")
    add_job(paid, 21)
    assert (install(paid, "--rekey"), sweep(paid)) == (0, 1)
    assert holds(paid) == {}


ANEW = """
CREATE TABLE fresh_{0} (LIKE {0} INCLUDING ALL);
INSERT INTO fresh_{0} OVERRIDING USER VALUE TABLE {0}; DROP TABLE {0}; ALTER TABLE fresh_{0} RENAME TO {0};
"""


def test_balances_from_a_dump_are_named_by_check(paid: AppDatabase) -> None:
    """Sessions and accounts together: what a migration replaces by itself is the app's to know."""
    assert items(check(paid))["installed"]["status"] == "ok"
    paid.sql(ANEW.format("jobs"))
    assert items(check(paid))["installed"]["status"] == "ok"
    paid.sql(ANEW.format("users"))
    warned = items(check(paid))["installed"]
    assert (warned["status"], "not in its balances" in warned["message"]) == ("warning", True)
    add_job(paid, 21)
    assert sweep(paid) == 1
    assert install(paid) == 0
    assert items(check(paid))["installed"]["status"] == "ok"
