"""``sweeper init``: the right tables, statuses and ledger of apps of many habits, and questions elsewhere."""

import re
import sys
import tomllib
from pathlib import Path

import pexpect
import pytest

from sweeper.init.answers import Candidate, describe
from tests.helpers.app_database import AppDatabase
from tests.helpers.drafts import EXPECTED
from tests.helpers.paths import APPS
from tests.helpers.server import Server

pytestmark = pytest.mark.every_version

DRAFTS = APPS / "drafts"


def script(app: str) -> str:
    path = DRAFTS / f"{app}.sql"
    return (path if path.exists() else APPS / f"{app}.sql").read_text()


@pytest.mark.parametrize("app", EXPECTED)
def test_names_statuses_and_ledger_are_found(server: Server, tmp_path: Path, app: str) -> None:
    with server.blank(tmp_path, script(app)) as database:
        ran = database.sweeper("init", "--yes")
        assert ran.exit_code == 0, ran.stderr
    found = tomllib.loads((tmp_path / "sweeper.toml").read_text())
    for section, expected in EXPECTED[app].items():
        assert {key: found[section].get(key) for key in expected} == expected
    assert {"accounts", "ledger"} & set(found) == {"accounts", "ledger"} & set(EXPECTED[app])
    assert found["sessions"]["amount"] == found["sessions"]["failed_at"] == "?"


ANSWERS = {
    "first": ("cardinality(selected_models)", "created_at"),
    "prisma": ('(SELECT sum(i."price") FROM app."JobItem" AS i WHERE i."jobId" = s."id")', '"failedAt"'),
    "rails": ("credits_charged", "failed_at"),
    "django": ("cost", "modified"),
    "supabase": ("cost", "created_at"),
    "workspaces": ('"tokenCost"', '"updatedAt"'),
    "drizzle": ("credits_cost", "failed_at"),
    "nextauth": ('"creditsUsed"', '"updatedAt"'),
    "polymorphic": (
        "(SELECT -sum(l.amount) FROM credit_transactions AS l "
        "WHERE l.source_id = s.id AND kind = 'charge' AND source_type = 'Transcription')", "errored_at",
    ),
    "entries": (
        "(SELECT -sum(l.amount) FROM ledger_entries AS l WHERE l.render_job_id = s.id AND entry_kind = 'consumption')",
        "ended_at",
    ),
    "signs": ("cost", "completed_at"),
    "organisations": ("charged_credits", "finished_at"),
    "minutes": ("minutes", "heartbeat"),
    "clerk": ("credits_charged", "updated_at"),
    "parts": ("cardinality(selected_models)", "completed_at"),
}  # fmt: skip


def leave_out(database: AppDatabase, *keys: str) -> None:
    """Answer these questions by taking their lines out."""
    lines = database.config.read_text().splitlines()
    kept = [line for line in lines if not (line.startswith(keys) and line.endswith('"?"'))]
    database.config.write_text("\n".join(kept))


@pytest.mark.slow
@pytest.mark.parametrize("app", ANSWERS)
def test_a_file_whose_questions_are_answered_installs_and_sweeps(server: Server, tmp_path: Path, app: str) -> None:
    """Whatever the app: once its few questions are answered, the mapping fits the catalog."""
    with server.blank(tmp_path, script(app)) as database:
        assert database.sweeper("init", "--yes").exit_code == 0
        amount, failed_at = ANSWERS[app]
        database.configure('amount     = "?"', f"amount = '''{amount}'''")
        database.configure('failed_at  = "?"', f"failed_at = '''{failed_at}'''")
        leave_out(database, "active_at ", "spent ")
        database.config.write_text(database.config.read_text().replace(', "?"]', "]"))
        if "balance_after" in database.config.read_text():
            database.configure('balance_after = "?"', 'balance_after = "0"')
        text = re.sub(
            r'^(id|idempotency_key)( +)= "\?"', r'\1\2= "refund_id::text"', database.config.read_text(), flags=re.M
        )
        database.config.write_text(text)
        installed = database.sweeper("install", now=None)
        assert installed.exit_code == 0, installed.stderr
        ran = database.sweeper("run", "--dry-run", "--json", now=None)
        assert ran.exit_code == 0, ran.stderr


def test_open_questions_are_refused_by_name(bare: AppDatabase) -> None:
    bare.config.unlink()
    ran = bare.sweeper("init", "--json")
    assert ran.document["open_questions"] == ["sessions.amount", "sessions.failed_at"]
    for command in ("run", "install"):
        refused = bare.sweeper(command, "--json")
        assert (refused.exit_code, refused.document["error"]["code"]) == (2, "open_questions")
        assert "sessions.amount" in refused.stderr
        assert "sessions.failed_at" in refused.stderr
        assert "sessions.id" not in refused.stderr


def test_a_question_left_in_a_list_is_open_too(bare: AppDatabase) -> None:
    bare.configure('"initializing", ', '"?", ')
    refused = bare.run()
    assert refused.exit_code == 2
    assert "sessions.running" in refused.stderr


def test_a_file_is_overwritten_only_by_force(bare: AppDatabase) -> None:
    before = bare.config.read_text()
    refused = bare.sweeper("init", "--yes", "--json")
    assert (refused.exit_code, refused.document["error"]["code"]) == (2, "file_exists")
    assert bare.config.read_text() == before
    assert bare.sweeper("init", "--yes", "--force").exit_code == 0
    assert bare.config.read_text() != before


def test_candidates_for_the_amount_show_what_each_gives_on_failed_sessions(bare: AppDatabase) -> None:
    bare.account()
    bare.session("seven", models=7)
    bare.session("none", models=None)
    bare.session("fine", "finished", models=9)
    assert bare.sweeper("init", "--yes", "--force").exit_code == 0
    lines = bare.config.read_text().splitlines()
    (at,) = [number for number, line in enumerate(lines) if "cardinality" in line]
    given = [line.removeprefix("#").strip() for line in lines[at + 1 : at + 4]]
    assert given == ["seven: 7", "none: null", "null on 1 of 2"]


def test_a_time_is_shown_to_the_second() -> None:
    given = (("a", "2026-11-23 10:00:00.123456+00"), ("b", "0.123456"), ("c", None))
    shown = describe(Candidate("x", "", given, looked_at=3, nulls=1))
    assert shown == ["a: 2026-11-23 10:00:00+00", "b: 0.123456", "c: null", "null on 1 of 3"]


def test_a_mark_of_the_apps_own_refunds_becomes_the_exclusion(bare: AppDatabase) -> None:
    bare.account()
    for number in range(3):
        bare.session(f"given back {number}", step="All models failed - credits refunded")
        bare.session(f"owed {number}", error=f"Refund me, says customer {number}")
    assert bare.sweeper("init", "--yes", "--force").exit_code == 0
    found = tomllib.loads(bare.config.read_text())
    assert found["sessions"]["exclude"] == "step = 'All models failed - credits refunded'"
    assert "says customer" not in bare.config.read_text(), "a text that is one customer's is not a mark"


def test_a_counter_is_not_certain_if_some_account_breaks_the_rule(bare: AppDatabase) -> None:
    bare.sql("INSERT INTO users VALUES ('u1', 100, 100, 0), ('u2', 5, 100, 0)")
    assert bare.sweeper("init", "--yes", "--force").exit_code == 0
    found = tomllib.loads(bare.config.read_text())["accounts"]
    assert (found["balance"], found["spent"], "invariant" in found) == ("credits", "?", False)


def test_ledger_rows_that_go_down_are_written_so(server: Server, tmp_path: Path) -> None:
    """Some books count a refund as a negative charge."""
    with server.blank(tmp_path, script("supabase")) as database:
        database.sql("UPDATE credit_transactions SET amount = -amount WHERE generation_id IS NOT NULL")
        assert database.sweeper("init", "--yes").exit_code == 0
        text = database.config.read_text()
        assert tomllib.loads(text)["ledger"]["insert"]["amount"] == "-amount"
        assert "(SELECT sum(l.amount) FROM credit_transactions AS l" in text


def test_a_database_without_paid_work_is_an_error_and_nothing_is_written(server: Server, tmp_path: Path) -> None:
    with server.blank(tmp_path, "CREATE TABLE posts (id serial PRIMARY KEY, title text, status text)") as database:
        ran = database.sweeper("init", "--yes", "--json")
        assert (ran.exit_code, ran.document["error"]["code"]) == (2, "nothing_found")
        assert not database.config.exists()


def test_nothing_is_written_to_the_database(bare: AppDatabase) -> None:
    """It works with a role that cannot write, and on a server that is read-only throughout."""
    name = bare.value("SELECT current_database()")
    bare.sql(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    assert bare.sweeper("init", "--yes", "--force").exit_code == 0


def test_on_a_terminal_it_asks_and_takes_the_answers(server: Server, tmp_path: Path) -> None:
    with server.blank(tmp_path, script("rails")) as database:
        child = pexpect.spawn(
            sys.executable, ["-m", "sweeper", "init", "--config", str(database.config)],
            env={"SWEEPER_DATABASE_URL": database.url, "PATH": "/usr/bin:/bin", "COLUMNS": "200"},
            encoding="utf-8", timeout=60, dimensions=(60, 200),
        )  # fmt: skip
        child.expect("Which table holds the paid sessions")
        child.expect("Number")
        child.sendline("99")
        child.expect("Enter a number from 1 to")
        child.sendline("1")
        child.expect("'canceled' mean")
        child.expect("Number")
        child.sendline("2")
        child.expect("What is owed")
        child.expect("credits_charged.*98: 7")
        child.sendline("99")
        child.expect("Enter 1, SQL, or [?]")
        child.sendline("1")
        child.expect("When did a session fail")
        child.expect("leaves it open")
        child.sendline("failed_at")
        child.expect("What shows that a running session is alive")
        child.expect("leaves it open")
        child.sendline("created_at")
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 0
        found = tomllib.loads(database.config.read_text())["sessions"]
        assert (found["amount"], found["failed_at"]) == ("credits_charged", "failed_at")
        assert found["failed"] == ["failed", "canceled"]
        assert database.sweeper("install", now=None).exit_code == 0


def test_whoever_only_presses_enter_leaves_open_what_is_not_proven(server: Server, tmp_path: Path) -> None:
    with server.blank(tmp_path, script("rails")) as database:
        child = pexpect.spawn(
            sys.executable, ["-m", "sweeper", "init", "--config", str(database.config)],
            env={"SWEEPER_DATABASE_URL": database.url, "PATH": "/usr/bin:/bin", "COLUMNS": "200"},
            encoding="utf-8", timeout=60, dimensions=(60, 200),
        )  # fmt: skip
        for _ in range(9):
            child.sendline("")
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 0
        asked = database.config.read_text()
        assert database.sweeper("init", "--yes", "--force").exit_code == 0
        assert asked == database.config.read_text()


def test_a_ledger_without_a_mark_for_refunds_is_an_open_question(server: Server, tmp_path: Path) -> None:
    """Taken for refunds, its charges would say of every session that it was refunded."""
    with server.blank(tmp_path, script("signs")) as database:
        database.sql("TRUNCATE token_history")
        ran = database.sweeper("init", "--yes", "--json")
        assert "ledger.where" in ran.document["open_questions"]
        assert database.run().document["error"]["code"] == "open_questions"
