"""The examples of the README and of docs/ work: files, grants, hooks, answers and what the demo prints."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.paths import APPS, REPOSITORY
from tests.helpers.readme import DOCS, blocks, section
from tests.helpers.server import Server


def test_example_file_fits_the_first_app(bare: AppDatabase) -> None:
    bare.config.write_text(blocks(section("The file", "docs/mapping.md"), "toml")[0])
    bare.account()
    bare.session("failed", created="2026-01-02 10:00")
    bare.session("too old", created="2025-12-31 10:00")
    assert bare.sweeper("install", now=None).exit_code == 0
    document = bare.run(now=None).document
    assert document["refunds"] == {"sessions": 1, "credits": 3, "accounts": 1}
    assert document["before_floor"] == {"sessions": 1, "credits": 3}


def test_minimal_file_of_the_readme_pays(bare: AppDatabase) -> None:
    bare.config.write_text(blocks(section("A minimal file"), "toml")[0])
    bare.account()
    bare.session("by the app", step="All models failed - credits refunded", created="2026-11-23 09:00")
    bare.session("failed", created="2026-11-23 10:00")
    bare.configure("[policy]", '[policy]\nsince = 2020-01-01T00:00:00Z\nmax_clock_skew = "100y"')
    assert bare.sweeper("install").exit_code == 0
    assert bare.run().exit_code == 0
    assert (bare.refunds(), bare.credits()) == ({"failed": 3}, 103)


def test_example_of_a_ledger_fits_the_prisma_app(server: Server, tmp_path: Path) -> None:
    with server.app("prisma", tmp_path, installed=False) as database:
        mapping = (APPS / "prisma.toml").read_text().partition("[ledger]")[0]
        database.config.write_text(mapping + blocks(section("The file", "docs/mapping.md"), "toml")[1])
        ran = database.sweeper("install", now=None)
        assert ran.exit_code == 0, ran.stderr


def test_document_has_the_keys_of_a_run(first: AppDatabase) -> None:
    example = json.loads(blocks(section("A run", "docs/reference/json.md"), "json")[0])
    document = first.run().document
    assert list(document) == list(example)
    assert all(type(document[key]) is type(example[key]) for key in example)


def test_granted_role_can_run(first: AppDatabase) -> None:
    (grants,) = blocks(section("Roles", "docs/permissions.md"), "sql")
    role = f"sweeper_job_{os.getpid()}"
    first.account()
    first.session("s1")
    first.sql("DROP OWNED BY sweeper_runner")
    first.sql(f"CREATE ROLE {role} LOGIN PASSWORD 'throw-away'")
    try:
        first.sql(grants.replace("sweeper_runner", role))
        parts = psycopg.conninfo.conninfo_to_dict(first.url)
        conninfo = psycopg.conninfo.make_conninfo(**{**parts, "user": role, "password": "throw-away"})
        ran = first.sweeper("run", "--json", SWEEPER_DATABASE_URL=conninfo)
        assert ran.exit_code == 0, ran.stderr
        assert ran.document["refunds"]["sessions"] == 1
    finally:
        first.sql(f"DROP OWNED BY {role}")
        first.sql(f"DROP ROLE {role}")


def test_example_for_supabase_lets_only_the_service_role_refund(first: AppDatabase) -> None:
    """With the rights that a new function has there: everybody who uses the API may call it."""
    (text,) = re.findall(
        r"^```sql\n(CREATE FUNCTION public\.refund_generation.*?)^```$", DOCS["docs/handlers.md"], re.M | re.S
    )
    first.account()
    first.session("s1")
    roles = {name: f"{name}_{os.getpid()}" for name in ("anon", "authenticated", "service_role")}
    try:
        for name, role in roles.items():
            first.sql(f"CREATE ROLE {role} NOLOGIN")
            text = re.sub(rf"\b{name}\b", role, text)
        everybody = ", ".join(roles.values())
        first.sql(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON FUNCTIONS TO {everybody}")
        first.sql(text.replace("uuid", "text"))
        for name in ("anon", "authenticated"):
            with first.connect() as connection:
                connection.execute(f"SET ROLE {roles[name]}")
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute("SELECT public.refund_generation('s1', 'x', 'y')")
        with first.connect() as connection:
            connection.execute(f"SET ROLE {roles['service_role']}")
            assert connection.execute("SELECT public.refund_generation('s1', 'x', 'y')").fetchone() == (3,)
        assert first.refunds() == {"s1": 3}
        assert first.sweeper("check", "--json", now=None).document["checks"]
    finally:
        for role in roles.values():
            first.sql(f"DROP OWNED BY {role}")
            first.sql(f"DROP ROLE {role}")


def test_example_hook_is_set_off_by_a_run(first: AppDatabase) -> None:
    hook, _ = blocks(DOCS["docs/hooks.md"], "sql")
    first.sql("CREATE TABLE parents (id text PRIMARY KEY, given_back numeric NOT NULL DEFAULT 0)")
    first.sql("INSERT INTO parents VALUES ('u1')")
    first.account()
    first.session("s1")
    first.sql(hook)
    assert first.run().document["refunds"]["sessions"] == 1
    assert first.sql("SELECT given_back::int FROM parents") == [(3,)]


def test_large_refunds_are_left_to_the_second_role(first: AppDatabase) -> None:
    """By the hook of docs/permissions.md: cron's role cannot pay them, whatever its flags are."""
    (hook,) = blocks(section("Two people for large refunds", "docs/permissions.md"), "sql")
    first.sql(hook.replace("sweeper_approver", first.value("SELECT session_user")))
    first.account()
    first.session("small")
    first.session("large", models=1001)
    ran = first.run()
    assert (ran.exit_code, first.refunds()) == (3, {"small": 3})
    assert first.value("SELECT why FROM sweeper.holds WHERE session_id = 'large'") == "refused"
    assert first.run("--session", "large").document["refunds"]["sessions"] == 0
    first.run("--session", "large", "--by", "Ada", "--reason", "a batch", role=None)
    assert first.refunds() == {"small": 3, "large": 1001}


def test_uninstalling_keeps_the_refunds_and_leaves_the_app_as_it_was(prisma: AppDatabase) -> None:
    assert prisma.sweeper("install", "--fence", now=None).exit_code == 0
    find, drop = blocks(section("Uninstall", "docs/operations.md"), "sql")
    found = prisma.sql(find.replace("\\gexec", ""))
    assert len(found) == 2
    for (statement,) in found:
        prisma.sql(statement)
    assert prisma.value("SELECT count(*) FROM pg_indexes WHERE schemaname = 'app' AND indexname LIKE 'sweeper%'") == 0
    assert prisma.sweeper("install", now=None).exit_code == 0, "the schema alone can be taken up again"
    prisma.sql(drop)
    left = prisma.sql("SELECT relname FROM pg_class WHERE relnamespace = 'sweeper'::regnamespace AND relkind = 'r'")
    assert sorted(left) == [("refunds",), ("reversals",), ("runs",), ("settings",)]
    assert (
        prisma.value("SELECT count(*) FROM pg_trigger WHERE tgrelid = 'app.\"Job\"'::regclass AND NOT tgisinternal")
        == 0
    )


def unwrapped(text: str) -> str:
    return " ".join(text.split())


def test_what_the_demo_prints_is_shown_as_it_is() -> None:
    (shown,) = blocks(section("Try it"), "text")
    ran = subprocess.run(
        [sys.executable, "-m", "sweeper", "demo"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    printed = iter(ran.stdout.splitlines())
    missing = [line for line in shown.splitlines() if line not in printed]  # `in` moves on: the order counts
    assert missing == []


def test_credits_that_were_set_anew_are_not_given_back_as_the_answer_says(bare: AppDatabase) -> None:
    (example,) = re.findall(r'`exclude = "([^`]*credits_reset_at[^`]*)"`', unwrapped(DOCS["docs/faq.md"]))
    bare.sql("ALTER TABLE users ADD credits_reset_at timestamp")
    bare.account()
    bare.sql("UPDATE users SET credits_reset_at = '2026-11-23 00:00'")
    bare.session("yesterday's", created="2026-11-22 22:00")
    bare.session("today's", created="2026-11-23 09:00")
    bare.configure("step = 'All models failed - credits refunded'", example)
    assert bare.sweeper("install", now=None).exit_code == 0
    assert bare.run("--since", "2026-01-01").exit_code == 0
    assert bare.refunds() == {"today's": 3}


def test_a_customer_can_be_erased_as_the_answer_says(first: AppDatabase) -> None:
    text = unwrapped(DOCS["docs/faq.md"])
    assert "`ALTER TABLE sweeper.refunds DISABLE TRIGGER append_only`" in text
    assert "`ENABLE ALWAYS TRIGGER append_only`" in text
    first.account()
    first.session("s1")
    first.run()
    with pytest.raises(psycopg.errors.RestrictViolation):
        first.sql("DELETE FROM sweeper.refunds")
    first.sql("ALTER TABLE sweeper.refunds DISABLE TRIGGER append_only")
    first.sql("DELETE FROM sweeper.refunds")
    first.sql("ALTER TABLE sweeper.refunds ENABLE ALWAYS TRIGGER append_only")
    findings = first.sweeper("audit", "--json").document["findings"]
    assert "run_mismatch" in {finding["code"] for finding in findings}
