"""What others could do: plant functions in the search path, or use rights on sweeper's own objects."""

import psycopg
import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.checks import check, items, not_ok
from tests.helpers.roles import LAYER, drop_role, role, someone

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
    assert first.run("--dry-run").document["error"]["code"] == "search_path"
    assert first.refunds() == {}
    first.sql(checked["fix"])
    assert items(check(first))["search_path"]["status"] == "ok"
    assert first.run().document["refunds"]["sessions"] == 1


def test_a_role_without_a_login_counts_as_soon_as_somebody_is_a_member_of_it(first: AppDatabase) -> None:
    first.sql("CREATE ROLE planters NOLOGIN; GRANT CREATE ON SCHEMA public TO planters")
    try:
        assert items(check(first))["search_path"]["status"] == "ok"
        assert first.run().exit_code == 0
        first.sql(f"GRANT planters TO {LAYER}")
        assert revoke_create(first) == "REVOKE CREATE ON SCHEMA public FROM planters;"
        assert first.run().exit_code == 2
        first.sql("GRANT postgres TO planters")
        assert items(check(first))["search_path"]["status"] == "ok", "a superuser in all but name"
    finally:
        first.sql("DROP OWNED BY planters; DROP ROLE planters")


PLANTS = {
    "function": UNNEST + f"; ALTER FUNCTION unnest(text[]) OWNER TO {LAYER}",
    "operator": "CREATE FUNCTION same(text, text) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT true'; "
    "CREATE OPERATOR public.= (FUNCTION = same, LEFTARG = text, RIGHTARG = text); "
    f"ALTER OPERATOR public.= (text, text) OWNER TO {LAYER}",
    "schema": f"ALTER SCHEMA sweeper OWNER TO {LAYER}",
    "owner of the database": "ALTER SCHEMA public OWNER TO pg_database_owner; "
    f"DO $$BEGIN EXECUTE format('ALTER DATABASE %I OWNER TO {LAYER}', current_database()); END$$",
}


@pytest.mark.parametrize("plant", PLANTS.values(), ids=PLANTS)
def test_whatever_was_planted_stops_a_run(first: AppDatabase, plant: str) -> None:
    """Its statement first asks whether there may be anything: that must not be less than what `check` finds."""
    first.sql(plant)
    ran = first.run(role=None)
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "search_path")


def test_a_role_that_cannot_connect_is_no_danger(first: AppDatabase) -> None:
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


def test_the_owner_of_a_schema_in_the_path_without_a_table_may_plant_too(first: AppDatabase) -> None:
    first.sql(f"ALTER SCHEMA public OWNER TO {LAYER}")
    assert first.run().document["error"]["code"] == "search_path"
    checked = items(check(first))["search_path"]
    assert "sweeper_layer, which owns the schema public" in checked["message"]
    first.sql(checked["fix"])
    assert first.run().exit_code == 0


@pytest.mark.parametrize("table", ["users", "prediction_sessions"])
def test_who_may_put_a_trigger_on_a_mapped_table_is_named_and_stops_no_run(first: AppDatabase, table: str) -> None:
    """As after GRANT ALL ON ALL TABLES to the app's role, where migrations and sweeper have another."""
    first.account()
    first.session("s1")
    first.sql(f"GRANT ALL ON {table} TO {LAYER}")
    checked = items(check(first))["search_path"]
    assert (checked["status"], checked["fix"]) == ("warning", f"REVOKE TRIGGER ON TABLE public.{table} FROM {LAYER};")
    assert f"{LAYER}, which may create triggers on public.{table}" in checked["message"]
    assert "the rights of postgres, a superuser" in checked["message"]
    assert first.sweeper("install").exit_code == 0
    assert first.run().document["refunds"]["sessions"] == 1
    first.sql(checked["fix"])
    assert items(check(first))["search_path"]["status"] == "ok"


def test_roles_that_may_put_triggers_on_the_same_tables_are_named_once(first: AppDatabase) -> None:
    """As on Supabase, where anon, authenticated and service_role have ALL, and one login has all three."""
    first.sql("CREATE ROLE apis_anon NOLOGIN; CREATE ROLE apis_service NOLOGIN; CREATE ROLE apis_login LOGIN")
    try:
        first.sql("GRANT apis_anon, apis_service TO apis_login")
        first.sql("GRANT ALL ON users, prediction_sessions TO apis_anon, apis_service")
        checked = items(check(first))["search_path"]
        assert checked["message"].startswith(
            "what a refund calls can be changed by apis_anon and apis_service, which may create triggers on "
            "public.prediction_sessions and public.users (apis_login); a run or refund() would run them with"
        )
        assert checked["fix"] == (
            "REVOKE TRIGGER ON TABLE public.prediction_sessions, public.users FROM apis_anon, apis_service;"
        )
        first.sql(checked["fix"])
        assert items(check(first))["search_path"]["status"] == "ok"
    finally:
        first.sql("DROP OWNED BY apis_anon, apis_service; DROP ROLE apis_login, apis_anon, apis_service")


def test_who_gains_no_rights_by_a_trigger_is_left_alone(first: AppDatabase) -> None:
    first.sql("ALTER FUNCTION sweeper.refund(text, text, text, text) OWNER TO sweeper_owner")
    first.sql(f"GRANT ALL ON users TO {LAYER}; GRANT sweeper_owner, sweeper_runner TO {LAYER}")
    try:
        checked = items(check(first, SWEEPER_DATABASE_URL=first.url_as("sweeper_runner")))["search_path"]
        assert checked["status"] == "ok", "it has these rights already"
    finally:
        first.sql(f"REVOKE sweeper_owner, sweeper_runner FROM {LAYER}")


def test_who_is_a_member_of_every_role_that_would_run_it_gains_nothing(first: AppDatabase) -> None:
    """A warning, and no run is stopped: such as an administrator of the runner's and of refund()'s owner."""
    first.sql("ALTER FUNCTION sweeper.refund(text, text, text, text) OWNER TO sweeper_owner")
    with role(first, "GRANT sweeper_owner, sweeper_runner TO {}", "GRANT CREATE ON SCHEMA public TO {}"):
        ran = check(first, SWEEPER_DATABASE_URL=first.url_as("sweeper_runner"))
        assert items(ran)["search_path"]["status"] == "warning"
        assert first.run().exit_code == 0
        assert first.run(role=None).exit_code == 2, "a superuser's rights would be a gain"


def test_a_function_that_fits_better_gives_no_superuser_rights(first: AppDatabase) -> None:
    first.account()
    first.session("s1")
    first.session("s2")
    first.sql("GRANT CREATE ON SCHEMA public TO sweeper_layer")
    with psycopg.connect(first.url_as(LAYER), autocommit=True) as thief:
        thief.execute(UNNEST)
        assert thief.execute("SELECT sweeper.refund('s1', 'x')").fetchone() == (3,)
    first.sql("REVOKE CREATE ON SCHEMA public FROM sweeper_layer")
    checked = items(check(first))["search_path"]
    assert "sweeper_layer, which owns the function public.unnest(text[])" in checked["message"]
    assert (checked["status"], checked["fix"]) == ("failure", "DROP ROUTINE public.unnest(text[]);")
    assert first.run(role=None).document["error"]["code"] == "search_path"
    first.sql("ALTER FUNCTION public.unnest(text[]) OWNER TO CURRENT_USER")
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
    assert not_ok(check(bare)).keys() <= {"fence", "grace", "caps", "last_run", "marks"}


def test_a_schema_that_is_closed_to_the_role_is_named_as_before(prisma: AppDatabase) -> None:
    prisma.sql("REVOKE USAGE ON SCHEMA app FROM sweeper_runner")
    ran = prisma.run()
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "mapping")
    checked = check(prisma, SWEEPER_DATABASE_URL=prisma.url_as("sweeper_runner"))
    assert (checked.exit_code, items(checked)["privileges"]["status"]) == (5, "failure")
