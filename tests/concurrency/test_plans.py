"""What a batch costs does not grow with the number of accounts, nor what a full sweep costs with how wide rows are."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.other_runs import begin_run
from tests.helpers.own_server import until
from tests.helpers.query_plans import explained

pytestmark = pytest.mark.every_version

BATCH = ("lock_sessions", "lock_accounts", "pay", "count_failed", "read_balances")


@pytest.mark.parametrize("analyzed", [True, False], ids=["analyzed", "never analyzed"])
def test_no_statement_of_a_batch_scans_the_accounts_or_the_sessions(first: AppDatabase, *, analyzed: bool) -> None:
    """Whatever the planner knows of the tables, and however many of the accounts are in the batch."""
    first.sql("ALTER TABLE users SET (autovacuum_enabled = off)")
    first.sql("ALTER TABLE prediction_sessions SET (autovacuum_enabled = off)")
    first.crowd(accounts=50_000, sessions=6_000)
    if analyzed:
        first.sql("ANALYZE")
    with explained("EXPLAIN", *BATCH) as plans:
        assert first.run("--batch-size", "4000").document["refunds"]["sessions"] == 6000
    scan = re.compile(r"(\w+)(?: Heap| Only)? Scan(?: using \w+)? on (?:users|prediction_sessions)\b")
    for name, plan in plans.items():
        scans = scan.findall("\n".join(plan))
        assert scans, name
        assert set(scans) <= {"Index", "Bitmap"}, name


def test_a_page_of_a_dry_run_does_not_read_all_accounts(first: AppDatabase) -> None:
    """Whether an account exists, and has a balance, is looked up: its table may have hundreds of times as many rows."""
    first.sql("ALTER TABLE users ALTER credits DROP NOT NULL")
    assert first.sweeper("install", now=None).exit_code == 0
    first.crowd(accounts=50_000, sessions=6_000)
    first.sql("ANALYZE")
    with explained("EXPLAIN", "look", "survey") as plans:
        assert first.run("--dry-run").document["refunds"]["sessions"] == 6000
    for name, plan in plans.items():
        assert "Seq Scan on users" not in "\n".join(plan), name


def test_what_is_read_back_looks_each_session_up(first: AppDatabase) -> None:
    """A join of all that a batch has paid would read the whole table of sessions, batch after batch."""
    first.configure("account ", 'attempt = "cardinality(selected_models)"\naccount ')
    assert first.sweeper("install", now=None).exit_code == 0
    first.crowd(accounts=10, sessions=20_000)
    first.sql("UPDATE prediction_sessions SET user_id = 'u1', status = 'finished' WHERE substr(id, 2)::int > 2000")
    first.sql("UPDATE prediction_sessions SET user_id = 'u1'")
    first.sql("VACUUM ANALYZE")
    with explained("EXPLAIN", "read_back") as plans:
        assert first.run().document["refunds"]["sessions"] == 2000
    lines = "\n".join(plans["read_back"])
    assert "Index Scan using prediction_sessions_pkey" in lines
    assert "Seq Scan on prediction_sessions" not in lines


def test_the_caps_do_not_read_what_the_run_itself_has_paid(first: AppDatabase) -> None:
    """Each batch asks for them, and a run of many batches would read all that it has paid again for each."""
    first.crowd(accounts=3_000, sessions=3_000)
    begin_run(first)  # so that they are counted again for each batch
    with explained("EXPLAIN (ANALYZE, FORMAT JSON)", "count_recent_refunds") as plans:
        assert first.run("--batch-size", "1000").document["refunds"]["sessions"] == 3000
    assert len(plans["count_recent_refunds"]) > 2
    # while the table is as small as one batch it is read as it comes
    *_, last = plans["count_recent_refunds"]
    assert sum(_rows_read(node, "refunds") for node in last) == 0


def test_without_statistics_the_refunds_are_not_read_for_each_session(first: AppDatabase) -> None:
    """Nobody has analyzed them after a first run: an audit of 40,000 took half a minute instead of half a second."""
    first.sql("ALTER TABLE sweeper.refunds SET (autovacuum_enabled = off)")
    first.crowd(accounts=3_000, sessions=3_000)
    first.sql("VACUUM ANALYZE prediction_sessions")
    assert first.run().document["refunds"]["sessions"] == 3000
    with explained("EXPLAIN", "position", "screen", "find_in_history") as plans:
        assert first.sweeper("audit").exit_code == 0
        assert first.run("--full").exit_code == 0
    for name, plan in plans.items():
        lines = "\n".join(plan)
        assert "on refunds" in lines, name
        assert "Materialize" not in lines, name


def test_a_full_sweep_reads_no_row_of_a_session_that_was_refunded(first: AppDatabase) -> None:
    """The index has all that it takes to know that they are settled; the rows may be wide, and years old."""
    first.crowd(accounts=5_000, sessions=5_000)
    first.sql("UPDATE prediction_sessions SET error = repeat('wide ', 100)")
    assert first.run("--max-refunds", "5000").document["refunds"]["sessions"] == 5000
    first.session("owed", account="u1")

    def is_all_visible() -> bool:
        """Not while an ANALYZE of the server's own looks at rows as they were."""
        first.sql("VACUUM ANALYZE")
        return bool(
            first.value(
                "SELECT relallvisible = relpages FROM pg_class WHERE oid = 'public.prediction_sessions'::regclass"
            )
        )

    until(is_all_visible, "the vacuum has seen to every page")
    with explained("EXPLAIN (ANALYZE, FORMAT JSON)", "find_in_history") as plans:
        assert first.run("--full", "--max-refunds", "1").document["refunds"]["sessions"] == 1
    read = sum(_rows_read(node) for plan in plans["find_in_history"] for node in plan)
    assert 1 <= read < 50  # and its neighbors, on a page that was written to just now


@pytest.mark.parametrize("marks", [False, True])
def test_what_was_closed_or_marked_is_not_compared_with_each_refund(first: AppDatabase, *, marks: bool) -> None:
    """The server expects one row of each: 30,000 stuck sessions took 6 seconds instead of 2."""
    if marks:
        first.append("[sessions.refunded]\nstep = \"'refunded'\"")
        assert first.sweeper("install", now=None).exit_code == 0
    first.crowd(accounts=100, sessions=3_000)
    first.sql("UPDATE prediction_sessions SET user_id = 'u1', status = 'queued' WHERE substr(id, 2)::int > 100")
    with explained("EXPLAIN (FORMAT JSON)", "pay") as plans:
        assert first.run().document["refunds"]["sessions"] == 3000
    written = {"sweeper_closed", "sweeper_marked"}
    for ((root,),) in ((plan,) for plan in plans["pay"]):
        nodes = list(_nodes(root["Plan"]))
        assert written & {node.get("CTE Name") for node in nodes}
        for node in nodes:
            if node["Node Type"] == "Nested Loop" and "Join Filter" in node:
                assert not written & {below.get("CTE Name") for below in node["Plans"]}


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", ()):
        yield from _nodes(below)


def test_what_is_found_by_the_index_is_not_asked_of_its_function_again(first: AppDatabase) -> None:
    """The index answers for the status: its function, which costs more than a comparison, runs for no row."""
    first.crowd(accounts=5_000, sessions=5_000)
    first.sql("UPDATE prediction_sessions SET status = 'finished' WHERE id !~ '7'")
    first.sql("VACUUM ANALYZE")
    names = ("find", "survey", "look", "find_in_history")
    with explained("EXPLAIN (VERBOSE)", *names) as plans:
        assert first.run("--dry-run").exit_code == 0
        assert first.run("--max-refunds", "5").exit_code == 4
        assert first.run().exit_code == 0
        assert first.run().exit_code == 0
    for name in names:
        lines = "\n".join(plans[name])
        assert re.search(r"Scan (using|on) sweeper_live_", lines), name
        assert "Seq Scan on public.prediction_sessions" not in lines, name
        assert not re.search(r"^ *(One-Time )?Filter:.*sweeper\.live_", lines, re.MULTILINE), name


def _rows_read(node: dict[str, Any], table: str = "prediction_sessions") -> int:
    """How many rows of a table a plan has read, not counting what the index alone had."""
    below = sum(_rows_read(one, table) for one in [*node.get("Plans", ()), *([node["Plan"]] if "Plan" in node else [])])
    if node.get("Relation Name") != table:
        return below
    if node["Node Type"] == "Index Only Scan":
        return below + int(node["Heap Fetches"])
    return below + int(node["Actual Loops"] * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)))
