"""What a runner may not read, `install` reads for it: a wrong mapping does not pay because it went unseen."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.checks import check, items, not_ok
from tests.helpers.shops import shop, without_ledger

RUNNER, AUDITOR = "sweeper_runner", "sweeper_auditor"
# where half of each charge came from a pool that the file does not name, and that a runner may not read
TWO_POOLS = """
ALTER TABLE book DROP total;
ALTER TABLE wallets RENAME balance TO free_credits;
ALTER TABLE wallets ADD paid_credits int NOT NULL DEFAULT 5;
ALTER TABLE jobs ADD from_free int NOT NULL DEFAULT 1, ADD from_paid int NOT NULL DEFAULT 1;
"""
BOTH = {"free_credits": "s.from_free", "paid_credits": "amount - s.from_free"}


@pytest.fixture
def app(bare: AppDatabase) -> App:
    """A shop of two pools, of which the file names one."""
    app = shop(bare)
    app.sql(TWO_POOLS)
    app.map("accounts", balance="free_credits")
    return app


def stopped(app: App) -> str:
    """Why a run by a runner pays nothing."""
    ran = app.database.run(now=None, role=RUNNER)
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "rehearsal_failed"), ran.stdout
    assert app.database.value("SELECT count(*) FROM sweeper.refunds") == 0
    return str(ran.document["error"]["message"])


def seen_by(app: App, role: str) -> dict[str, dict[str, str]]:
    """The items of a check by this role."""
    return items(check(app.database, SWEEPER_DATABASE_URL=app.database.url_as(role)))


def test_the_installing_role_reads_it_for_all_roles(app: App) -> None:
    installed = app.install()
    assert installed.exit_code == 0
    assert "Note: accounts: paid_credits of wallets look like balances" in installed.stdout
    assert "; until that is fixed, no run pays under a mapping that has never paid." in installed.stdout
    assert "took from paid_credits (from_paid)" in stopped(app)
    for role in (RUNNER, AUDITOR):
        found = seen_by(app, role)["accounts"]
        assert (found["status"], "as `sweeper install` saw it" in found["message"]) == ("failure", True), found


def test_a_right_file_is_ok_for_all_roles_and_pays(app: App) -> None:
    app.map("accounts", balance="free_credits + paid_credits")
    app.map("accounts.add", **BOTH)
    assert app.install().exit_code == 0
    app.sql("ALTER TABLE wallets ADD bonus_credits int NOT NULL DEFAULT 0")  # that nobody ever had
    assert app.install().exit_code == 0
    for role in (RUNNER, AUDITOR):
        found = seen_by(app, role)
        assert {name: found[name] for name in ("past_refunds", "charges", "ledger", "accounts", "caps") if
                found[name]["status"] != "ok"} == {}  # fmt: skip
        assert "as `sweeper install` saw it" in found["accounts"]["message"]
    ran = app.database.run(now=None, role=RUNNER)
    assert (ran.exit_code, ran.document["refunds"]["sessions"]) == (0, 10), ran.stdout


def test_an_unchecked_item_stops_a_run_and_names_the_grant(app: App) -> None:
    """As after an installation by `install --print`, or by an older version."""
    app.map("accounts", balance="free_credits + paid_credits")
    app.map("accounts.add", **BOTH)
    app.sql("ALTER TABLE wallets ADD bonus_credits int NOT NULL DEFAULT 0")
    assert app.install().exit_code == 0
    app.sql("UPDATE sweeper.settings SET rehearsal = NULL")
    grant = 'GRANT SELECT ("bonus_credits") ON "public"."wallets" TO sweeper_runner;'
    message = stopped(app)
    assert ("accounts: not checked" in message, grant in message) == (True, True), message
    for line in message.splitlines():
        if line.startswith("GRANT "):
            app.sql(line)
    assert app.database.run("--max-refunds", "4", now=None, role=RUNNER).exit_code == 4


def test_an_unchecked_item_can_be_accepted(app: App) -> None:
    assert app.install().exit_code == 0
    app.sql("UPDATE sweeper.settings SET rehearsal = NULL")
    flags = [flag for line in stopped(app).splitlines() if "--accept" in line
             for flag in line.partition("sweeper run ")[2].split()]  # fmt: skip
    assert "accounts" in flags
    ran = app.database.run(*flags, now=None, role=RUNNER)
    assert ran.exit_code == 0, ran.stdout


def test_results_stored_for_another_mapping_do_not_count(app: App) -> None:
    app.map("accounts", balance="free_credits + paid_credits")
    app.map("accounts.add", **BOTH)
    assert app.install().exit_code == 0
    app.map("accounts", balance="free_credits")
    app.sections.pop("accounts.add")
    app.write()
    found = seen_by(app, RUNNER)["accounts"]
    assert (found["status"], "no other role has checked it" in found["message"]) == ("failure", True), found


def test_a_fault_in_the_rows_is_gone_with_the_next_install(app: App) -> None:
    assert app.install().exit_code == 0
    app.sql("UPDATE jobs SET from_paid = 0; UPDATE wallets SET paid_credits = 0")
    stopped(app)
    assert app.install().exit_code == 0
    assert not_ok(check(app.database, SWEEPER_DATABASE_URL=app.database.url_as(RUNNER))).get("accounts") is None


def test_a_table_that_nothing_links_to_the_sessions_is_as_install_saw_it(app: App) -> None:
    """A runner cannot know of it."""
    app.map("accounts", balance="free_credits + paid_credits")
    app.map("accounts.add", **BOTH)
    without_ledger(app)
    assert app.install().exit_code == 0
    assert '"public"."book"."job" (20 of the newest failed sessions' in stopped(app)
