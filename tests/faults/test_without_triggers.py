"""``session_replication_role = replica``: the app's triggers, hooks and our fence would silently not fire."""

import psycopg
import pytest

from tests.helpers.app_database import AppDatabase

HOOK = """
CREATE TABLE told (session_id text);
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    AS $$ BEGIN INSERT INTO told VALUES (NEW.session_id); RETURN NULL; END $$;
CREATE TRIGGER tell AFTER INSERT ON sweeper.refunds FOR EACH ROW EXECUTE FUNCTION tell();
"""


@pytest.fixture
def hooked(first: AppDatabase) -> AppDatabase:
    """One session that is owed, and a hook that must hear of its refund."""
    first.sql(HOOK)
    first.account()
    first.session("s1")
    return first


def told(database: AppDatabase) -> list[str]:
    return [session_id for (session_id,) in database.sql("SELECT session_id FROM told")]


def test_no_run_pays_where_hooks_do_not_fire(hooked: AppDatabase) -> None:
    name = hooked.value("SELECT quote_ident(current_database())")
    hooked.sql(f"ALTER ROLE sweeper_runner IN DATABASE {name} SET session_replication_role = replica")
    for flags in ((), ("--dry-run",)):
        ran = hooked.run(*flags)
        assert (ran.exit_code, ran.document["error"]["code"]) == (1, "without_triggers")
    assert (hooked.refunds(), told(hooked)) == ({}, [])
    hooked.sql(f"ALTER ROLE sweeper_runner IN DATABASE {name} RESET session_replication_role")
    assert hooked.run().exit_code == 0
    assert told(hooked) == ["s1"]


def test_refund_pays_nothing_where_hooks_do_not_fire(hooked: AppDatabase) -> None:
    hooked.sql("SET session_replication_role = replica")
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="no trigger would fire"):
        hooked.sql("SELECT sweeper.refund('s1', 'x')")
    hooked.sql("SET session_replication_role = local")
    assert hooked.value("SELECT sweeper.refund('s1', 'x')") == 3
    assert told(hooked) == ["s1"]
