"""`sweeper install --print`: the SQL that it prints makes the same installation."""

from tests.helpers.app_database import AppDatabase
from tests.helpers.installation import LEDGER, dump, indexes, printed, shape, uninstall
from tests.helpers.prisma_app import owed_job
from tests.helpers.psql import psql


def test_the_printed_sql_makes_the_same_installation(database: AppDatabase) -> None:
    whole = shape(database)
    row = "SELECT schema_version, fingerprint, search_path, guard_index, live_index FROM sweeper.settings"
    settings = database.sql(row)
    uninstall(database)
    fed = psql(database, printed(database))
    assert (fed.returncode, fed.stderr) == (0, "")
    assert shape(database) == whole
    assert database.sql(row) == settings
    assert database.value("SELECT now() - installed_at < interval '1 minute' FROM sweeper.settings")
    assert database.run(role=None).exit_code == 0


def test_the_printed_sql_of_an_installation_changes_nothing(prisma: AppDatabase) -> None:
    before = dump(prisma)
    assert psql(prisma, printed(prisma)).returncode == 0
    assert dump(prisma) == before
    assert prisma.run().exit_code == 0


def test_the_printed_sql_of_a_changed_mapping_installs_it(prisma: AppDatabase) -> None:
    prisma.configure(
        "[ledger.insert]", """guard = '''"type" = 'REFUND' AND "createdAt" >= '2026-11-01' '''\n[ledger.insert]"""
    )
    fed = psql(prisma, printed(prisma))
    assert (fed.returncode, fed.stderr) == (0, "")
    assert len(indexes(prisma, LEDGER)) == 2
    owed_job(prisma)
    assert prisma.run(role=None).document["refunds"]["sessions"] == 1


def test_the_printed_sql_builds_every_index_on_the_apps_tables_concurrently(prisma: AppDatabase) -> None:
    uninstall(prisma)
    for line in printed(prisma).splitlines():
        if "INDEX" in line and '"app".' in line:
            assert "INDEX CONCURRENTLY" in line
