"""A fault that the rehearsal shows stops every run until one has paid under the mapping, or somebody accepts it."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.shops import shop


@pytest.fixture
def wrong(bare: AppDatabase) -> App:
    """A shop whose file pays twice of what was charged, installed."""
    app = shop(bare)
    app.map(amount="price * 2")
    assert app.install().exit_code == 0
    return app


def paid(app: App) -> int:
    """How many refunds there are."""
    return int(app.database.value("SELECT count(*) FROM sweeper.refunds"))


def test_a_run_is_stopped_and_says_which_item_and_sample(wrong: App) -> None:
    ran = wrong.database.sweeper("run", "--json", now=None)
    assert (ran.exit_code, ran.document["error"]["code"], paid(wrong)) == (2, "rehearsal_failed", 0)
    message = ran.document["error"]["message"]
    assert "past_refunds: sessions.amount = 'price * 2' is more than the app gave back for 20 of 20" in message
    assert "--accept past_refunds --accept charges" in message
    assert wrong.sql("SELECT FROM sweeper.runs") == []
    named = wrong.database.sweeper("run", "--json", "--session", "j21", now=None)
    assert (named.exit_code, paid(wrong)) == (2, 0)


def test_a_runner_with_no_more_rights_than_it_needs_is_stopped_too(wrong: App) -> None:
    ran = wrong.database.run(now=None)
    assert (ran.exit_code, ran.document["error"]["code"], paid(wrong)) == (2, "rehearsal_failed", 0)
    assert "past_refunds" in ran.document["error"]["message"]


def test_a_dry_run_shows_the_failed_item_with_its_plan(wrong: App) -> None:
    ran = wrong.database.sweeper("run", "--dry-run", "--json", now=None)
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "rehearsal_failed")
    assert ran.document["refunds"]["sessions"] == 10
    accepted = wrong.database.sweeper(
        "run", "--dry-run", "--json", "--accept", "past_refunds", "--accept", "charges", now=None
    )
    assert (accepted.exit_code, accepted.document["outcome"]) == (0, "complete")


def test_what_is_accepted_stays_so_for_this_mapping_and_is_in_the_history(wrong: App) -> None:
    wrong.sql("UPDATE jobs SET ended = now() WHERE state = 'failed'")  # in grace: nothing is paid yet
    one = wrong.database.sweeper("run", "--json", "--accept", "charges", now=None)
    assert (one.exit_code, "past_refunds" in one.document["error"]["message"]) == (2, True)
    both = wrong.database.sweeper("run", "--json", "--accept", "past_refunds", "--accept", "charges", now=None)
    assert (both.exit_code, paid(wrong)) == (0, 0), both.stdout
    assert wrong.database.sweeper("run", "--json", now=None).exit_code == 0
    shown = wrong.database.sweeper("history", both.document["run_id"], now=None)
    assert "accepted charges, past_refunds" in shown.stdout
    wrong.map(amount="price * 3")
    assert wrong.install().exit_code == 0
    assert wrong.database.sweeper("run", "--json", now=None).exit_code == 2


def test_an_item_that_is_none_is_a_mistake_in_the_command(wrong: App) -> None:
    ran = wrong.database.sweeper("run", "--accept", "cap", now=None)
    assert (ran.exit_code, "did you mean 'caps'" in ran.stderr) == (2, True), ran.stderr


@pytest.mark.parametrize("died", [False, True])
def test_a_mapping_that_has_paid_is_never_stopped(bare: AppDatabase, died: bool) -> None:
    """Nor after a change of the policy, of a type, or of the program; nor where the run that paid has died."""
    app = shop(bare)
    assert app.install().exit_code == 0
    assert app.database.sweeper("run", "--max-refunds", "3", now=None).exit_code == 4
    if died:
        app.sql("UPDATE sweeper.runs SET ended_at = NULL, outcome = NULL, sessions = NULL, credits = NULL")
    app.sql("UPDATE jobs SET price = price * 2 WHERE state = 'failed'")
    app.map("policy", grace="1m")
    assert app.install().exit_code == 0
    assert app.database.sweeper("run", "--max-refunds", "1", now=None).exit_code == 4
    app.sql("UPDATE sweeper.runs SET told = told - 'mapping'")  # as an older program wrote it
    assert app.database.sweeper("run", "--max-refunds", "1", now=None).exit_code == 4
    assert paid(app) == 5


def test_another_mapping_is_rehearsed_again(bare: AppDatabase) -> None:
    app = shop(bare)
    assert app.install().exit_code == 0
    assert app.database.sweeper("run", "--max-refunds", "3", now=None).exit_code == 4
    app.map(amount="price * 2")
    assert app.install().exit_code == 0
    assert app.database.sweeper("run", now=None).exit_code == 2
    assert paid(app) == 3


def test_another_key_carries_over_what_was_paid(bare: AppDatabase) -> None:
    app = shop(bare)
    assert app.install().exit_code == 0
    assert app.database.sweeper("run", "--max-refunds", "3", now=None).exit_code == 4
    app.sql("UPDATE jobs SET price = price * 2 WHERE state = 'failed'; ALTER TABLE book ADD charge text DEFAULT '0'")
    app.sql("ALTER TABLE jobs ADD charge text NOT NULL DEFAULT '0'")
    app.map(attempt="charge")
    app.map("ledger", attempt="charge")
    app.map("ledger.insert", charge="attempt")
    app.write()
    rekeyed = app.database.sweeper("install", "--rekey", now=None)
    assert rekeyed.exit_code == 0, rekeyed.stderr
    assert app.database.sweeper("run", "--max-refunds", "1", now=None).exit_code == 4


@pytest.mark.parametrize("partitions", ["", "PARTITION BY HASH (id)"])
def test_a_run_reads_a_part_of_a_large_table_and_finds_the_fault_in_it(bare: AppDatabase, partitions: str) -> None:
    """Each run rehearses until one has paid: where the app's own layers leave it nothing, that is forever."""
    if partitions:
        bare.sql("ALTER TABLE prediction_sessions RENAME TO old")
        bare.sql(f"CREATE TABLE prediction_sessions (LIKE old INCLUDING ALL) {partitions}")
        for part in (0, 1):
            values = f"FOR VALUES WITH (MODULUS 2, REMAINDER {part})"
            bare.sql(f"CREATE TABLE part_{part} PARTITION OF prediction_sessions {values}")
    assert bare.sweeper("install", now=None).exit_code == 0
    bare.sql("ALTER TABLE prediction_sessions ADD filler text, ALTER filler SET STORAGE PLAIN")
    pages = 4000  # one row each, and each ran for two hours
    bare.sql(
        "INSERT INTO prediction_sessions (id, user_id, status, created_at, completed_at, filler) "
        "SELECT 's' || n, 'u1', 'finished', '2026-11-23 08:00', '2026-11-23 10:00', repeat('x', 7000) "
        f"FROM generate_series(1, {pages}) AS n"
    )
    bare.sql("ANALYZE prediction_sessions")

    def read() -> int:
        return int(
            bare.value(
                "SELECT sum(heap_blks_read + heap_blks_hit) FROM pg_statio_user_tables "
                "WHERE relname = 'prediction_sessions' OR relname LIKE 'part\\_%'"
            )
        )

    before = read()
    ran = bare.run()
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "rehearsal_failed"), ran.stdout
    assert "stuck_after: sessions that succeeded took up to" in ran.document["error"]["message"]
    of_a_run, before = read() - before, read()
    assert bare.sweeper("check").exit_code == 5
    assert (of_a_run < 1.5 * pages, read() - before > 2 * pages) == (True, True), (of_a_run, read() - before)
