"""Tables that the server empties after a crash: what the app refunded by them alone would be owed again."""

import psycopg
import pytest

from tests.helpers.any_app import App, with_ledger
from tests.helpers.app_database import AppDatabase
from tests.helpers.checks import check, items

SETTLED = "EXISTS (SELECT FROM marks AS m WHERE m.job = s.id)"


@pytest.mark.parametrize("table", ["jobs", "wallets", "marks", "entries", "marks_of_w"])
def test_an_unlogged_table_is_named(bare: AppDatabase, table: str) -> None:
    """Those that the file names, and those that its subqueries read, also by a partition."""
    app = App(bare)
    app.sql(
        "CREATE TABLE marks (job text, owner text) PARTITION BY LIST (owner)"
        if table == "marks_of_w"
        else "CREATE TABLE marks (job text, owner text)"
    )
    if table == "marks_of_w":
        app.sql("CREATE TABLE marks_of_w PARTITION OF marks FOR VALUES IN ('w')")
    with_ledger(app)
    app.map(exclude=SETTLED)
    app.sql(f"CREATE UNLOGGED TABLE others (id int); GRANT SELECT ON marks TO PUBLIC; ALTER TABLE {table} SET UNLOGGED")
    assert app.install().exit_code == 0
    item = items(check(bare))["unlogged"]
    assert (item["status"], item["fix"]) == ("warning", f"ALTER TABLE {table} SET LOGGED;")
    assert f"empties {table} when" in item["message"]
    app.sql(item["fix"])
    assert items(check(bare))["unlogged"]["status"] == "ok"


@pytest.mark.every_version
def test_a_table_with_partitions_has_no_rows_of_its_own(bare: AppDatabase) -> None:
    """Servers before 18 take the word for it, and no command takes it back."""
    app = App(bare)
    try:
        app.sql("CREATE UNLOGGED TABLE marks (job text) PARTITION BY LIST (job)")
    except psycopg.errors.FeatureNotSupported:
        app.sql("CREATE TABLE marks (job text) PARTITION BY LIST (job)")
    app.sql("GRANT SELECT ON marks TO PUBLIC")
    app.map(exclude="EXISTS (SELECT FROM marks AS m WHERE m.job = s.id)")
    assert app.install().exit_code == 0
    assert items(check(bare))["unlogged"]["status"] == "ok"
