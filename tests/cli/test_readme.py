"""The README is true: every command, flag, exit code and key in it is one that there is."""

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
import typing
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from sweeper.config import parsing
from sweeper.config.model import Settings
from sweeper.core.errors import Exit
from sweeper.monitoring import metrics
from tests.support import APPS, AppDatabase, Server, command

REPOSITORY = Path(__file__).parents[2]
README = (REPOSITORY / "README.md").read_text()
CRONTAB = (REPOSITORY / "crontab.example").read_text()
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OTHER_PROGRAMS_FLAGS = {
    "--quiet",  # pip
    "--kill-after", "--nonblock", "--conflict-exit-code",  # timeout and flock, in the crontab
}  # fmt: skip


def section(title: str) -> str:
    """What stands under one heading, up to the next of the same rank."""
    (text,) = re.findall(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", README, re.MULTILINE | re.DOTALL)
    return str(text)


def blocks(text: str, language: str) -> list[str]:
    return [body for name, body in BLOCK.findall(text) if name == language]


def table(title: str) -> list[list[str]]:
    """The cells of a section's table, without its head."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def help_of(*words: str) -> str:
    ran = command(*words, "--help", environment={"COLUMNS": "80"})
    assert ran.exit_code == 0
    return ran.stdout


def commands() -> set[str]:
    return set(re.findall(r"^  (\w+)  ", help_of().partition("Commands:")[2], re.MULTILINE))


def flags(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text))


@pytest.mark.parametrize("title", ["Try it", "Run the tests"])
def test_set_up_is_one_command_line_in_one_sh_block(title: str) -> None:
    (block,) = blocks(section(title), "sh")
    assert len(block.splitlines()) == 1
    assert "\\\n" not in block
    assert shlex.split(block)[:3] == ["python3", "-m", "venv"]


def test_the_two_set_up_blocks_are_the_only_sh_blocks() -> None:
    assert len(blocks(README, "sh")) == 2


def test_ci_runs_the_test_command_of_the_readme() -> None:
    script = (REPOSITORY / ".ci" / "run").read_text()
    assert "README.md" in script
    assert "pytest" not in script


def test_every_flag_exists() -> None:
    known = flags(help_of()).union(*(flags(help_of(name)) for name in commands()))
    assert flags(README) | flags(CRONTAB) <= known | OTHER_PROGRAMS_FLAGS


def test_every_flag_of_a_command_line_is_one_of_that_command() -> None:
    shown = "\n".join(
        re.findall(r"`sweeper [^`]+`|^\$ sweeper .*|timeout .* sweeper .*", README + CRONTAB, re.MULTILINE)
    )
    lines = re.findall(r"sweeper ([a-z]+\b[^`\n|>]*)", shown)
    assert len(lines) > 10
    for line in lines:
        name, *words = line.split()
        assert name in commands()
        assert flags(" ".join(words)) <= flags(help_of(name))


def test_every_command_exists() -> None:
    code = [*re.findall(r"`([^`\n]+)`", README), *"\n".join(body for _, body in BLOCK.findall(README)).splitlines()]
    mentioned = {name for text in code for name in re.findall(r"(?:^|/|\$ )sweeper ([a-z]+)", text)}
    assert mentioned == commands()


def test_table_of_flags_is_the_help_of_run() -> None:
    described = {flag for row in table("Flags of `sweeper run`") for flag in flags(row[0])}
    assert described == flags(help_of("run").partition("Options:")[2]) - {"--help"}


def test_table_of_findings_is_the_programs() -> None:
    described = {row[0].strip("`") for row in table("Audit")}
    assert described == {path.stem for path in (REPOSITORY / "sql" / "findings").glob("*.sql")}


def test_table_of_check_is_what_check_looks_at(first: AppDatabase) -> None:
    text = section("Use it on your app").partition("### 4.")[2].partition("### 5.")[0]
    described = re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)
    assert described == [item["name"] for item in first.sweeper("check", "--json", now=None).document["checks"]]


def test_table_of_exit_codes_is_the_programs() -> None:
    assert {int(row[0]) for row in table("Exit codes")} == set(Exit)


def test_every_key_is_described_with_its_default() -> None:
    described = {row[0].strip("`"): row[1] for row in table("Configuration")}
    assert list(described) == list(_defaults())
    for key, default in _defaults().items():
        if default is not None:
            assert described[key].strip("`").replace('"', "") == default, key


def _defaults() -> dict[str, str | None]:
    """Each key with its default as the README writes it; none where only words can tell it."""
    told: dict[str, str | None] = {}
    for name, field in Settings.model_fields.items():
        section = next(part for part in (field.annotation, *_inside(field.annotation)) if _is_section(part))
        for key, inner in section.model_fields.items():
            told[f"{name}.{inner.alias or key}"] = _shown(inner.default)
    return told


def _is_section(part: object) -> bool:
    return isinstance(part, type) and issubclass(part, BaseModel)


def _inside(annotation: object) -> tuple[object, ...]:
    return typing.get_args(annotation)


def _shown(default: object) -> str | None:
    if default is PydanticUndefined:
        return "required"
    if isinstance(default, timedelta):
        minutes = int(default.total_seconds()) // 60
        return f"{minutes // 60}h" if minutes % 60 == 0 else f"{minutes}m"
    return None if default is None else str(default)


def test_example_file_is_valid_and_shows_every_key() -> None:
    whole, ledger = blocks(section("Use it on your app"), "toml")
    content = tomllib.loads(whole) | tomllib.loads(ledger)
    (monitoring,) = blocks(section("Monitoring"), "toml")
    content |= tomllib.loads(monitoring)
    parsing.parse(content)
    shown = {f"{name}.{key}" for name, part in content.items() if isinstance(part, dict) for key in part}
    shown |= {f"reasons.{key}" for key in content["reasons"][0]}
    commented = {f"{name}.{key}" for name, text in (("sessions", whole), ("ledger", ledger))
                 for key in re.findall(r"^# (\w+) +=", text, re.MULTILINE)}  # fmt: skip
    without_use_yet = {"ledger.reverse", "audit.overdue_after"}
    assert shown | commented | without_use_yet | {"logging.event_prefix"} == set(_defaults())


def test_example_file_fits_the_first_app(bare: AppDatabase) -> None:
    bare.config.write_text(blocks(section("Use it on your app"), "toml")[0])
    bare.account()
    bare.session("failed", created="2026-01-02 10:00")
    bare.session("too old", created="2025-12-31 10:00")
    assert bare.sweeper("install", now=None).exit_code == 0
    document = bare.run(now=None).document
    assert document["refunds"] == {"sessions": 1, "credits": 3, "accounts": 1}
    assert document["before_floor"] == {"sessions": 1, "credits": 3}


def test_example_of_a_ledger_fits_the_prisma_app(server: Server, tmp_path: Path) -> None:
    with server.app("prisma", tmp_path, installed=False) as database:
        mapping = (APPS / "prisma.toml").read_text().partition("[ledger]")[0]
        database.config.write_text(mapping + blocks(section("Use it on your app"), "toml")[1])
        ran = database.sweeper("install", now=None)
        assert ran.exit_code == 0, ran.stderr


def test_document_has_the_keys_of_a_run(first: AppDatabase) -> None:
    example = json.loads(blocks(section("The JSON document"), "json")[0])
    document = first.run().document
    assert list(document) == list(example)
    assert all(type(document[key]) is type(example[key]) for key in example)


def test_granted_role_can_run(first: AppDatabase) -> None:
    (grants,) = blocks(section("Use it on your app"), "sql")
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


def test_uninstalling_keeps_the_refunds_and_leaves_the_app_as_it_was(prisma: AppDatabase) -> None:
    assert prisma.sweeper("install", "--fence", now=None).exit_code == 0
    find, drop = blocks(section("Uninstall"), "sql")
    found = prisma.sql(find.replace("\\gexec", ""))
    assert len(found) == 2
    for (statement,) in found:
        prisma.sql(statement)
    assert prisma.value("SELECT count(*) FROM pg_indexes WHERE schemaname = 'app' AND indexname LIKE 'sweeper%'") == 0
    assert prisma.sweeper("install", now=None).exit_code == 0, "the schema alone can be taken up again"
    prisma.sql(drop)
    left = prisma.sql("SELECT relname FROM pg_class WHERE relnamespace = 'sweeper'::regnamespace AND relkind = 'r'")
    assert sorted(left) == [("refunds",), ("reversals",), ("settings",)]
    assert (
        prisma.value("SELECT count(*) FROM pg_trigger WHERE tgrelid = 'app.\"Job\"'::regclass AND NOT tgisinternal")
        == 0
    )


def test_crontab_is_quiet_and_passes_nothing_that_cron_would_eat() -> None:
    (line,) = [line for line in CRONTAB.splitlines() if re.match(r"[*\d]", line)]
    assert "%" not in line
    assert "timeout " in line
    assert "flock " in line


def test_every_linked_file_is_there() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (REPOSITORY / target).exists(), target


def test_every_file_that_is_named_is_there() -> None:
    named = re.findall(r"`((?:sweeper|sql|tests|\.ci)/[^`\s*]*)`", README)
    assert len(named) > 10
    for name in named:
        assert (REPOSITORY / name).exists(), name


def test_every_linked_heading_is_there() -> None:
    headings = re.findall(r"^##+ (.*)$", BLOCK.sub("", README), re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    for target in re.findall(r"\]\(#([^)]+)\)", README):
        assert target in anchors, target


def test_the_statement_that_pays_is_shown_as_it_is() -> None:
    (shown,) = blocks(section("How it stays safe"), "sql")
    parts = [REPOSITORY / "sql" / "parts" / f"{name}.sql" for name in ("close_stuck", "book_own", "move_balance")]
    assert shown == "".join(part.read_text() for part in parts)


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


def test_every_metric_is_described() -> None:
    described = {re.sub(r"\{.*", "", row[0].strip("`")) for row in table("Monitoring")}
    assert described == set(metrics.HELP)
    used = set(re.findall(r"sweeper_[a-z_]+", (REPOSITORY / "alerts.example.yaml").read_text()))
    assert used <= described


def test_credits_that_were_set_anew_are_not_given_back_as_the_answer_says(bare: AppDatabase) -> None:
    (example,) = re.findall(r'^`exclude = "(.*)"`', section("Questions people ask"), re.MULTILINE)
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
    text = section("Questions people ask")
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
