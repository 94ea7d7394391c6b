"""Columns of sweeper's ledger that only some files use: added when the file uses them, and not before."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.installation import printed

CHARGED = "price"


@pytest.fixture
def app(bare: AppDatabase) -> App:
    return App(bare)


def has_column(app: App) -> bool:
    return bool(
        app.database.value(
            "SELECT count(*) FROM pg_attribute WHERE attrelid = 'sweeper.refunds'::regclass AND attname = 'charged'"
        )
    )


def test_a_file_that_does_not_use_it_gets_none(app: App) -> None:
    app.sweep()
    assert not has_column(app)


def test_an_installation_of_before_gets_it_once_the_file_uses_it(app: App) -> None:
    app.sweep()
    app.sql("INSERT INTO jobs VALUES ('k', 'w', 'failed', 2, 'no', '{}', '2026-11-23 10:00Z')")
    app.map(charged=CHARGED)
    app.write()
    assert "sweeper install" in app.database.run().stderr
    ran = app.install()
    assert "added the column charged to sweeper.refunds" in ran.stdout
    assert app.database.run().document["refunds"]["sessions"] == 1
    assert app.sql("SELECT session_id, charged FROM sweeper.refunds ORDER BY 1") == [("j", None), ("k", 2)]
    again = app.install()
    assert (again.exit_code, "charged" in again.stdout) == (0, False)


def test_the_guard_is_built_again_in_the_same_installation(app: App) -> None:
    app.sweep()
    app.sql("ALTER TABLE sweeper.refunds DROP CONSTRAINT refunds_session_id_attempt_again_key")
    app.map(charged=CHARGED)
    ran = app.install()
    assert "added the column charged" in ran.stdout
    assert "created unique index" in ran.stdout


def test_it_is_in_what_is_printed_where_it_is_missing(app: App) -> None:
    app.write()
    assert "ADD COLUMN IF NOT EXISTS charged" not in printed(app.database)
    app.map(charged=CHARGED)
    app.write()
    script = printed(app.database)
    assert script.count("ADD COLUMN IF NOT EXISTS charged numeric") == 1
    app.sweep()
    assert "ADD COLUMN IF NOT EXISTS charged" not in printed(app.database)
