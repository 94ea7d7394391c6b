"""The role that installs: what it may not do, and that nothing is left when it may not."""

from tests.helpers.app_database import AppDatabase
from tests.helpers.installation import dump, install
from tests.helpers.roles import drop_role, someone

GRANTS = "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}; GRANT UPDATE ON ALL TABLES IN SCHEMA public TO {role}"


def test_a_role_that_may_not_create_gets_an_error_and_leaves_nothing(bare: AppDatabase) -> None:
    role, url = someone(bare)
    try:
        bare.sql(GRANTS.format(role=role))
        for table in ("users", "prediction_sessions"):
            bare.sql(f"ALTER TABLE {table} OWNER TO {role}")
        before = dump(bare)
        ran = install(bare, SWEEPER_DATABASE_URL=url)
        assert ran.exit_code == 1
        assert "permission denied for database" in ran.stderr
        assert "grant it to this role" in ran.stderr
        assert dump(bare) == before
    finally:
        drop_role(bare, role)


def test_a_schema_that_a_dba_made_for_a_role_that_may_not_create_one_is_used(bare: AppDatabase) -> None:
    role, url = someone(bare)
    try:
        bare.sql(f"CREATE SCHEMA sweeper AUTHORIZATION {role}; GRANT CREATE ON SCHEMA public TO {role}")
        for table in ("users", "prediction_sessions"):
            bare.sql(f"ALTER TABLE {table} OWNER TO {role}")
        assert install(bare, SWEEPER_DATABASE_URL=url).exit_code == 0
        assert bare.sweeper("run", "--json", SWEEPER_DATABASE_URL=url).exit_code == 0
    finally:
        drop_role(bare, role)


def test_a_role_that_does_not_own_the_apps_tables_learns_who_can_and_leaves_nothing(bare: AppDatabase) -> None:
    role, url = someone(bare)
    try:
        bare.sql(f"CREATE SCHEMA sweeper AUTHORIZATION {role};" + GRANTS.format(role=role))
        before = dump(bare)
        ran = install(bare, SWEEPER_DATABASE_URL=url)
        assert ran.exit_code == 1
        assert 'only the owner of "public"."prediction_sessions" can add an index' in ran.stderr
        assert "--print" in ran.stderr
        assert dump(bare) == before
        assert install(bare, "--print", SWEEPER_DATABASE_URL=url).exit_code == 0
    finally:
        drop_role(bare, role)


def test_without_temporary_tables_the_indexes_are_built_as_the_file_has_them(bare: AppDatabase) -> None:
    role, url = someone(bare)
    try:
        bare.sql("DO $$ BEGIN EXECUTE format('REVOKE TEMP ON DATABASE %I FROM PUBLIC', current_database()); END $$")
        bare.sql(f"CREATE SCHEMA sweeper AUTHORIZATION {role}; GRANT CREATE ON SCHEMA public TO {role}")
        for table in ("users", "prediction_sessions"):
            bare.sql(f"ALTER TABLE {table} OWNER TO {role}")
        assert install(bare, SWEEPER_DATABASE_URL=url).exit_code == 0
        assert bare.sweeper("run", "--json", SWEEPER_DATABASE_URL=url).exit_code == 0
    finally:
        drop_role(bare, role)
