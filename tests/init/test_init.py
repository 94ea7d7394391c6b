"""``sweeper init``: the right tables, statuses and ledger of apps of many habits, and questions elsewhere."""

import sys
import tomllib
from pathlib import Path
from typing import Any

import pexpect
import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.paths import APPS
from tests.helpers.server import Server

DRAFTS = APPS / "drafts"
# what init must find, as the file has it; what is not named here is not checked
EXPECTED: dict[str, dict[str, dict[str, Any]]] = {
    "first": {
        "sessions": {
            "table": "prediction_sessions", "id": "id", "account": "user_id", "status": "status", "failed": ["error"],
            "running": ["initializing", "queued", "researching", "generating"], "succeeded": ["finished"],
            "started_at": "created_at", "ended_at": "completed_at", "error": "error",
        },
        "accounts": {
            "table": "users", "id": "id", "balance": "credits", "spent": "total_credits_spent",
            "updated_at": "updated_at", "invariant": "credits = total_credits_earned - total_credits_spent",
        },
    },
    "prisma": {
        "sessions": {
            "table": 'app."Job"', "id": "id", "account": '"userId"', "status": "status", "failed": ["FAILED"],
            "running": ["PENDING", "RUNNING"], "succeeded": ["DONE"], "started_at": '"createdAt"',
            "active_at": '"heartbeatAt"', "error": '"errorMessage"',
        },
        "accounts": {"table": 'app."User"', "id": "id", "balance": '"creditBalance"', "updated_at": '"updatedAt"'},
        "ledger": {
            "table": 'app."CreditTransaction"', "session": '"jobId"', "where": "type = 'REFUND'",
            "insert": {
                "id": "refund_id::text", '"userId"': "account_id", '"jobId"': "session_id::text",
                "type": "'REFUND'", "amount": "amount", "note": "reason", '"createdAt"': "at",
            },
        },
    },
    "rails": {
        "sessions": {
            "table": "video_renders", "account": "user_id", "failed": ["failed"], "succeeded": ["completed"],
            "error": "error_message", "started_at": "created_at", "active_at": "updated_at", "timezone": "UTC",
        },
        "accounts": {"table": "users", "balance": "credits"},
    },
    "django": {
        "sessions": {
            "table": "studio_generation", "account": "user_id", "status": "state", "failed": ["failed", "timed_out"],
            "running": ["queued", "generating"], "active_at": "last_heartbeat", "exclude": "refunded",
        },
        "accounts": {"table": "billing_wallet", "id": "user_id", "balance": "balance", "spent": "lifetime_spent"},
        "ledger": {
            "table": "billing_wallettransaction", "session": "generation_id", "where": "kind = 'refund'",
            "insert": {
                "amount": "amount", "balance_after": "?", "kind": "'refund'", "created": "at",
                "wallet_id": "(SELECT a.id FROM billing_wallet AS a WHERE a.user_id = refund.account_id)",
                "generation_id": "session_id",
            },
        },
    },
    "supabase": {
        "sessions": {"table": "generations", "account": "user_id", "running": ["starting", "processing"]},
        "accounts": {"table": "profiles", "id": "id", "balance": "credits_remaining", "spent": "credits_used"},
        "ledger": {"table": "credit_transactions", "session": "generation_id", "where": "type = 'refund'"},
    },
    "workspaces": {
        "sessions": {
            "table": '"App"."ExportTask"', "status": '"taskState"', "failed": ["ERRORED"], "succeeded": ["DONE"],
            "account": '(SELECT p."workspaceId" FROM "App"."Project" AS p WHERE p.id = s."projectId")',
            "exclude": "step = 'Gave up, tokens refunded'",
        },
        "accounts": {"table": '"App"."Workspace"', "id": '"workspaceId"', "balance": '"tokenBalance"'},
    },
    "drizzle": {
        "sessions": {
            "table": "video_jobs", "id": "id", "status": "status", "failed": ["failed"],
            "running": ["queued", "running"], "succeeded": ["completed"], "started_at": "queued_at",
            "active_at": "heartbeat_at", "ended_at": "completed_at", "error": "failure_message",
        },
        "accounts": {"table": "users", "id": "id", "balance": "credit_balance"},
        "ledger": {
            "table": "credit_ledger", "session": "job_id", "where": "entry_type = 'refund'",
            "insert": {
                "id": "refund_id", "user_id": "account_id", "job_id": "session_id", "entry_type": "'refund'",
                "delta": "amount", "balance_after": "?", "idempotency_key": "refund_id::text", "created_at": "at",
            },
        },
    },
    "nextauth": {
        "sessions": {
            "table": '"Generation"', "account": '"userId"', "failed": ["FAILED"], "running": ["PENDING", "PROCESSING"],
            "succeeded": ["COMPLETED"], "error": '"errorMessage"',
        },
        "accounts": {"table": '"User"', "id": "id", "balance": "credits"},
        "ledger": {"table": '"Transaction"', "session": '"generationId"', "where": "type = 'REFUND'"},
    },
    "polymorphic": {
        "sessions": {
            "table": "transcriptions", "account": "account_id", "status": "aasm_state", "failed": ["errored"],
            "running": ["pending", "transcribing"], "succeeded": ["finished"], "started_at": "created_at",
        },
        "accounts": {"table": "accounts", "id": "id", "balance": "credits_balance"},
        "ledger": {
            "table": "credit_transactions", "session": "source_id",
            "where": "kind = 'refund' AND source_type = 'Transcription'",
            "insert": {
                "account_id": "account_id", "source_type": "'Transcription'", "source_id": "session_id",
                "kind": "'refund'", "amount": "amount", "created_at": "at", "updated_at": "at",
            },
        },
    },
    "entries": {
        "sessions": {
            "table": "render_jobs", "status": "state", "failed": ["crashed"], "running": ["waiting", "rendering"],
            "succeeded": ["rendered"], "started_at": "submitted_at", "active_at": "last_heartbeat_at",
            "account": "(SELECT p.organization_id FROM projects AS p WHERE p.id = s.project_id)",
        },
        "ledger": {"table": "ledger_entries", "session": "render_job_id", "where": "entry_kind = 'refund'"},
    },
    "signs": {
        "sessions": {"table": "predictions", "account": "user_id", "started_at": "created_at"},
        "accounts": {"table": "users", "balance": "tokens"},
        "ledger": {
            "table": "token_history", "session": "prediction_id", "where": "change > 0",
            "insert": {"user_id": "account_id", "prediction_id": "session_id", "change": "amount"},
        },
    },
    "organisations": {
        "sessions": {
            "table": "export_request", "id": "export_request_id", "account": "organisation_id",
            "status": "export_state", "failed": ["Failed"], "running": ["Exporting", "Requested"],
            "succeeded": ["Exported"], "started_at": "requested_at", "exclude": "credits_refunded_at IS NOT NULL",
        },
        "accounts": {
            "table": "organisation_credits", "id": "organisation_id", "balance": "available_credits",
            "spent": "consumed_credits", "invariant": "available_credits = granted_credits - consumed_credits",
        },
    },
    "clerk": {
        "sessions": {"table": "app_generations", "account": "user_id", "failed": ["failed"], "succeeded": ["success"]},
        "accounts": {"table": "app_users", "id": "clerk_id", "balance": "credits"},
        "ledger": {
            "table": "app_credit_history", "session": "task_id", "where": "action = 'refund_failed_generation'",
            "insert": {
                "id": "refund_id", "user_id": "account_id", "task_id": "session_id",
                "action": "'refund_failed_generation'", "amount": "amount", "created_at": "at",
            },
        },
    },
    "parts": {
        "sessions": {
            "table": "prediction_sessions", "id": "id", "account": "user_id", "failed": ["error"],
            "running": ["initializing", "queued", "researching", "generating"], "succeeded": ["finished"],
            "exclude": "step = 'All models failed - credits refunded'",
        },
        "accounts": {"table": '"user"', "id": "id", "balance": "credits", "spent": "total_credits_spent"},
    },
    "minutes": {
        "sessions": {
            "table": "call_analyses", "account": "tenant_id", "status": "state", "failed": ["failed"],
            "running": ["analysing", "queued"], "succeeded": ["analysed"], "error": "exception",
        },
        "accounts": {"table": "tenants", "balance": "minutes_left"},
    },
    "ledger_only": {
        "sessions": {
            "table": "renders", "status": "state", "failed": ["?"],
            "account": "(SELECT p.owner_id FROM projects AS p WHERE p.id = s.project_id)",
        },
        "ledger": {"table": "credit_entries", "session": "render_id", "where": "?"},
    },
}  # fmt: skip


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


@pytest.mark.parametrize("app", ANSWERS)
def test_a_file_whose_questions_are_answered_installs_and_sweeps(server: Server, tmp_path: Path, app: str) -> None:
    """Whatever the app: only amount and time of failure had to be told, and the mapping fits the catalogue."""
    with server.blank(tmp_path, script(app)) as database:
        assert database.sweeper("init", "--yes").exit_code == 0
        amount, failed_at = ANSWERS[app]
        database.configure('amount     = "?"', f"amount = '''{amount}'''")
        database.configure('failed_at  = "?"', f"failed_at = '''{failed_at}'''")
        if "balance_after" in database.config.read_text():
            database.configure('balance_after = "?"', 'balance_after = "0"')
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
    (line,) = [line for line in bare.config.read_text().splitlines() if "cardinality" in line]
    assert "seven: 7" in line
    assert "null on 1 of 2" in line
    assert "fine" not in line


def test_a_mark_of_the_apps_own_refunds_becomes_the_exclusion(bare: AppDatabase) -> None:
    bare.account()
    for number in range(3):
        bare.session(f"given back {number}", step="All models failed - credits refunded")
        bare.session(f"owed {number}", error=f"Refund me, says customer {number}")
    assert bare.sweeper("init", "--yes", "--force").exit_code == 0
    found = tomllib.loads(bare.config.read_text())
    assert found["sessions"]["exclude"] == "step = 'All models failed - credits refunded'"
    assert "says customer" not in bare.config.read_text(), "a text that is one customer's is not a mark"


def test_an_invariant_that_some_account_breaks_is_not_proposed(bare: AppDatabase) -> None:
    bare.sql("INSERT INTO users VALUES ('u1', 100, 100, 0), ('u2', 5, 100, 0)")
    assert bare.sweeper("init", "--yes", "--force").exit_code == 0
    found = tomllib.loads(bare.config.read_text())["accounts"]
    assert (found["balance"], found["spent"], "invariant" in found) == ("credits", "total_credits_spent", False)


def test_ledger_rows_that_go_down_are_written_so(server: Server, tmp_path: Path) -> None:
    """Some books count a refund as a negative charge."""
    with server.blank(tmp_path, script("supabase")) as database:
        database.sql("UPDATE credit_transactions SET amount = -amount WHERE generation_id IS NOT NULL")
        assert database.sweeper("init", "--yes").exit_code == 0
        text = database.config.read_text()
        assert tomllib.loads(text)["ledger"]["insert"]["amount"] == "-amount"
        assert "(SELECT sum(l.amount) FROM credit_transactions AS l" in text


def test_a_database_without_paid_work_is_told_so_and_nothing_is_written(server: Server, tmp_path: Path) -> None:
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
        child.expect("a number from 1 to")
        child.sendline("1")
        child.expect("'canceled' mean")
        child.expect("Number")
        child.sendline("2")
        child.expect("What is owed")
        child.expect("credits_charged.*98: 7")
        child.sendline("1")
        child.expect("When did a session fail")
        child.expect("leaves it open")
        child.sendline("failed_at")
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 0
        found = tomllib.loads(database.config.read_text())["sessions"]
        assert (found["amount"], found["failed_at"]) == ("credits_charged", "failed_at")
        assert found["failed"] == ["failed", "canceled"]
        assert database.sweeper("install", now=None).exit_code == 0


def test_a_ledger_whose_refunds_nothing_tells_apart_is_an_open_question(server: Server, tmp_path: Path) -> None:
    """Taken for refunds, its charges would say of every session that it was refunded."""
    with server.blank(tmp_path, script("signs")) as database:
        database.sql("TRUNCATE token_history")
        ran = database.sweeper("init", "--yes", "--json")
        assert "ledger.where" in ran.document["open_questions"]
        assert database.run().document["error"]["code"] == "open_questions"
