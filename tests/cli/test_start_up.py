"""Start-up: a command imports what it uses, and nothing else; cron starts one each minute."""

import json
import subprocess
import sys

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.command import neutral_environment
from tests.helpers.paths import REPOSITORY

HEAVY = {
    "apprise",
    "jinja2",
    "prometheus_client",
    "psycopg",
    "pydantic",
    "pygal",
    "rich",
    "sqlalchemy",
    "stamina",
    "structlog",
}
# the last line of stderr: what the command had imported when it ended, and how often garbage was looked for since
TELLING = """
import atexit, gc, json, sys
from sweeper.cli import main
before = gc.get_stats()
def tell():
    looked = [now["collections"] - then["collections"] for then, now in zip(before, gc.get_stats())]
    print(json.dumps([sorted({name.partition(".")[0] for name in sys.modules}), sum(looked)]), file=sys.stderr)
atexit.register(tell)
sys.argv = ["sweeper", *sys.argv[1:]]
main()
"""


def started(*words: str, **environment: str) -> tuple[set[str], int]:
    """The heavy libraries that a command imports, and how often it looks for garbage."""
    line = [sys.executable, "-c", TELLING, *words]
    ran = subprocess.run(
        line, cwd=REPOSITORY, env={**neutral_environment(), **environment}, capture_output=True, text=True, check=True
    )
    modules, looked = json.loads(ran.stderr.splitlines()[-1])
    return HEAVY & set(modules), looked


@pytest.mark.parametrize("flag", ["--help", "--version"])
def test_the_overview_needs_no_library_but_that_of_the_command_line(flag: str) -> None:
    assert started(flag)[0] == set()


def test_a_run_that_finds_nothing_imports_what_it_takes_to_look(first: AppDatabase) -> None:
    imported, looked = started("run", "--json", **first.environment)
    assert imported == {"psycopg", "pydantic", "sqlalchemy"}
    assert looked == 0
