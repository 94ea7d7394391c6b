"""The help texts, word for word: UPDATE_GOLDEN=1 writes them anew."""

import pytest

from sweeper.cli import run_command
from tests.helpers.command import command
from tests.helpers.golden import check_golden
from tests.helpers.paths import GOLDEN

COMMANDS = (
    "sweeper",
    "sweeper demo",
    "sweeper init",
    "sweeper install",
    "sweeper check",
    "sweeper run",
    "sweeper audit",
    "sweeper explain",
    "sweeper history",
    "sweeper revert",
    "sweeper adopt",
    "sweeper sql",
    "sweeper schema",
)


@pytest.mark.parametrize("line", COMMANDS)
def test_help_is_the_golden_text(line: str) -> None:
    _, *words = line.split()
    ran = command(*words, "--help", environment={"COLUMNS": "80"})
    assert (ran.exit_code, ran.stderr) == (0, "")
    check_golden(f"help/{line.replace(' ', '_')}.txt", ran.stdout)


def test_every_command_has_a_golden_text() -> None:
    listed = (GOLDEN / "help" / "sweeper.txt").read_text().partition("Commands:\n")[2]
    names = {line.split()[0] for line in listed.splitlines() if line.startswith("  ") and line[2] != " "}
    assert {f"sweeper {name}" for name in names} == set(COMMANDS) - {"sweeper"}


def test_without_a_command_the_help_is_shown_and_nothing_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command([]) == 0
    shown = capsys.readouterr()
    assert "Usage: sweeper" in shown.out
    assert shown.err == ""
