"""What others could do: plant functions in the search path, or use rights on sweeper's own objects."""

from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.checks import check, items, not_ok
from tests.helpers.prisma_app import owed_job
from tests.helpers.psql import psql
from tests.helpers.roles import drop_role, role, someone
from tests.helpers.server import Server

LAYER = "sweeper_layer"
UNNEST = """
CREATE FUNCTION public.unnest(text[]) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
        AND current_setting('transaction_read_only') = 'off' THEN
        ALTER ROLE sweeper_layer SUPERUSER;
    END IF;
    RETURN QUERY SELECT pg_catalog.unnest($1);
END $$
"""


def revoke_create(app: AppDatabase) -> str:
    """What `check` says ends it."""
    fix: str = items(check(app))["search_path"]["fix"]
    return fix


# --- who may create in a schema of the path


@pytest.mark.parametrize("to", ["PUBLIC", LAYER])
def test_who_may_plant_functions_stops_every_run_and_installation_until_it_is_revoked(
    first: AppDatabase, to: str
) -> None:
    first.account()
    first.session("s1")
    first.sql(f"GRANT CREATE ON SCHEMA public TO {to}")
    checked = items(check(first))["search_path"]
    assert checked["status"] == "failure"
    assert f"{to}, which may create in the schema public" in checked["message"]
    assert "sweeper_layer" in checked["message"]
    assert "the rights of postgres, a superuser" in checked["message"]
    assert checked["fix"] == f"REVOKE CREATE ON SCHEMA public FROM {to};"
    for ran in (first.run(), first.run(role=None)):
        assert (ran.exit_code, ran.document["error"]["code"]) == (2, "search_path")
        assert checked["fix"] in ran.document["error"]["message"]
    installed = first.sweeper("install", "--json")
    assert (installed.exit_code, installed.document["error"]["code"]) == (2, "search_path")
    assert first.run("--dry-run").exit_code == 0
    assert first.refunds() == {}
    first.sql(checked["fix"])
    assert items(check(first))["search_path"]["status"] == "ok"
    assert first.run().document["refunds"]["sessions"] == 1


def test_a_role_without_a_login_counts_as_soon_as_somebody_is_a_member_of_it(first: AppDatabase) -> None:
    first.sql("CREATE ROLE planters NOLOGIN; GRANT CREATE ON SCHEMA public TO planters")
    try:
        assert items(check(first))["search_path"]["status"] == "ok"
        first.sql(f"GRANT planters TO {LAYER}")
        assert revoke_create(first) == "REVOKE CREATE ON SCHEMA public FROM planters;"
        first.sql("GRANT postgres TO planters")
        assert items(check(first))["search_path"]["status"] == "ok", "a superuser in all but name"
    finally:
        first.sql("DROP OWNED BY planters; DROP ROLE planters")


def test_nobody_is_feared_who_cannot_connect(first: AppDatabase) -> None:
    """As in an old database with PUBLIC in its schema, and no other login for it than the superuser's."""
    first.sql("GRANT CREATE ON SCHEMA public TO PUBLIC")
    first.sql(f'REVOKE CONNECT ON DATABASE "{first.value("SELECT current_database()")}" FROM PUBLIC')
    assert items(check(first))["search_path"]["status"] == "ok"
    assert first.run(role=None).exit_code == 0


def test_an_app_with_one_role_that_owns_everything_is_left_alone(bare: AppDatabase) -> None:
    name, url = someone(bare)
    try:
        bare.sql(f'ALTER DATABASE "{bare.value("SELECT current_database()")}" OWNER TO {name}')
        bare.sql(f"ALTER SCHEMA public OWNER TO {name}")
        for table in ("users", "prediction_sessions"):
            bare.sql(f"ALTER TABLE {table} OWNER TO {name}")
        assert bare.sweeper("install", SWEEPER_DATABASE_URL=url).exit_code == 0
        for who in (url, bare.url):
            assert items(check(bare, SWEEPER_DATABASE_URL=who))["search_path"]["status"] == "ok"
            assert bare.sweeper("run", SWEEPER_DATABASE_URL=who).exit_code == 0
    finally:
        drop_role(bare, name)


def test_whoever_owns_a_schema_of_the_path_and_none_of_the_tables_may_plant_too(first: AppDatabase) -> None:
    first.sql(f"ALTER SCHEMA public OWNER TO {LAYER}")
    assert first.run().document["error"]["code"] == "search_path"
    checked = items(check(first))["search_path"]
    assert "sweeper_layer, which owns the schema public" in checked["message"]
    first.sql(checked["fix"])
    assert first.run().exit_code == 0


def test_who_is_a_member_of_every_role_that_would_run_it_gains_nothing(first: AppDatabase) -> None:
    """A warning, and no run is stopped: such as an administrator of the runner's and of refund()'s owner."""
    first.sql("ALTER FUNCTION sweeper.refund(text, text, text, text) OWNER TO sweeper_owner")
    with role(first, "GRANT sweeper_owner, sweeper_runner TO {}", "GRANT CREATE ON SCHEMA public TO {}"):
        ran = check(first, SWEEPER_DATABASE_URL=first.url_as("sweeper_runner"))
        assert items(ran)["search_path"]["status"] == "warning"
        assert first.run().exit_code == 0
        assert first.run(role=None).exit_code == 2, "a superuser's rights would be a gain"


def test_a_function_that_fits_better_makes_nobody_a_superuser(first: AppDatabase) -> None:
    first.account()
    first.session("s1")
    first.session("s2")
    first.sql("GRANT CREATE ON SCHEMA public TO sweeper_layer")
    with psycopg.connect(first.url_as(LAYER), autocommit=True) as thief:
        thief.execute(UNNEST)
        assert thief.execute("SELECT sweeper.refund('s1', 'x')").fetchone() == (3,)
    first.sql("REVOKE CREATE ON SCHEMA public FROM sweeper_layer")
    assert first.run(role=None).document["refunds"]["sessions"] == 1
    assert not first.value("SELECT rolsuper FROM pg_roles WHERE rolname = 'sweeper_layer'")


def test_pg_catalog_is_searched_first_whatever_the_connections_path_says(bare: AppDatabase) -> None:
    """Behind another schema, an operator of that one would win with the very same operands."""
    bare.sql(f'ALTER DATABASE "{bare.value("SELECT current_database()")}" SET search_path = public, pg_catalog')
    for kind in ("text", "integer", "bigint", "name", "oid", "timestamptz"):
        bare.sql(
            f"CREATE FUNCTION public.planted({kind}, {kind}) RETURNS boolean LANGUAGE plpgsql AS "
            "'BEGIN RAISE EXCEPTION $planted$planted$planted$; END'"
        )
        bare.sql(f"CREATE OPERATOR public.= (LEFTARG = {kind}, RIGHTARG = {kind}, FUNCTION = public.planted)")
    bare.sql(
        "CREATE FUNCTION public.current_schema() RETURNS name LANGUAGE plpgsql AS "
        "'BEGIN RAISE EXCEPTION $planted$planted$planted$; END'"
    )
    bare.sql("CREATE DOMAIN public.text AS pg_catalog.text CHECK (false)")
    assert bare.sweeper("install", now=None).exit_code == 0
    assert bare.value("SELECT search_path FROM sweeper.settings") == '"public", pg_temp'
    with bare.connect(autocommit=True) as app:
        app.execute("SET search_path = pg_catalog, public")
        app.execute("INSERT INTO users VALUES ('u1', 100, 100, 0)")
        app.execute(
            "INSERT INTO prediction_sessions (id, user_id, status, selected_models, created_at) "
            "VALUES ('s1', 'u1', 'error', '{a}', '2026-11-23 10:00')"
        )
    assert bare.run().document["refunds"]["sessions"] == 1
    assert not_ok(check(bare)).keys() <= {"fence", "grace", "caps", "last_run"}


def test_a_schema_that_is_closed_to_the_role_is_named_as_before(prisma: AppDatabase) -> None:
    prisma.sql("REVOKE USAGE ON SCHEMA app FROM sweeper_runner")
    ran = prisma.run()
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "mapping")
    checked = check(prisma, SWEEPER_DATABASE_URL=prisma.url_as("sweeper_runner"))
    assert (checked.exit_code, items(checked)["privileges"]["status"]) == (5, "failure")


# --- rights on sweeper's own objects


def rights(app: AppDatabase, who: str) -> list[Any]:
    """The tables of ours that a role may use in any way, whether it may call refund() and look into the schema."""
    every = "SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER"
    found = app.sql(
        "SELECT relname FROM pg_class WHERE relnamespace = 'sweeper'::regnamespace AND relkind = 'r' "
        "AND has_table_privilege(%s, oid, %s) ORDER BY 1",
        who, every,
    )  # fmt: skip
    function = "sweeper.refund(text, text, text, text)"
    return [
        *(name for (name,) in found),
        app.value("SELECT has_function_privilege(%s, %s, 'EXECUTE')", who, function),
        app.value("SELECT has_schema_privilege(%s, 'sweeper', 'USAGE, CREATE')", who),
    ]


DEFAULTS = """
ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO stranger;
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC;
ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO stranger;
ALTER DEFAULT PRIVILEGES GRANT USAGE, CREATE ON SCHEMAS TO stranger;
"""


@pytest.mark.parametrize("printed", [False, True], ids=["installed", "printed"])
def test_default_privileges_of_the_database_do_not_stick(bare: AppDatabase, printed: bool) -> None:
    bare.sql(f"CREATE ROLE stranger NOLOGIN; {DEFAULTS}")
    try:
        if printed:
            assert psql(bare, bare.sweeper("install", "--print", "--fence", now=None).stdout).returncode == 0
        else:
            assert bare.sweeper("install", "--fence", now=None).exit_code == 0
        assert rights(bare, "stranger") == [False, False]
        bare.sql("GRANT USAGE ON SCHEMA sweeper TO stranger; GRANT SELECT ON sweeper.runs TO stranger")
        bare.sql("GRANT EXECUTE ON FUNCTION sweeper.refund(text, text, text, text) TO stranger")
        assert bare.sweeper("install", now=None).exit_code == 0
        assert rights(bare, "stranger") == ["runs", True, True], "what a DBA gave stays"
        assert items(check(bare))["grants"]["status"] == "ok"
    finally:
        bare.sql("DROP OWNED BY stranger; DROP ROLE stranger")


@pytest.mark.parametrize(
    ("grant", "status", "fix"),
    [
        ("UPDATE ON sweeper.settings TO sweeper_layer", "failure",
         'REVOKE UPDATE ON TABLE "sweeper".settings FROM sweeper_layer;'),
        ("UPDATE (installed_at) ON sweeper.settings TO sweeper_layer", "failure",
         'REVOKE UPDATE (installed_at) ON TABLE "sweeper".settings FROM sweeper_layer;'),
        ("DELETE, TRUNCATE ON sweeper.refunds TO sweeper_layer", "failure",
         'REVOKE DELETE, TRUNCATE ON TABLE "sweeper".refunds FROM sweeper_layer;'),
        ("SELECT ON sweeper.refunds TO PUBLIC", "failure", 'REVOKE SELECT ON TABLE "sweeper".refunds FROM PUBLIC;'),
        ("CREATE ON SCHEMA sweeper TO sweeper_layer", "failure",
         'REVOKE CREATE ON SCHEMA "sweeper" FROM sweeper_layer;'),
        ("EXECUTE ON FUNCTION sweeper.refund(text, text, text, text) TO PUBLIC", "failure",
         'REVOKE EXECUTE ON FUNCTION "sweeper".refund(text, text, text, text) FROM PUBLIC;'),
        ("TRIGGER ON sweeper.refunds TO sweeper_layer", "warning",
         'REVOKE TRIGGER ON TABLE "sweeper".refunds FROM sweeper_layer;'),
        ("INSERT ON sweeper.reversals TO sweeper_layer", "warning",
         'REVOKE INSERT ON TABLE "sweeper".reversals FROM sweeper_layer;'),
    ],
)  # fmt: skip
def test_more_rights_than_the_printed_roles_have_come_with_the_revoke(
    first: AppDatabase, grant: str, status: str, fix: str
) -> None:
    assert items(check(first))["grants"]["status"] == "ok"
    first.sql(f"GRANT {grant}")
    item = items(check(first))["grants"]
    assert (item["status"], item["fix"]) == (status, fix)
    first.sql(fix)
    assert items(check(first))["grants"]["status"] == "ok"


def test_whoever_runs_the_sweep_may_be_let_take_refunds_back(first: AppDatabase) -> None:
    first.account()
    first.session("s1")
    first.run()
    first.sql("GRANT INSERT ON sweeper.reversals TO sweeper_runner")
    assert items(check(first))["grants"]["status"] == "ok"
    arguments = ("revert", "--session", "s1", "--reason", "mistake", "--yes")
    assert first.sweeper(*arguments, SWEEPER_DATABASE_URL=first.url_as("sweeper_runner")).exit_code == 0


# --- a role of its own for refund() and the fence


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
        assert items(check(database))["grants"]["status"] == "ok"
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


def test_whoever_owns_the_apps_tables_hands_refund_over_and_goes_on_installing(bare: AppDatabase) -> None:
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
