"""An update of the system's libraries may sort text anew: then an index does not find what it has."""

import psycopg
import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.checks import check, items

COLLATED = """
CREATE COLLATION sorted (locale = 'C.UTF-8');
ALTER TABLE prediction_sessions ALTER id TYPE text COLLATE sorted
"""
OF_DATABASE = "UPDATE pg_database SET datcollversion = '2.28' WHERE datname = current_database()"
OF_COLUMN = "UPDATE pg_collation SET collversion = '1' WHERE collname = 'sorted'"


def stands_still(app: AppDatabase) -> None:
    """No run pays, none is planned, and no layer is paid."""
    for flags in ((), ("--dry-run",)):
        ran = app.run(*flags)
        assert (ran.exit_code, ran.document["error"]["code"]) == (2, "collation_changed"), ran.stdout
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="of another version now"):
        app.sql("SELECT sweeper.refund('s1', 'x')")
    assert app.refunds() == {}


def test_no_run_pays_by_a_guard_that_may_be_in_another_order(first: AppDatabase) -> None:
    if first.value("SELECT current_setting('server_version_num')::int") < 150000:
        pytest.skip("the version is not known before 15")
    first.account()
    first.session("s1")
    first.sql(OF_DATABASE)
    stands_still(first)
    found = items(check(first))["guard"]
    name = first.value("SELECT current_database()")
    fix = f"REINDEX DATABASE {name}; ALTER DATABASE {name} REFRESH COLLATION VERSION;"
    assert (found["status"], found["fix"]) == ("failure", fix), found
    first.sql(fix.partition(";")[0])
    # in place of REFRESH, which Postgres refuses where no library sorts
    first.sql("UPDATE pg_database SET datcollversion = NULL WHERE datname = current_database()")
    assert first.run().document["refunds"]["sessions"] == 1


@pytest.mark.every_version
def test_the_collation_of_the_ids_themselves_counts(bare: AppDatabase) -> None:
    bare.sql(COLLATED)
    assert bare.sweeper("install").exit_code == 0
    bare.account()
    bare.session("s1")
    bare.sql(OF_COLUMN)
    stands_still(bare)


def test_ids_that_no_library_sorts_are_in_no_other_order(bare: AppDatabase) -> None:
    bare.sql('ALTER TABLE prediction_sessions ALTER id TYPE text COLLATE "C"')
    assert bare.sweeper("install").exit_code == 0
    bare.account()
    bare.session("s1")
    bare.sql(OF_DATABASE)
    assert bare.value("SELECT sweeper.refund('s1', 'x')") == 3
