"""The README: short, with set-up commands that work, and the commands and flags in all of the documentation exist."""

import re
import shlex
from functools import cache

import pytest

from tests.helpers.command import command
from tests.helpers.paths import REPOSITORY
from tests.helpers.readme import BLOCK, EVERYTHING, README, blocks, described, section, table

CRONTAB = (REPOSITORY / "crontab.example").read_text()
CLI = "docs/reference/cli.md"
OTHER_PROGRAMS_FLAGS = {
    "--quiet",  # pip
    "--kill-after", "--nonblock", "--conflict-exit-code",  # timeout and flock, in the crontab
    "--autogenerate",  # alembic
    "--now",  # systemctl
    "--schema-only",  # pg_dump
}  # fmt: skip


@cache
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
    assert len(blocks(EVERYTHING, "sh")) == len(blocks(README, "sh")) == 2


def test_it_is_short_and_has_one_picture() -> None:
    assert len(README.splitlines()) <= 250
    assert len(re.findall(r"!\[", README)) == 1


def test_the_first_run_is_seven_commands() -> None:
    (block,) = blocks(section("The first run"), "console")
    assert [line[:2] for line in block.splitlines()] == ["$ "] * 7


def test_ci_runs_the_test_command_of_the_readme() -> None:
    script = (REPOSITORY / ".ci" / "run").read_text()
    assert "README.md" in script
    assert "pytest" not in script


def test_every_flag_exists() -> None:
    known = flags(help_of()).union(*(flags(help_of(name)) for name in commands()))
    assert flags(EVERYTHING) | flags(CRONTAB) <= known | OTHER_PROGRAMS_FLAGS


def test_every_flag_of_a_command_line_is_one_of_that_command() -> None:
    shown = "\n".join(
        re.findall(r"`sweeper\s[^`]+`|^\$ sweeper .*|timeout .* sweeper .*", EVERYTHING + CRONTAB, re.MULTILINE)
    )
    lines = re.findall(r"sweeper\s([a-z]+\b[^`\n|>]*(?:\n[^`\n|>$]+)?)", shown)
    assert len(lines) > 40
    for line in lines:
        name, *words = line.split()
        assert name in commands(), line
        assert flags(" ".join(words)) <= flags(help_of(name)), line


def test_every_command_exists() -> None:
    code = [
        *re.findall(r"`([^`\n]+)`", EVERYTHING),
        *"\n".join(body for _, body in BLOCK.findall(EVERYTHING)).splitlines(),
    ]
    mentioned = {name for text in code for name in re.findall(r"(?:^|/|\$ )sweeper ([a-z]+)", text)}
    assert mentioned == commands()


def test_every_command_and_each_of_its_flags_is_in_the_reference() -> None:
    for name in commands():
        listed = {flag for row in table(f"`sweeper {name}`", CLI) for flag in flags(row[0])}
        assert listed == set(re.findall(r"^  (--[a-z-]+)", help_of(name), re.MULTILINE)) - {"--help"}, name
    assert flags(help_of()) <= flags((REPOSITORY / CLI).read_text())


def test_every_argument_of_a_command_is_in_the_reference() -> None:
    for name in commands():
        arguments = re.findall(r"^  ([A-Z]+) <", help_of(name), re.MULTILINE)
        assert set(arguments) <= set(described(f"`sweeper {name}`", CLI)), name


def test_crontab_is_quiet_and_passes_nothing_that_cron_would_eat() -> None:
    (line,) = [line for line in CRONTAB.splitlines() if re.match(r"[*\d]", line)]
    assert "%" not in line
    assert "timeout " in line
    assert "flock " in line
