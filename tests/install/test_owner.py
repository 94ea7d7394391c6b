"""A role of its own for refund() and the fence: what it may do, and that it stays so."""

from pathlib import Path

import psycopg
import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.checks import check, items
from tests.helpers.prisma_app import owed_job
from tests.helpers.roles import LAYER, drop_role, someone
from tests.helpers.server import Server


def printed_owner(app: AppDatabase) -> str:
    """The block of `install --print` that hands refund() and the fence over."""
    lines = app.sweeper("install", "--print", now=None).stdout.splitlines()
    start = next(number for number, line in enumerate(lines) if "CREATE ROLE sweeper_owner NOLOGIN" in line)
    return "\n".join(line.removeprefix("-- ") for line in lines[start:])


def owners(app: AppDatabase) -> set[str]:
    return {name for (name,) in app.sql(
        "SELECT proowner::regrole::text FROM pg_proc WHERE proname IN ('refund', 'fence') "
        "AND pronamespace = 'sweeper'::regnamespace"
    )}  # fmt: skip


@pytest.mark.parametrize("app", ["first", "prisma", "ledger_only"])
def test_refund_and_the_fence_are_handed_over_and_stay_so(server: Server, tmp_path: Path, app: str) -> None:
    with server.app(app, tmp_path) as database:
        noted = database.sweeper("install", "--fence", now=None)
        assert "a superuser" in noted.stdout
        database.sql(printed_owner(database))
        assert owners(database) == {"sweeper_owner"}
        again = database.sweeper("install", now=None)
        assert again.exit_code == 0
        assert "superuser" not in again.stdout
        assert owners(database) == {"sweeper_owner"}, "a later install keeps it"
        found = items(check(database))
        assert {found[name]["status"] for name in ("grants", "refund_function", "fence")} == {"ok"}
        assert not database.value("SELECT has_schema_privilege('sweeper_owner', 'sweeper', 'CREATE')")


def test_refund_and_the_fence_work_with_the_rights_of_their_own_role(first: AppDatabase) -> None:
    assert first.sweeper("install", "--fence", now=None).exit_code == 0
    first.sql(printed_owner(first))
    first.account()
    for session, status, account, amount in (
        ("failed", "error", "u1", 3),
        ("stuck", "generating", "u1", 3),
        ("held", "error", "gone", 0),
    ):
        first.session(session, status, account=account)
        with psycopg.connect(first.url_as(LAYER)) as worker:
            row = worker.execute("SELECT sweeper.refund(%s, 'x', NULL, 'worker')", [session]).fetchone()
        assert row == (amount,)
    assert first.credits() == 106
    assert first.value("SELECT count(*) FROM sweeper.holds") == 1
    with pytest.raises(psycopg.errors.RestrictViolation):
        first.sql("UPDATE prediction_sessions SET status = 'finished' WHERE id = 'stuck'")


def test_refund_writes_the_apps_ledger_with_the_rights_of_its_own_role(prisma: AppDatabase) -> None:
    job = owed_job(prisma)
    prisma.sql(printed_owner(prisma))
    with psycopg.connect(prisma.url_as(LAYER)) as worker:
        assert worker.execute("SELECT sweeper.refund(%s::uuid, 'x', NULL, 'worker') > 0", [job]).fetchone() == (True,)
    assert prisma.value("SELECT count(*) FROM sweeper.refunds") == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE prediction_sessions SET user_id = 'me'",
        "UPDATE users SET total_credits_earned = 0",
        "DELETE FROM prediction_sessions",
        "INSERT INTO users VALUES ('me', 1, 1, 0)",
        "UPDATE sweeper.refunds SET amount = 0",
        "DELETE FROM sweeper.refunds",
        "DELETE FROM sweeper.holds",
        "INSERT INTO sweeper.reversals DEFAULT VALUES",
        "UPDATE sweeper.settings SET fingerprint = ''",
        "CREATE TABLE sweeper.mine ()",
        "CREATE TABLE public.mine ()",
    ],
)
def test_the_owner_of_refund_can_do_nothing_else(first: AppDatabase, statement: str) -> None:
    first.sql(printed_owner(first))
    with first.connect() as connection:
        connection.execute("SET ROLE sweeper_owner")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)  # type: ignore[call-overload]


def test_the_owner_of_the_apps_tables_hands_refund_over_and_can_still_install(bare: AppDatabase) -> None:
    """Without a superuser: a member of the role that is to own refund()."""
    name, url = someone(bare)
    try:
        bare.sql(f"CREATE SCHEMA sweeper AUTHORIZATION {name}; GRANT sweeper_owner TO {name}")
        for table in ("users", "prediction_sessions"):
            bare.sql(f"ALTER TABLE {table} OWNER TO {name}")
        bare.sql(f"GRANT CREATE ON SCHEMA public TO {name}")
        first = bare.sweeper("install", "--fence", now=None, SWEEPER_DATABASE_URL=url)
        assert (first.exit_code, "superuser" in first.stdout) == (0, False)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(printed_owner(bare))  # type: ignore[call-overload]
        assert owners(bare) == {"sweeper_owner"}
        assert bare.sweeper("install", now=None, SWEEPER_DATABASE_URL=url).exit_code == 0
        assert owners(bare) == {"sweeper_owner"}
    finally:
        drop_role(bare, name)


@pytest.mark.parametrize(
    ("statement", "fix"),
    [
        (
            "ALTER TABLE prediction_sessions ENABLE ROW LEVEL SECURITY; "
            "CREATE POLICY everything ON prediction_sessions USING (true)",
            "ALTER ROLE sweeper_owner BYPASSRLS;",
        ),
        ("ALTER TABLE sweeper.refunds ENABLE ROW LEVEL SECURITY", "ALTER ROLE sweeper_owner BYPASSRLS;"),
        ("REVOKE ALL ON ALL TABLES IN SCHEMA sweeper FROM sweeper_owner", "to sweeper_owner"),
        ("REVOKE ALL ON SCHEMA sweeper FROM sweeper_owner", "to sweeper_owner"),
    ],
)
def test_an_owner_that_can_no_longer_read_does_not_stop_the_app(first: AppDatabase, statement: str, fix: str) -> None:
    """As when the app turns row-level security on, or a backup is restored without its GRANTs."""
    assert first.sweeper("install", "--fence", now=None).exit_code == 0
    first.sql(printed_owner(first))
    first.session("s1", "generating")
    first.sql(statement)
    first.sql("UPDATE prediction_sessions SET status = 'finished'")
    found = items(check(first))
    for name in ("fence", "refund_function"):
        assert found[name]["status"] == "failure"
        assert "sweeper_owner may not read" in found[name]["message"]
        assert fix in found[name]["fix"]


def test_a_schema_that_has_another_name_does_not_stop_the_app(first: AppDatabase) -> None:
    assert first.sweeper("install", "--fence", now=None).exit_code == 0
    first.session("s1", "generating")
    first.sql("ALTER SCHEMA sweeper RENAME TO credit_refunds")
    first.sql("UPDATE prediction_sessions SET status = 'finished'")
