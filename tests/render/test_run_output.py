"""What `sweeper run` says: the JSON document, the tables, the log, the exit codes; and what it never says."""

import re
from typing import Any

from tests.helpers.app_database import AppDatabase
from tests.helpers.command import NOW
from tests.helpers.documents import DOCUMENT_KEYS


def test_the_document_has_its_keys_in_their_order(first: AppDatabase) -> None:
    """A program may rely on every key, for a run and a dry run; whole credits are numbers."""
    first.account()
    first.session("s1")
    first.session("old", created="2019-01-01", models=2)
    first.session("stuck", "queued", models=4)
    planned, ran = first.run("--dry-run").document, first.run().document
    assert list(planned) == list(ran) == DOCUMENT_KEYS
    assert list(ran["refunds"]) == ["sessions", "credits", "accounts"]
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", ran["run_id"])
    assert ran | {"run_id": "", "duration_seconds": 0} == {
        "schema_version": 1,
        "command": "run",
        "run_id": "",
        "dry_run": False,
        "as_of": "2026-11-23T12:00:00Z",
        "outcome": "complete",
        "refunds": {"sessions": 2, "credits": 7, "accounts": 1},
        "reasons": {"stuck": {"sessions": 1, "credits": 4}, "workflow_failure": {"sessions": 1, "credits": 3}},
        "already_refunded": 0,
        "skipped": 0,
        "held": 0,
        "remaining": 0,
        "before_floor": {"sessions": 1, "credits": 2},
        "batches": 1,
        "duration_seconds": 0,
    }


def test_decimal_credits_are_strings(ledger_only: AppDatabase) -> None:
    """A decimal amount keeps its digits, in every place; zero is a string too."""
    ledger_only.sql("INSERT INTO customers DEFAULT VALUES; INSERT INTO projects (owner_id) VALUES (1)")
    ledger_only.sql(
        "INSERT INTO renders (project_id, state, charge, started, ended) VALUES "
        "(1, 'failed', 0.100, '2026-11-22Z', '2026-11-22Z'), (1, 'failed', 7, '2019-11-22Z', '2019-11-22Z')"
    )
    for document in (ledger_only.run("--dry-run").document, ledger_only.run().document):
        assert document["refunds"]["credits"] == "0.100"
        assert document["reasons"] == {"workflow_failure": {"sessions": 1, "credits": "0.100"}}
        assert document["before_floor"] == {"sessions": 1, "credits": "7.000"}
    assert ledger_only.run().document["refunds"] == {"sessions": 0, "credits": "0", "accounts": 0}


def test_the_totals_are_those_of_the_ledger(first: AppDatabase) -> None:
    """Document, `runs` and ledger agree about a run, and each run is closed with its outcome."""
    first.account("u1")
    first.account("u2")
    for number in range(5):
        first.session(f"s{number}", account=f"u{1 + number % 2}", models=number + 1)
    first.session("to be held", account=None)
    capped = first.run("--max-refunds", "2", "--batch-size", "1")
    documents = [ran.document for ran in (capped, first.run(), first.run())]
    for document in documents:
        sessions, credits, accounts = first.sql(
            "SELECT count(*), coalesce(sum(amount), 0), count(DISTINCT account_id) FROM sweeper.refunds "
            "WHERE run_id = %s",
            document["run_id"],
        )[0]
        assert document["refunds"] == {"sessions": sessions, "credits": credits, "accounts": accounts}
        (row,) = first.sql(
            "SELECT outcome, sessions, credits, held, remaining, skipped, batches, as_of, ended_at >= started_at "
            "FROM sweeper.runs WHERE run_id = %s",
            document["run_id"],
        )
        told = [document[key] for key in ("held", "remaining", "skipped", "batches")]
        assert row == (document["outcome"], sessions, credits, *told, NOW, True)
    assert [document["outcome"] for document in documents] == ["capped", "partial", "complete"]


def test_idle_runs_are_forgotten_after_30_days(first: AppDatabase) -> None:
    """A run that found nothing goes after 30 days; one that refunded, held, failed, died or noted something stays."""
    first.sql(
        "INSERT INTO sweeper.runs (run_id, version, host, db_role, told, as_of, started_at, outcome, sessions, held) "
        "SELECT gen_random_uuid(), name, '', '', told::jsonb, now(), %s - age, outcome, sessions, held FROM (VALUES "
        "('idle, 30 days', '30 days'::interval, 'complete', 0, 0, '{}'), "
        """('idle, older', '30 days 1 s', 'complete', 0, 0, '{"layer_refunds": {"sessions": 0}}'), """
        "('paid', '31 days', 'complete', 1, 0, '{}'), ('held', '31 days', 'partial', 0, 1, '{}'), "
        "('failed', '31 days', 'failed', 0, 0, '{}'), ('died', '31 days', NULL, NULL, NULL, '{}'), "
        """('accepted', '31 days', 'complete', 0, 0, '{"accepted": ["caps"]}'), """
        """('of layers', '31 days', 'complete', 0, 0, '{"layer_refunds": {"sessions": 1}}')) """
        "AS run (name, age, outcome, sessions, held, told)",
        NOW,
    )
    first.run()
    left = first.sql("SELECT version FROM sweeper.runs WHERE host = '' ORDER BY 1")
    assert [name for (name,) in left] == ["accepted", "died", "failed", "held", "idle, 30 days", "of layers", "paid"]


def test_a_session_that_was_named_and_is_not_refunded_is_not_passed_over_in_silence(first: AppDatabase) -> None:
    first.account()
    first.session("s1", "finished")
    ran = first.sweeper("run", "--session", "s1")
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert "Nothing to refund." in ran.stdout
    assert "s1: Nothing is owed: finished is one of sessions.succeeded." in ran.stdout


def test_a_hold_above_the_largest_amount_says_how_it_is_paid(first: AppDatabase) -> None:
    first.account()
    first.session("large", models=5)
    first.configure("[policy]", "[policy]\nmax_amount = 4")
    assert first.sweeper("run").exit_code == 3
    assert "--session large --max-amount N` pays it" in " ".join(first.sweeper("explain", "large").stdout.split())


def test_nothing_to_say_is_said_by_silence(first: AppDatabase) -> None:
    """Under cron a run that found nothing prints nothing at all: no mail."""
    first.account()
    first.session("done", "finished")
    first.session("alive", "queued", created="2026-11-23 11:59")
    first.session("before the floor", created="2019-01-01")
    ran = first.sweeper("run")
    assert (ran.exit_code, ran.stdout, ran.stderr) == (0, "", "")


def test_each_refund_and_each_hold_is_one_event(first: AppDatabase) -> None:
    """Events are JSON lines when piped, named with the app's prefix, and say what happened to whom by which run."""
    first.append('[logging]\nevent_prefix = "video_render"')
    first.sql("ALTER TABLE users ADD CHECK (id <> 'full' OR credits <= 100)")
    first.account("u1")
    first.account("full")
    first.session("a", error="Failed to queue")
    first.session("b", account=None)
    first.session("c", account="full")
    ran = first.run()
    common: dict[str, Any] = {"run_id": ran.document["run_id"], "timestamp": "2026-11-23T12:00:00Z"}
    failed = {**common, "event": "video_render_refund_failed", "level": "warning"}
    expected = [
        {
            **common, "event": "video_render_credits_refunded", "level": "info",
            "session_id": "a", "account_id": "u1", "credits": 3, "reason": "queue_failure",
        },
        {**failed, "session_id": "b", "why": "no_account"},
        {**failed, "session_id": "c", "why": "refused", "sqlstate": "23514"},
    ]  # fmt: skip
    assert sorted(ran.events, key=lambda event: str(event["session_id"])) == expected
    assert len(ran.stderr.splitlines()) == 3
