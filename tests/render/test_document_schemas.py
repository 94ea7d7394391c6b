"""The schemas of the JSON documents are true: of what commands print, with nothing in it that is not described."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped, unused-ignore]

from sweeper.render.json.schemas import document_schemas
from tests.helpers.app_database import AppDatabase
from tests.helpers.command import Ran, command
from tests.helpers.prisma_app import prisma_job
from tests.helpers.reversals import revert
from tests.helpers.triggers import spoil

SCHEMAS = document_schemas()


def strict(schema: Any) -> Any:
    """The same, for a reader who wants to know every property."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: strict(value) for key, value in schema.items()}
    if "properties" in schema and isinstance(schema.get("required"), list):
        closed["additionalProperties"] = False
    return closed


def check(ran: Ran, name: str) -> None:
    for line in ran.stdout.splitlines():
        document = json.loads(line)
        assert document["command"] == name
        Draft202012Validator(strict(SCHEMAS[name])).validate(document)


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_one_and_is_printed(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])
    ran = command("schema", "--document", name, environment={})
    assert (ran.exit_code, json.loads(ran.stdout)) == (0, SCHEMAS[name])


def test_a_command_without_a_document_has_no_schema() -> None:
    ran = command("schema", "--document", "demo", environment={})
    assert ran.exit_code == 2
    assert "--document is one of run, check" in ran.stderr


def test_documents_of_runs_and_of_what_looks_back(first: AppDatabase) -> None:
    first.account()
    first.session("s1")
    first.session("s2", models=20)
    first.session("s3", "generating")
    for flags in (("--dry-run",), ("--max-amount", "10"), (), ("--session", "s1"), ("--session", "unknown")):
        check(first.run(*flags), "run")
    check(first.run("--session", "s2", "--by", "Ada", "--reason", "called"), "run")
    check(first.sweeper("run", "--json", "--config", "nowhere.toml"), "run")
    check(first.sweeper("run", "--json", "--config", str(first.config), "--config", "nowhere.toml"), "run")
    run_id = first.value("SELECT run_id::text FROM sweeper.runs WHERE sessions > 0 LIMIT 1")
    for arguments in (("history",), ("history", run_id), ("history", "none"), ("explain", "s2"), ("explain", "none"),
                      ("explain", "--account", "u1"), ("audit",), ("sql",), ("sql", "find"), ("sql", "none"),
                      ("check",), ("install",)):  # fmt: skip
        check(first.sweeper(*arguments, "--json"), arguments[0])


def test_documents_of_corrections(first: AppDatabase) -> None:
    first.account()
    for number in range(3):
        first.session(f"s{number}")
    first.run("--session", "s0", "--session", "s1")
    reason = ("--reason", "a test", "--json")
    check(first.sweeper("adopt", "--session", "s2", "--dry-run", *reason), "adopt")
    check(first.sweeper("adopt", "--session", "s2", "--yes", *reason), "adopt")
    check(first.sweeper("adopt", "--where", "nonsense", "--yes", *reason), "adopt")
    check(first.sweeper("revert", "--session", "s0", "--dry-run", *reason), "revert")
    check(first.sweeper("revert", "--session", "s0", "--yes", *reason), "revert")
    first.sql("UPDATE users SET credits = 0")
    check(first.sweeper("revert", "--session", "s1", "--yes", *reason), "revert")
    for session in ("s0", "s2"):
        check(first.sweeper("explain", session, "--json"), "explain")


def test_the_document_of_a_revert_that_says_why_one_is_left(prisma: AppDatabase) -> None:
    prisma_job(prisma)
    run_id = prisma.run().document["run_id"]
    spoil(prisma, 'app."CreditTransaction"', "INSERT", 'new."amount" := -1;')
    check(revert(prisma, "--run", run_id), "revert")


def test_the_document_of_a_draft(bare: AppDatabase) -> None:
    check(bare.sweeper("init", "--json"), "init")
    check(bare.sweeper("init", "--force", "--json"), "init")


def test_decimal_credits_are_texts(prisma: AppDatabase) -> None:
    check(prisma.run("--dry-run"), "run")
    check(prisma.sweeper("audit", "--json"), "audit")
