"""A unique index of the app's own that stops a second refund is the guard: no second one is built beside it."""

import pytest

from tests.helpers.any_app import App, with_ledger
from tests.helpers.app_database import AppDatabase
from tests.helpers.audits import audit, findings
from tests.helpers.checks import check, items
from tests.helpers.installation import indexes

THEIRS = "CREATE UNIQUE INDEX \"One refund\" ON entries (job) WHERE kind = 'refund'"


@pytest.fixture
def app(bare: AppDatabase) -> App:
    app = App(bare)
    with_ledger(app)
    return app


def guards(app: App) -> list[str]:
    """The unique indexes that sweeper has made on the app's ledger."""
    return [name for name, what in indexes(app.database, "entries").items() if "UNIQUE" in what]


def guard_of(app: App) -> str:
    return str(app.database.value("SELECT guard_index FROM sweeper.settings"))


@pytest.mark.slow
@pytest.mark.parametrize(
    "theirs",
    [
        THEIRS,
        "CREATE UNIQUE INDEX \"One refund\" ON entries (job) WHERE kind = ANY (ARRAY['refund'])",
        "CREATE UNIQUE INDEX \"One refund\" ON entries (job) WHERE kind IN ('refund', 'bonus')",
        'CREATE UNIQUE INDEX "One refund" ON entries (job)',
        'ALTER TABLE entries ADD CONSTRAINT "One refund" UNIQUE (job)',
    ],
)
def test_an_equal_one_or_one_that_covers_more_is_used(app: App, theirs: str) -> None:
    app.sql(theirs)
    assert app.sweep()["sessions"] == 1
    assert guards(app) == []
    assert guard_of(app) == '"public"."One refund"'
    assert items(check(app.database))["guard"]["status"] == "ok"
    assert app.sql("SELECT sweeper.refund('j', 'a test')") == [(0,)]
    assert findings(audit(app.database)) == {}
    again = app.install()
    assert (again.exit_code, guards(app)) == (0, [])


@pytest.mark.parametrize(
    "theirs",
    [
        "CREATE UNIQUE INDEX theirs ON entries (job) WHERE kind = 'refund' AND amount > 5",
        "CREATE UNIQUE INDEX theirs ON entries (job, amount) WHERE kind = 'refund'",
        "CREATE INDEX theirs ON entries (job) WHERE kind = 'refund'",
        "CREATE UNIQUE INDEX theirs ON entries (job); "
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'theirs'::regclass",
    ],
)
def test_an_index_that_is_not_a_guard_is_not_used(app: App, theirs: str) -> None:
    app.sql(theirs)
    assert app.install().exit_code == 0
    assert len(guards(app)) == 1
    assert app.database.run().document["refunds"]["sessions"] == 1


def test_a_deferrable_constraint_beside_the_guard_is_named(app: App) -> None:
    """Postgres finds both fit to stop a second refund, and then refuses the one."""
    app.sql("ALTER TABLE entries ADD CONSTRAINT theirs UNIQUE (job) DEFERRABLE")
    assert app.install().exit_code == 0
    assert len(guards(app)) == 1
    item = items(check(app.database))["guard"]
    assert (item["status"], item["fix"]) == (
        "failure",
        'have "theirs" recreated without DEFERRABLE; then: sweeper install',
    )
    ran = app.database.run()
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "guard_missing")
    assert 'the unique constraint "theirs"' in ran.stderr
    app.sql("ALTER TABLE entries DROP CONSTRAINT theirs; ALTER TABLE entries ADD CONSTRAINT theirs UNIQUE (job)")
    assert app.install().exit_code == 0
    assert app.database.run().document["refunds"]["sessions"] == 1


def test_when_the_app_drops_its_index_one_of_ours_takes_its_place(app: App) -> None:
    app.sql(THEIRS)
    assert app.install().exit_code == 0
    app.sql('DROP INDEX "One refund"')
    item = items(check(app.database))["guard"]
    assert (item["status"], item["fix"]) == ("failure", "sweeper install")
    assert app.database.run().document["error"]["code"] == "guard_missing"
    with pytest.raises(Exception, match="guard is missing"):
        app.sql("SELECT sweeper.refund('j', 'a test')")
    assert app.install().exit_code == 0
    assert len(guards(app)) == 1
    assert app.database.run().document["refunds"]["sessions"] == 1


def test_one_of_ours_that_is_there_stays(app: App) -> None:
    assert app.install().exit_code == 0
    ours = guards(app)
    app.sql(THEIRS)
    assert app.install().exit_code == 0
    assert guards(app) == ours


def test_a_ledger_of_refunds_alone_is_guarded_and_checked(app: App) -> None:
    """`where` left at its default: every row is a refund."""
    app.map("ledger", where=None)
    assert app.sweep()["sessions"] == 1
    assert len(guards(app)) == 1
    assert guards(app)[0] in guard_of(app)
    assert items(check(app.database))["guard"] == {
        "name": "guard", "status": "ok", "message": "in place and valid, on every refund", "fix": "",
    }  # fmt: skip
    app.sql(f"DROP INDEX {guards(app)[0]}")
    assert items(check(app.database))["guard"]["status"] == "failure"
    assert findings(audit(app.database))["guard"][0] == 1
    with pytest.raises(Exception, match="guard is missing"):
        app.sql("SELECT sweeper.refund('j', 'a test')")
