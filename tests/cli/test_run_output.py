"""What `sweeper run` says: the JSON document, the tables, the log, the exit codes; and what it never says."""

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import pexpect
import pytest
import stamina

import sweeper.sweep.run
from sweeper.core.errors import FailedError
from tests.integration.test_dry_run import a_bit_of_everything
from tests.support import NOW, AppDatabase, neutral_environment

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parents[1] / "golden"
DOCUMENT_KEYS = [
    "schema_version", "command", "run_id", "dry_run", "as_of", "outcome", "refunds", "reasons", "already_refunded",
    "skipped", "held", "remaining", "before_floor", "batches", "duration_seconds",
]  # fmt: skip
NOTHING = {"sessions": 0, "credits": 0, "accounts": 0}
COLOUR = re.compile(r"\x1b\[[0-9;]*?(?:3[0-8]|4[0-8]|9[0-7])[0-9;]*m")


def check_golden(name: str, text: str) -> None:
    """Hold a table against its golden file; UPDATE_GOLDEN=1 writes it anew, to be looked over in the diff."""
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text)
    assert text == path.read_text()


def on_a_terminal(database: AppDatabase, *flags: str, **environment: str) -> tuple[str, int]:
    """All that `sweeper run` writes to a terminal of 100 columns, by the real clock, and its exit code."""
    kept = neutral_environment()
    kept.pop("NO_COLOR", None)
    program = pexpect.spawn(
        sys.executable,
        ["-m", "sweeper", "run", *flags],
        cwd=str(ROOT),
        env={**kept, "TERM": "xterm-256color", **database.environment, **environment},
        dimensions=(40, 100),
        encoding="utf-8",
        timeout=30,
    )
    text = program.read()
    program.close()
    return text, program.exitstatus


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
    """Document, `runs` and ledger tell the same of a run, and each run is closed with its outcome."""
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
    """A run that found nothing goes after 30 days; one that refunded, held, failed or died stays."""
    first.sql(
        "INSERT INTO sweeper.runs (run_id, version, host, db_role, told, as_of, started_at, outcome, sessions, held) "
        "SELECT gen_random_uuid(), name, '', '', '{}', now(), %s - age, outcome, sessions, held FROM (VALUES "
        "('idle, 30 days', '30 days'::interval, 'complete', 0, 0), ('idle, older', '30 days 1 s', 'complete', 0, 0), "
        "('paid', '31 days', 'complete', 1, 0), ('held', '31 days', 'partial', 0, 1), "
        "('failed', '31 days', 'failed', 0, 0), ('died', '31 days', NULL, NULL, NULL)) "
        "AS run (name, age, outcome, sessions, held)",
        NOW,
    )
    first.run()
    left = first.sql("SELECT version FROM sweeper.runs WHERE host = '' ORDER BY 1")
    assert [name for (name,) in left] == ["died", "failed", "held", "idle, 30 days", "paid"]


def test_usage_errors_have_a_document_too(first: AppDatabase) -> None:
    """With --json an unknown flag, a bad value or a bad file is one document on stdout, and exit 2."""
    first.account()
    first.session("s1")
    for flags, code, named in (
        (["--nonsense"], "usage", "--nonsense"),
        (["--batch-size", "many"], "usage", "--batch-size"),
        (["--batch-size", "0"], "config", "batch_size"),
        (["--grace", "-5m"], "config", "grace"),
        (["--max-credits", "-1"], "config", "max_credits"),
        (["--max-amount", "NaN"], "config", "max_amount"),
        (["--config", "/nowhere/sweeper.toml"], "no_config", "/nowhere/sweeper.toml"),
        (["surplus"], "usage", "surplus"),
    ):
        ran = first.run(*flags)
        document = ran.document
        assert (ran.exit_code, document["schema_version"], document["command"]) == (2, 1, "run")
        assert (document["outcome"], document["refunds"]) == ("failed", NOTHING)
        assert document["error"]["code"] == code
        assert named in document["error"]["message"]
        assert document["error"]["message"] in ran.stderr
    assert first.refunds() == {}


def test_a_failure_after_the_first_batch_tells_what_stands(first: AppDatabase) -> None:
    """Exit 1 with the whole document and its error: what was committed is counted, and closed in `runs`."""
    first.configure("[policy]", "[policy]\nmax_new_holds = 0")
    first.account()
    first.session("a")
    first.session("b", account=None)
    first.session("c")
    ran = first.run("--batch-size", "1")
    assert ran.exit_code == 1
    assert list(ran.document) == [*DOCUMENT_KEYS, "error"]
    assert ran.document["outcome"] == "failed"
    assert ran.document["refunds"]["sessions"] == 1
    assert (ran.document["remaining"], ran.document["skipped"]) == (1, 0)
    assert ran.document["error"]["code"] == "too_many_holds"
    assert first.sql("SELECT outcome, sessions FROM sweeper.runs") == [("failed", 1)]


def test_a_database_that_cannot_be_reached(first: AppDatabase) -> None:
    """Exit 1, one document, and nothing of the URL in it."""
    url = "postgresql://someone:hunter2@127.0.0.1:1/books?connect_timeout=2"
    with stamina.set_testing(True, attempts=2):  # as often as it likes, without the waits
        ran = first.sweeper("run", "--json", SWEEPER_DATABASE_URL=url, now=None)
    assert (ran.exit_code, ran.document["error"]["code"]) == (1, "connection")
    assert (ran.document["outcome"], ran.document["refunds"]) == ("failed", NOTHING)
    for secret in ("hunter2", "someone", "postgresql://"):
        assert secret not in ran.stdout + ran.stderr


@pytest.mark.parametrize(
    "line",
    [
        "run", "run --dry-run", "audit", "history", "check", "install", "explain s1", "explain --account u1",
        "revert --session s1 --reason x --yes", "adopt --session s1 --reason x --yes",
    ],
)  # fmt: skip
def test_what_is_tried_again_is_no_part_of_the_result_of_any_command(first: AppDatabase, line: str) -> None:
    """Standard output is one document; what the driver says, which may repeat the URL, is nowhere."""
    stamina.instrumentation.set_on_retry_hooks(None)  # as in a process that has just begun
    url = "postgresql://someone:hunter2@127.0.0.1:1/books?connect_timeout=2"
    with stamina.set_testing(True, attempts=2):
        ran = first.sweeper(*line.split(), "--json", SWEEPER_DATABASE_URL=url, now=None)
    assert ran.document["schema_version"] == 1
    assert [event["event"] for event in ran.events] in ([], ["retrying"])
    for secret in ("hunter2", "someone", "refused"):
        assert secret not in ran.stderr.partition("sweeper: ")[0]


def test_a_session_that_was_named_and_is_not_refunded_is_not_passed_over_in_silence(first: AppDatabase) -> None:
    first.account()
    first.session("s1", "finished")
    ran = first.sweeper("run", "--session", "s1")
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert "Nothing to refund." in ran.stdout
    assert "`sweeper explain SESSION` shows why" in ran.stdout


def test_a_hold_above_the_largest_amount_says_how_it_is_paid(first: AppDatabase) -> None:
    first.account()
    first.session("large", models=5)
    first.configure("[policy]", "[policy]\nmax_amount = 4")
    assert first.sweeper("run").exit_code == 3
    assert "--session ID --max-amount N` pays it" in " ".join(first.sweeper("explain", "large").stdout.split())


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
            "session_id": "a", "account_id": "u1", "credits": "3", "reason": "queue_failure",
        },
        {**failed, "session_id": "b", "why": "no_account"},
        {**failed, "session_id": "c", "why": "refused", "sqlstate": "23514"},
    ]  # fmt: skip
    assert sorted(ran.events, key=lambda event: str(event["session_id"])) == expected
    assert len(ran.stderr.splitlines()) == 3


def test_personal_data_is_in_no_output(first: AppDatabase) -> None:
    """Neither the session's error text nor what the database says of a row is printed, by a run or a dry run."""
    first.sql(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF new.id = 'u2' THEN "
        "RAISE EXCEPTION 'jane@example.org is closed' USING DETAIL = 'jane@example.org', HINT = 'jane@example.org'; "
        "END IF; RETURN new; END $$; "
        "CREATE TRIGGER refuse BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION refuse()"
    )
    first.account("u1")
    first.account("u2")
    first.session("s1", error="prompt: a picture for jane@example.org")
    first.session("s2", account="u2", error="prompt: a picture for jane@example.org")
    for flags in (("--dry-run",), ("--dry-run", "--json"), ("--json",), ("--dry-run",)):
        ran = first.sweeper("run", *flags)
        assert ran.exit_code in (0, 3)
        assert "jane" not in ran.stdout + ran.stderr
    assert first.value("SELECT message FROM sweeper.holds") == "jane@example.org is closed"


@pytest.mark.parametrize("crash", [RuntimeError, KeyError, AssertionError])
def test_a_crash_tells_where_and_not_what(
    first: AppDatabase, monkeypatch: pytest.MonkeyPatch, crash: type[Exception]
) -> None:
    """An unforeseen exception may hold a URL or a row: its message and its traceback are not shown; exit 1."""

    def explode(*_: object, **__: object) -> None:
        raise crash(f"could not parse {first.url} of jane@example.org")

    monkeypatch.setattr(sweeper.sweep.run, "prepare", explode)
    for flags in ((), ("--json",)):
        ran = first.sweeper("run", *flags)
        assert ran.exit_code == 1
        assert crash.__name__ in ran.stderr
        for secret in (first.url, "jane", "could not parse", "Traceback"):
            assert secret not in ran.stdout + ran.stderr
    assert ran.document["error"]["code"] == "internal"
    assert "refunds" not in ran.document  # it may have crashed after a batch


def test_a_run_that_cannot_read_what_it_paid_does_not_say_that_it_paid_nothing(
    first: AppDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    first.account()
    first.session("s1")

    def lose(*_: object) -> None:
        raise FailedError("the database cannot be used", code="connection")

    monkeypatch.setattr(sweeper.sweep.run, "_close", lose)
    ran = first.run()
    assert (ran.exit_code, ran.document["error"]["code"]) == (1, "connection")
    assert "refunds" not in ran.document
    assert first.refunds() == {"s1": 3}


def test_the_table_of_a_dry_run(first: AppDatabase) -> None:
    """By reason, by age, the largest, what is and would be on hold and why, the caps' rest, what the floor hides."""
    a_bit_of_everything(first)
    first.session("old hold", account=None)
    first.run("--session", "old hold")
    first.session("long", "queued", account="u2", models=6, created="2026-06-01")
    ran = first.sweeper("run", "--dry-run", "--max-amount", "8", "--max-credits", "17")
    assert (ran.exit_code, ran.stderr) == (0, "")
    check_golden("run_dry_run.txt", ran.stdout)


def test_the_table_of_a_run(first: AppDatabase) -> None:
    """By reason, then what needs a person, what is left and why."""
    a_bit_of_everything(first)
    caps = ("--max-amount", "8", "--max-credits", "9")
    planned = first.run("--dry-run", *caps).document
    ran = first.sweeper("run", *caps)
    assert (ran.exit_code, planned["outcome"], planned["remaining"]) == (4, "capped", 1)
    check_golden("run.txt", ran.stdout)


def test_long_ids_are_shown_whole(first: AppDatabase) -> None:
    """An id that does not fit is folded, never cut: somebody will copy it."""
    first.account("u-" + "b" * 60)
    first.session("s-" + "a" * 60, account="u-" + "b" * 60)
    shown = first.sweeper("run", "--dry-run").stdout
    assert "…" not in shown
    assert (shown.count("a" * 20), shown.count("b" * 20)) >= (1, 1)
    assert sum(line.count("aaa") for line in shown.splitlines()) >= 18


def test_a_terminal_gets_a_bar_and_readable_lines(first: AppDatabase) -> None:
    """On a terminal: a progress bar that goes away, log lines for people, the table; and word when nothing was owed."""
    first.account()
    for number in range(30):
        first.session(f"s{number:02}", created="2021-01-01")
    shown, code = on_a_terminal(first, "--batch-size", "1")
    assert code == 0
    assert "Refunding" in shown
    assert re.search(r"\d+/30", shown)
    assert shown.count("prediction_session_credits_refunded") == 30
    assert '{"' not in shown
    assert "Refunded 30 sessions: 90 credits to 1 account." in shown
    assert COLOUR.search(shown)
    shown, code = on_a_terminal(first)
    assert (code, shown.count("Nothing to refund.")) == (0, 1)


def test_no_color_is_respected(first: AppDatabase) -> None:
    """NO_COLOR takes the colours from the bar, the log and the tables."""
    first.account()
    first.session("s1", created="2021-01-01")
    for flags in (("--dry-run",), ()):
        shown, code = on_a_terminal(first, *flags, NO_COLOR="1")
        assert code == 0
        assert "efund" in shown
        assert not COLOUR.search(shown)


def test_the_apps_text_cannot_give_orders_to_a_terminal(first: AppDatabase) -> None:
    """Escape sequences, markup and line breaks in ids come out as plain characters; JSON escapes them."""
    evil = "s\x1b]0;owned\x07\x1b[2J\r\n\u202e[bold]x[/bold]\x9b31m"
    first.account(f"u{evil}")
    first.session(evil, account=f"u{evil}", created="2021-01-01")
    first.session(f"h{evil}", account=None, created="2021-01-01")
    first.session("short\x1b[2J\u202e\x9b31m", account=f"u{evil}", created="2021-01-01")
    for flags in (("--dry-run",), ()):
        shown, _ = on_a_terminal(first, *flags)
        assert "owned" in shown
        assert "short" in shown
        assert "[bold]x[/bold]" in shown
        for order in ("\x1b]0", "\x07", "\x1b[2J", "\u202e", "\x9b"):
            assert order not in shown
    piped = first.sweeper("run", "--dry-run").stdout
    assert "owned" in piped  # on hold, such as
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", piped)
    document = first.run("--dry-run").stdout
    assert json.loads(document)["schema_version"] == 1
    assert document.isascii()
