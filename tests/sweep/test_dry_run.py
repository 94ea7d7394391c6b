"""The dry run: writes nothing, locks nothing, and names exactly the refunds of a run at the same time."""

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.first_app import a_bit_of_everything
from tests.helpers.roles import READER, role
from tests.helpers.statements import before


def everything(database: AppDatabase) -> dict[str, object]:
    tables = ("users", "prediction_sessions", *(f"sweeper.{name}" for name in ("refunds", "runs", "holds", "settings")))
    # ctid and xmax also show an update that changed nothing, and a lock that was taken
    return {table: database.sql(f"SELECT t.ctid, t.xmin, t.xmax, t.* FROM {table} AS t ORDER BY 1") for table in tables}


def test_the_dry_run_equals_the_run(first: AppDatabase) -> None:
    """Refunds, reasons, holds, what the caps leave and what lies before the floor are the run's own, in any mixture."""
    a_bit_of_everything(first)
    flags = ("--max-amount", "8", "--max-credits", "9", "--batch-size", "2")
    planned, ran = first.run("--dry-run", *flags).document, first.run(*flags).document
    told = (
        "outcome",
        "refunds",
        "reasons",
        "held",
        "remaining",
        "before_floor",
        "already_refunded",
        "skipped",
        "as_of",
    )
    assert {key: planned[key] for key in told} == {key: ran[key] for key in told}
    assert planned["refunds"] == {"sessions": 4, "credits": 9, "accounts": 2}
    assert planned["reasons"] == {
        "queue_failure": {"sessions": 1, "credits": 2},
        "stuck": {"sessions": 1, "credits": 3},
        "workflow_failure": {"sessions": 2, "credits": 4},
    }
    assert (planned["run_id"], planned["dry_run"], planned["batches"]) == (None, True, 0)


def test_a_dry_run_leaves_no_trace(first: AppDatabase) -> None:
    """Not a row, not a new version of one, and no lock on one: everything is as it was."""
    a_bit_of_everything(first)
    before = everything(first)
    assert first.run("--dry-run").document["refunds"]["sessions"] > 0
    assert first.run("--dry-run", "--session", "f1").document["refunds"]["sessions"] == 1
    assert everything(first) == before


def test_an_expression_that_would_write_cannot_in_a_dry_run(first: AppDatabase) -> None:
    """The mapping's own SQL may call any function of the app's: the transaction is read-only for it too."""
    first.sql(
        "CREATE TABLE log (at timestamptz); CREATE FUNCTION noted(n int) RETURNS int LANGUAGE sql VOLATILE "
        "AS $$ INSERT INTO public.log VALUES (now()); SELECT n $$"
    )
    first.configure('"cardinality(selected_models)"', '"noted(cardinality(selected_models))"')
    assert first.sweeper("install").exit_code == 0
    first.account()
    first.session("s1")
    planned = first.run("--dry-run", role=None)
    assert (planned.exit_code, planned.document["error"]["code"]) == (1, "database")
    assert first.value("SELECT count(*) FROM log") == 0


def test_a_dry_run_reads_one_snapshot(first: AppDatabase) -> None:
    """What the app commits while a dry run reads is in no part of its plan."""
    first.account()
    first.session("s1")
    with before("look", lambda: first.session("s2")) as done:
        planned = first.run("--dry-run")
    assert done
    assert planned.document["refunds"]["sessions"] == 1


def test_a_dry_run_waits_for_no_lock(first: AppDatabase) -> None:
    """Rows that the app has locked at this moment are planned like any other."""
    first.account()
    first.session("s1")
    with first.connect() as app:
        app.execute("SELECT * FROM prediction_sessions FOR UPDATE")
        app.execute("SELECT * FROM users FOR UPDATE")
        assert first.run("--dry-run").document["refunds"] == {"sessions": 1, "credits": 3, "accounts": 1}


def test_a_dry_run_needs_no_more_than_to_read(first: AppDatabase) -> None:
    """A role that may only SELECT, in read-only transactions, gets the whole plan, and is refused the run."""
    a_bit_of_everything(first)
    whole = first.run("--dry-run").document
    with role(first, *READER) as url:
        planned = first.sweeper("run", "--json", "--dry-run", SWEEPER_DATABASE_URL=url)
        assert (planned.exit_code, planned.document) == (0, whole | {"duration_seconds": 0.0})
        refused = first.sweeper("run", "--json", SWEEPER_DATABASE_URL=url)
        assert refused.exit_code == 1
        assert refused.document["error"]["code"] == "read_only"
    assert first.refunds() == {}


@pytest.mark.parametrize("command", ["revert", "adopt"])
def test_a_correction_is_refused_at_once_where_nothing_can_be_written(first: AppDatabase, command: str) -> None:
    """As a run is, and not tried again for a minute."""
    first.account()
    first.session("s1")
    first.session("s2")
    first.run("--session", "s1")
    session = {"revert": "s1", "adopt": "s2"}[command]
    with role(first, *READER) as url:
        refused = first.sweeper(
            command, "--session", session, "--reason", "x", "--yes", "--json", SWEEPER_DATABASE_URL=url
        )
    assert (refused.exit_code, refused.document["error"]["code"], refused.stderr.count("\n")) == (1, "read_only", 1)


def test_exit_code_5_means_that_something_is_owed(first: AppDatabase) -> None:
    """`--dry-run --exit-code` is 5 when something is owed, also beyond a cap, and 0 when it is not."""
    first.account()
    first.session("done", "finished")
    first.session("held", account=None)
    assert first.run("--dry-run", "--exit-code").exit_code == 0
    first.session("owed")
    assert first.run("--dry-run", "--exit-code").exit_code == 5
    assert first.run("--dry-run", "--exit-code", "--max-refunds", "0").exit_code == 5
    assert first.run("--dry-run").exit_code == 0
    first.run()
    assert first.run("--dry-run", "--exit-code").exit_code == 0


def test_exit_code_goes_with_a_dry_run_only(first: AppDatabase) -> None:
    """A run that pays has exit codes of its own."""
    first.account()
    first.session("owed")
    assert (first.run("--exit-code").exit_code, first.refunds()) == (2, {})


def test_a_dry_run_before_the_installation_shows_what_is_owed(bare: AppDatabase) -> None:
    """Where nothing is installed there are no refunds and no holds to compare with."""
    bare.account()
    bare.session("owed")
    bare.session("nobody's", account=None)
    planned = bare.run("--dry-run", role=None)
    assert (planned.exit_code, planned.document["refunds"]["sessions"], planned.document["held"]) == (0, 1, 1)


def test_a_dry_run_needs_the_guard_of_what_is_installed(bare: AppDatabase) -> None:
    """What would stop a run stops its dry run in the same words."""
    bare.sweeper("install")
    bare.sql("ALTER TABLE sweeper.refunds DROP CONSTRAINT refunds_session_id_attempt_again_key")
    planned, ran = bare.run("--dry-run"), bare.run()
    assert (planned.exit_code, ran.exit_code) == (2, 2)
    assert planned.document["error"]["code"] == ran.document["error"]["code"] == "guard_missing"


def test_a_locked_table_is_a_clear_failure(first: AppDatabase) -> None:
    """While a migration has the table to itself, neither run nor dry run waits: exit 1, nothing done."""
    first.account()
    first.session("s1")
    with first.connect() as migration:
        migration.execute("LOCK TABLE prediction_sessions")
        for flags in ((), ("--dry-run",)):
            ran = first.run(*flags)
            assert (ran.exit_code, ran.document["error"]["code"]) == (1, "locked")
    assert first.refunds() == {}
