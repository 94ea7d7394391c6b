"""Tables of sweeper's own that somebody has renamed or dropped, and columns of them: every command says which."""

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.holds import holds

COMMANDS = (
    ["run"], ["run", "--dry-run"], ["audit"], ["history"], ["explain", "s1"], ["sql", "pay"],
    ["revert", "--session", "s1", "--reason", "x", "--yes"],
    ["adopt", "--session", "s2", "--amount", "0", "--reason", "x", "--yes"],
)  # fmt: skip


@pytest.fixture
def used(first: AppDatabase) -> AppDatabase:
    first.account()
    first.session("s1")
    assert first.run().document["refunds"]["sessions"] == 1
    first.session("s2")
    return first


@pytest.mark.slow
@pytest.mark.parametrize("lost", ["runs", "holds", "locks", "reversals", "refunds", "runs.told", "holds.why"])
def test_every_command_names_what_is_missing(used: AppDatabase, lost: str) -> None:
    table, _, column = lost.partition(".")
    what = f"RENAME COLUMN {column} TO gone" if column else "RENAME TO gone"
    used.sql(f"ALTER TABLE sweeper.{table} {what}")
    for command in COMMANDS:
        ran = used.sweeper(*command)
        assert (ran.exit_code, f"{lost} missing" in ran.stderr) == (2, True), (command, ran.stderr)
    checked = {item["name"]: item for item in used.sweeper("check", "--json").document["checks"]}
    assert checked["installed"]["status"] == "failure"
    assert f"{lost} missing" in checked["installed"]["message"]
    assert not [item for item in checked.values() if "does not exist" in item["message"]]
    assert used.credits() == 103
    if table != "holds":
        assert holds(used) == {}


@pytest.mark.parametrize("lost", ["runs", "holds", "locks"])
def test_a_table_that_can_be_made_anew_is(used: AppDatabase, lost: str) -> None:
    used.sql(f"DROP TABLE sweeper.{lost}")
    assert used.sweeper("install", now=None).exit_code == 0
    ran = used.run()
    assert (ran.exit_code, ran.document["refunds"]["sessions"], used.credits()) == (0, 1, 106)


@pytest.mark.parametrize("lost", ["TABLE sweeper.reversals RENAME TO gone", "TABLE sweeper.runs RENAME told TO gone"])
def test_an_installation_puts_nothing_empty_in_its_place(used: AppDatabase, lost: str) -> None:
    assert used.sweeper("revert", "--session", "s1", "--reason", "x", "--yes").exit_code == 0
    used.sql(f"ALTER {lost}")
    installed = used.sweeper("install", now=None)
    assert (installed.exit_code, "Bring that back" in installed.stderr) == (2, True)
    assert used.sweeper("revert", "--session", "s1", "--reason", "x", "--yes").exit_code == 2
    assert used.credits() == 100
