"""Who may do what to sweeper's own tables: more than the printed roles have comes with the REVOKE."""

import os
from typing import Any

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.checks import check, items
from tests.helpers.psql import psql


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


# roles are the server's, which two workers may share
STRANGER = f"stranger_{os.getpid()}"
DEFAULTS = f"""
ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {STRANGER};
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC;
ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO {STRANGER};
ALTER DEFAULT PRIVILEGES GRANT USAGE, CREATE ON SCHEMAS TO {STRANGER};
"""


@pytest.mark.parametrize("printed", [False, True], ids=["installed", "printed"])
def test_default_privileges_of_the_database_do_not_stick(bare: AppDatabase, printed: bool) -> None:
    bare.sql(f"CREATE ROLE {STRANGER} NOLOGIN; {DEFAULTS}")
    try:
        if printed:
            assert psql(bare, bare.sweeper("install", "--print", "--fence", now=None).stdout).returncode == 0
        else:
            assert bare.sweeper("install", "--fence", now=None).exit_code == 0
        assert rights(bare, STRANGER) == [False, False]
        bare.sql(f"GRANT USAGE ON SCHEMA sweeper TO {STRANGER}; GRANT SELECT ON sweeper.runs TO {STRANGER}")
        bare.sql(f"GRANT EXECUTE ON FUNCTION sweeper.refund(text, text, text, text) TO {STRANGER}")
        assert bare.sweeper("install", now=None).exit_code == 0
        assert rights(bare, STRANGER) == ["runs", True, True], "what a DBA gave stays"
        assert items(check(bare))["grants"]["status"] == "ok"
    finally:
        bare.sql(f"DROP OWNED BY {STRANGER}; DROP ROLE {STRANGER}")


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


def test_a_runner_may_be_allowed_to_take_refunds_back(first: AppDatabase) -> None:
    first.account()
    first.session("s1")
    first.run()
    first.sql("GRANT INSERT ON sweeper.reversals TO sweeper_runner")
    assert items(check(first))["grants"]["status"] == "ok"
    arguments = ("revert", "--session", "s1", "--reason", "mistake", "--yes")
    assert first.sweeper(*arguments, SWEEPER_DATABASE_URL=first.url_as("sweeper_runner")).exit_code == 0


def test_a_view_through_which_others_write_refunds_is_named(first: AppDatabase) -> None:
    """As where the app's roles get ALL on whatever is made in public."""
    first.sql("CREATE VIEW refunds_seen AS SELECT * FROM sweeper.refunds; GRANT SELECT ON refunds_seen TO PUBLIC")
    first.sql(
        "CREATE VIEW refunds_counted AS SELECT count(*) FROM sweeper.refunds; GRANT ALL ON refunds_counted TO PUBLIC"
    )
    assert items(check(first))["grants"]["status"] == "ok"
    first.sql("GRANT ALL ON refunds_seen TO sweeper_layer")
    item = items(check(first))["grants"]
    assert (item["status"], item["fix"]) == (
        "warning", "REVOKE INSERT ON TABLE public.refunds_seen FROM sweeper_layer;",
    )  # fmt: skip
    first.sql(item["fix"])
    assert items(check(first))["grants"]["status"] == "ok"
