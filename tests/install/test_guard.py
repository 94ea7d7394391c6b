"""The guard of the app's ledger: built, replaced, built again, and refused where refunds break it."""

import psycopg
import pytest

from sweeper.install import plan
from tests.helpers.app_database import AppDatabase
from tests.helpers.installation import LEDGER, dump, indexes, install, installed, printed, refused, uninstall
from tests.helpers.prisma_app import owed_job, partition_ledger
from tests.helpers.psql import psql


def book(database: AppDatabase, job: str, *, times: int = 1, created: str = "2026-01-01") -> None:
    """Refunds that the Prisma app has booked itself."""
    for _ in range(times):
        database.sql(
            f"INSERT INTO {LEDGER} SELECT gen_random_uuid(), \"userId\", %s, 'REFUND', 2.5, '', %s FROM app.\"Job\" "
            'WHERE "id"::text = %s',
            job,
            created,
            job,
        )


def test_an_apps_ledger_gets_a_partial_unique_index_for_its_refunds(prisma: AppDatabase) -> None:
    (definition,) = indexes(prisma, LEDGER).values()
    assert "UNIQUE INDEX" in definition
    assert definition.endswith("""("jobId") WHERE (type = 'REFUND'::app."TxType")""")


def test_a_changed_guard_replaces_the_one_before(prisma: AppDatabase) -> None:
    (before,) = indexes(prisma, LEDGER)
    prisma.configure(
        "[ledger.insert]", """guard = '''"type" = 'REFUND' AND "createdAt" >= '2026-11-01' '''\n[ledger.insert]"""
    )
    lines = installed(prisma).stdout.splitlines()
    after = indexes(prisma, LEDGER)
    assert before not in after
    assert len(after) == 2, "the guard, and an index to look up the refunds before it"
    assert lines[-3] == "dropped an index of the previous mapping"
    job = owed_job(prisma)
    book(prisma, job)
    assert prisma.run().document["refunds"]["sessions"] == 0, "an old refund, outside the guard, still counts"
    prisma.configure("""guard = '''""", "# '''")
    installed(prisma)
    assert list(indexes(prisma, LEDGER)) == [before]


def test_a_guard_means_the_same_whatever_the_connections_time_zone(prisma: AppDatabase) -> None:
    prisma.sql(f'ALTER TABLE {LEDGER} ALTER "createdAt" TYPE timestamptz')
    prisma.sql(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET TimeZone = ''Asia/Tokyo''', current_database()); END $$"
    )
    prisma.configure(
        "[ledger.insert]", """guard = '''"type" = 'REFUND' AND "createdAt" >= '2026-11-01' '''\n[ledger.insert]"""
    )
    prisma.configure('status     = "status"', 'status     = "status"\ntimezone = "America/New_York"')
    installed(prisma)
    assert any("2026-11-01 04:00:00+00" in text or "2026-11-01 13:00:00+09" in text for text in shown(prisma))
    owed_job(prisma)
    assert prisma.run().document["refunds"]["sessions"] == 1


def shown(database: AppDatabase) -> list[str]:
    return list(indexes(database, LEDGER).values())


def test_bare_names_of_an_index_are_found_on_the_path_of_the_mapping(prisma: AppDatabase) -> None:
    uninstall(prisma)
    prisma.sql(
        "CREATE FUNCTION app.is_refund(app.\"TxType\") RETURNS boolean IMMUTABLE LANGUAGE sql RETURN $1 = 'REFUND'"
    )
    prisma.configure(""""type" = 'REFUND'\"""", """is_refund("type")\"""")
    url = prisma.url_with("schema=app")
    assert install(prisma, SWEEPER_DATABASE_URL=url).exit_code == 0
    owed_job(prisma)
    assert prisma.run().document["refunds"]["sessions"] == 1


def test_a_guard_of_the_apps_ledger_that_was_dropped_is_built_again(prisma: AppDatabase) -> None:
    owed_job(prisma)
    (guard,) = indexes(prisma, LEDGER)
    prisma.sql(f"DROP INDEX app.{guard}")
    ran = prisma.run()
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "guard_missing")
    assert prisma.sql("SELECT * FROM sweeper.refunds") == []
    installed(prisma)
    assert prisma.run().document["refunds"]["sessions"] == 1


# --- a ledger that breaks the guard


def test_refunds_that_break_the_guard_are_counted_and_named_and_a_narrower_guard_is_offered(
    prisma: AppDatabase,
) -> None:
    uninstall(prisma)
    jobs = sorted(owed_job(prisma) for _ in range(6))
    book(prisma, jobs[0], times=3)
    for job in jobs[1:]:
        book(prisma, job, times=2)
    message = refused(
        prisma, "6 sessions have more than one refund", f"{jobs[0]} (3 refunds)", f"{jobs[4]} (2 refunds)"
    )
    assert jobs[5] not in message, "samples, not all of them"
    offered = next(line for line in message.splitlines() if line.strip().startswith("guard = "))
    prisma.configure("[ledger.insert]", f"{offered}\n[ledger.insert]")
    installed(prisma)
    new = owed_job(prisma)
    assert prisma.run(now=None).document["refunds"] == {"sessions": 1, "credits": "2.50", "accounts": 1}
    assert prisma.sql("SELECT session_id::text FROM sweeper.refunds") == [(new,)]
    with pytest.raises(psycopg.errors.UniqueViolation):
        book(prisma, new, created="2030-01-01")


def test_check_finds_refunds_that_break_the_guard_before_an_installation_does(prisma: AppDatabase) -> None:
    uninstall(prisma)
    assert "guard" not in {check["name"] for check in prisma.sweeper("check", "--json").document["checks"]}
    book(prisma, job := owed_job(prisma), times=2)
    (guard,) = [check for check in prisma.sweeper("check", "--json").document["checks"] if check["name"] == "guard"]
    assert guard["status"] == "failure"
    assert "1 session has more than one refund" in guard["message"]
    assert f"{job} (2 refunds)" in guard["message"]


def test_refunds_that_break_the_guard_stop_the_printed_sql_too(prisma: AppDatabase) -> None:
    uninstall(prisma)
    book(prisma, owed_job(prisma), times=2)
    ran = install(prisma, "--print")
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert "1 session has more than one refund" in ran.stderr


def test_charges_of_one_session_and_refunds_of_none_do_not_break_the_guard(prisma: AppDatabase) -> None:
    uninstall(prisma)
    job = owed_job(prisma)
    book(prisma, job)
    prisma.sql(f"INSERT INTO {LEDGER} SELECT 'charge', \"userId\", \"jobId\", 'CHARGE', 1 FROM {LEDGER}")
    prisma.sql(f'UPDATE {LEDGER} SET "jobId" = NULL WHERE "type" = \'REFUND\'')
    book(prisma, job)
    installed(prisma)


def break_index(database: AppDatabase) -> str:
    """What a CONCURRENTLY build leaves behind when it fails on a duplicate that is gone afterwards."""
    (name,) = indexes(database, LEDGER)
    definition = indexes(database, LEDGER)[name]
    database.sql(f"DROP INDEX app.{name}")
    job = owed_job(database)
    book(database, job, times=2)
    with pytest.raises(psycopg.errors.UniqueViolation):
        database.sql(definition.replace("UNIQUE INDEX", "UNIQUE INDEX CONCURRENTLY"))
    database.sql(f"DELETE FROM {LEDGER}")
    assert not database.value("SELECT indisvalid FROM pg_index WHERE indexrelid = %s::regclass", f"app.{name}")
    return name


def test_an_invalid_index_of_a_broken_build_is_noticed_dropped_and_built_again(prisma: AppDatabase) -> None:
    name = break_index(prisma)
    ran = prisma.run()
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "guard_missing")
    lines = installed(prisma).stdout.splitlines()
    assert lines[:2] == [
        "dropped an index that a broken build had left",
        f'created unique index {name} on "app"."CreditTransaction"',
    ]
    assert prisma.value("SELECT indisvalid FROM pg_index WHERE indexrelid = %s::regclass", f"app.{name}")
    assert prisma.run().document["refunds"]["sessions"] == 1


def test_the_printed_sql_mends_an_invalid_index_too(prisma: AppDatabase) -> None:
    break_index(prisma)
    fed = psql(prisma, printed(prisma))
    assert (fed.returncode, fed.stderr) == (0, "")
    assert prisma.run().document["refunds"]["sessions"] == 1


def test_a_build_that_fails_leaves_no_invalid_index(prisma: AppDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second refund that is booked between the check and the build."""
    uninstall(prisma)
    book(prisma, owed_job(prisma), times=2)
    monkeypatch.setattr(plan, "check_ledger_rows", lambda *_: None)
    ran = install(prisma)
    assert ran.exit_code == 1
    assert "could not create unique index" in ran.stderr
    assert indexes(prisma, LEDGER) == {}
    assert prisma.run(role=None).document["error"]["code"] == "not_installed"


@pytest.mark.parametrize("guard", ["", """guard = '''"type" = 'REFUND' AND "createdAt" >= '2026-11-01' '''\n"""])
def test_a_ledger_partitioned_by_the_session_works(prisma: AppDatabase, guard: str) -> None:
    partition_ledger(prisma, 'LIST ("jobId")')
    prisma.configure("[ledger.insert]", f"{guard}[ledger.insert]")
    installed(prisma)
    job = owed_job(prisma)
    assert prisma.run().document["refunds"]["sessions"] == 1
    with pytest.raises(psycopg.errors.UniqueViolation):
        book(prisma, job, created="2026-12-01")
    before = dump(prisma)
    installed(prisma)
    assert dump(prisma) == before
    prisma.configure("'REFUND'", "'REFUND' AND \"amount\" > 0")
    assert "dropped an index of the previous mapping" in installed(prisma).stdout
