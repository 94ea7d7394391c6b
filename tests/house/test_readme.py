"""The README is true: every command, flag, exit code and key in it is one that there is."""

import re
import shlex
import tomllib
import typing
from datetime import timedelta

import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from sweeper.config import parsing
from sweeper.config.model import Settings
from sweeper.core.errors import Exit
from sweeper.monitoring import metrics
from tests.helpers.app_database import AppDatabase
from tests.helpers.command import command
from tests.helpers.paths import REPOSITORY
from tests.helpers.readme import BLOCK, README, blocks, section, table

CRONTAB = (REPOSITORY / "crontab.example").read_text()
OTHER_PROGRAMS_FLAGS = {
    "--quiet",  # pip
    "--kill-after", "--nonblock", "--conflict-exit-code",  # timeout and flock, in the crontab
}  # fmt: skip


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
    assert described == {path.stem for path in (REPOSITORY / "sql" / "audit" / "findings").glob("*.sql")}


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
            assert described[key].strip("`").replace('"', "") == default.replace("'", ""), key


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
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, timedelta):
        minutes = int(default.total_seconds()) // 60
        return f"{minutes // 60}h" if minutes % 60 == 0 else f"{minutes}m"
    return None if default is None else str(default)


def test_example_file_is_valid_and_shows_every_key() -> None:
    whole, ledger = blocks(section("Use it on your app"), "toml")
    content = tomllib.loads(whole) | tomllib.loads(ledger)
    for block in blocks(section("Monitoring"), "toml"):
        content |= tomllib.loads(block)
    parsing.parse(content)
    shown = {f"{name}.{key}" for name, part in content.items() if isinstance(part, dict) for key in part}
    shown |= {f"reasons.{key}" for key in content["reasons"][0]}
    commented = {f"{name}.{key}" for name, text in (("sessions", whole), ("accounts", whole), ("ledger", ledger))
                 for key in re.findall(r"^# (\w+) +=", text, re.MULTILINE)}  # fmt: skip
    commented |= set(re.findall(r"^# \[(\w+\.\w+)\]", whole + ledger, re.MULTILINE))
    commented &= set(_defaults())
    without_use_yet = {"ledger.reverse", "audit.overdue_after"}
    assert shown | commented | without_use_yet | {"logging.event_prefix"} == set(_defaults())


def test_crontab_is_quiet_and_passes_nothing_that_cron_would_eat() -> None:
    (line,) = [line for line in CRONTAB.splitlines() if re.match(r"[*\d]", line)]
    assert "%" not in line
    assert "timeout " in line
    assert "flock " in line


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_every_linked_file_is_there(name: str) -> None:
    for target in re.findall(r"\]\((?!https:)([^)#]+)\)", (REPOSITORY / name).read_text()):
        assert (REPOSITORY / target).exists(), target


def test_every_file_that_is_named_is_there() -> None:
    text = README + (REPOSITORY / "CONTRIBUTING.md").read_text()
    named = re.findall(r"`((?:sweeper|sql|tests|benchmarks|\.ci)/[^`\s*]*)`", text)
    assert len(named) > 10
    for name in named:
        assert (REPOSITORY / name).exists() or "NAME" in name, name


def test_every_linked_heading_is_there() -> None:
    headings = re.findall(r"^##+ (.*)$", BLOCK.sub("", README), re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    for target in re.findall(r"\]\(#([^)]+)\)", README):
        assert target in anchors, target


def test_every_metric_is_described() -> None:
    described = {re.sub(r"\{.*", "", row[0].strip("`")) for row in table("Monitoring")}
    assert described == set(metrics.HELP)
    used = set(re.findall(r"sweeper_[a-z_]+", (REPOSITORY / "deploy" / "prometheus" / "alerts.yaml").read_text()))
    assert used <= described
