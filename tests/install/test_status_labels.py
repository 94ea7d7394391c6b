"""Values of the status that are renamed to each other: the index on live sessions does not change."""

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.installation import installed
from tests.helpers.migrations import live_indexes


def rename(database: AppDatabase, *pairs: tuple[str, str]) -> None:
    for old, new in pairs:
        database.sql(f"ALTER TYPE session_status RENAME VALUE '{old}' TO '{new}'")


SWAP = (("error", "tmp"), ("finished", "error"), ("tmp", "finished"))


CYCLE = (("error", "tmp"), ("queued", "error"), ("archived", "queued"), ("tmp", "archived"))


REPLACED = (("error", "error_old"), ("archived", "error"))


@pytest.mark.parametrize("renames", [SWAP, CYCLE, REPLACED], ids=["swap", "cycle", "replaced"])
def test_no_run_goes_by_an_index_that_was_built_when_other_statuses_had_these_names(
    first: AppDatabase, renames: tuple[tuple[str, str], ...]
) -> None:
    """The index compares names and does not change: a run found nothing, and reported success."""
    first.sql("ALTER TYPE session_status ADD VALUE 'archived'")
    installed(first)
    first.account()
    first.session("failed", {new: old for old, new in renames}["error"])
    rename(first, *renames)
    assert first.value("SELECT status::text FROM prediction_sessions") == "error"
    for flags in ((), ("--full",), ("--dry-run",)):
        ran = first.run(*flags)
        assert (ran.exit_code, ran.document["error"]["code"]) == (2, "mapping_changed")
        assert "sweeper install" in ran.document["error"]["message"]
    item = {item["name"]: item for item in first.sweeper("check", "--json").document["checks"]}["installed"]
    assert (item["status"], item["fix"]) == ("failure", "sweeper install")
    (index,) = live_indexes(first)
    assert "dropped the index on live sessions" in installed(first).stdout
    assert live_indexes(first) == {index: True}
    assert first.run().document["refunds"]["sessions"] == 1
    assert installed(first).stdout.count("dropped") == 0


def test_renaming_what_the_file_does_not_name_asks_for_no_install(first: AppDatabase) -> None:
    first.sql("ALTER TYPE session_status ADD VALUE 'archived'; ALTER TYPE session_status ADD VALUE 'draft'")
    installed(first)
    first.account()
    first.session("failed")
    first.sql("ALTER TYPE session_status ADD VALUE 'new' BEFORE 'error'")
    rename(first, ("archived", "old"), ("draft", "archived"), ("old", "draft"))
    assert first.run().document["refunds"]["sessions"] == 1


def test_an_installation_that_does_not_know_the_values_is_upgraded_and_builds_the_index_anew(
    first: AppDatabase,
) -> None:
    """An earlier version did not record them: it is not known whether they were renamed since."""
    first.sql("ALTER TABLE sweeper.settings DROP status_labels; UPDATE sweeper.settings SET schema_version = 2")
    assert "dropped the index on live sessions" in installed(first).stdout
    assert first.value("SELECT status_labels IS NOT NULL FROM sweeper.settings")
