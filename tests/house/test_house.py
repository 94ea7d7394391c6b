"""The house: imports run one way, one module talks to the driver, and every statement is a file that is used."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePath

import pytest

from sweeper.config import parsing
from sweeper.install.installed_mapping import open_mapping
from sweeper.postgres import templates
from sweeper.postgres.connection import from_url
from sweeper.postgres.database import Database
from tests.helpers.paths import APPS, REPOSITORY
from tests.helpers.server import Server
from tests.helpers.statements import first_lines

PACKAGE = REPOSITORY / "sweeper"
SQL = REPOSITORY / "sql"

PROGRAM = sorted(path for path in PACKAGE.rglob("*.py"))
STATEMENTS = sorted(path.relative_to(SQL).with_suffix("").as_posix() for path in SQL.rglob("*.sql"))
# what runs them gives these what they are filled with; the others are filled from the mapping alone
BY_HAND = (
    "app/", "check/", "init/", "install/", "corrections/list_adoptable", "run/set_transaction", "audit/export_refunds",
)  # fmt: skip
# a program writes these, or, as the changelog, they only grow
MAY_BE_LONG = {"CHANGELOG.md", "deploy/grafana/dashboard.json", "docs/pay.sql", "docs/pictures/ratios.svg"}
INCLUDE = re.compile(r"\{include ([a-z_]+)\}")
SLOT = re.compile(r"\{((?!else\}|end\})[a-z_]+)\}")


def imported(path: Path) -> Iterator[str]:
    """The dotted names that a file imports, wherever it does."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_imports_run_one_way() -> None:
    """As the contracts in pyproject.toml say."""
    ran = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_no_test_imports_another_test() -> None:
    """What several tests use is in tests/helpers, so that a test can move without another."""
    tests = sorted((REPOSITORY / "tests").rglob("*.py"))
    assert len(tests) > 100
    found = [f"{path.name}: {name}" for path in tests for name in imported(path) if ".test_" in name]
    assert found == []


def test_no_file_is_longer_than_a_few_screens() -> None:
    """260 lines; a longer file is split by its subject."""
    longer = {path.relative_to(REPOSITORY).as_posix() for path, text in texts() if len(text.splitlines()) > 260}
    assert longer <= MAY_BE_LONG


def test_no_module_lies_loose() -> None:
    assert {path.name for path in PACKAGE.glob("*.py")} == {"__init__.py", "__main__.py"}


def test_only_the_command_line_reads_the_clock_and_the_environment_prints_and_exits() -> None:
    reads = {"os.environ", "os.getenv", "sys.stdout", "sys.stderr", "sys.argv", "sys.exit", "time.time"}
    reads |= {"datetime.now", "datetime.utcnow", "date.today"}
    # supervisor.py is also a program of its own
    others = [path for path in PROGRAM if path.parent.name != "cli" and path != PACKAGE / "demo" / "supervisor.py"]
    for path in others:
        nodes = list(ast.walk(ast.parse(path.read_text())))
        names = {ast.unparse(node) for node in nodes if isinstance(node, ast.Attribute)}
        calls = {ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)}
        assert names & reads | calls & {"print", "exit", "input"} == set(), path


def test_every_library_that_is_imported_is_declared() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    lines = [
        *project["dependencies"],
        *project["optional-dependencies"]["report"],
        *project["optional-dependencies"]["notify"],
    ]
    declared = {re.split(r"[\[<>=~! ]", line)[0].replace("-", "_") for line in lines}
    used = {name.partition(".")[0] for path in PROGRAM for name in imported(path)}
    assert used - set(sys.stdlib_module_names) - {"sweeper"} == declared


def test_every_statement_begins_with_what_it_is_for() -> None:
    said = re.compile(r"-- \w.{14,}\S\n")
    assert [name for name in STATEMENTS if not said.match((SQL / f"{name}.sql").read_text())] == []


# `sweeper sql` has an example for each statement: that is not the use of it
EXAMPLES = (PACKAGE / "statements" / "slots.py", PACKAGE / "statements" / "binds.py")


@cache  # it parses the whole program
def words_of_the_program() -> set[str]:
    """Every string in the program, and every name that an argument is given by."""
    trees = [ast.parse(path.read_text()) for path in PROGRAM if path not in EXAMPLES]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    strings = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return strings | {node.arg for node in nodes if isinstance(node, ast.keyword) and node.arg}


def test_every_statement_is_used() -> None:
    included = {part for name in STATEMENTS for part in INCLUDE.findall((SQL / f"{name}.sql").read_text())}
    words = words_of_the_program()
    assert [name for name in STATEMENTS if PurePath(name).name not in words | included] == []


def test_every_included_part_is_there() -> None:
    included = {part for name in STATEMENTS for part in INCLUDE.findall((SQL / f"{name}.sql").read_text())}
    assert included <= templates.files().keys()


def test_every_statement_is_known_by_its_first_line() -> None:
    """A test recognizes a statement that is sent by it, so nothing is filled into it."""
    assert len(first_lines()) == len(STATEMENTS)
    filled = {name for line, name in first_lines().items() if SLOT.search(line)}
    assert filled <= {"grant_owner"}, "what is printed is never sent"


def test_no_two_statements_have_one_name() -> None:
    assert len(templates.files()) == len(STATEMENTS)


@pytest.mark.parametrize("app", ["first", "prisma", "ledger_only"])
def test_no_statement_has_an_unfilled_slot(server: Server, tmp_path: Path, app: str) -> None:
    with server.app(app, tmp_path) as given:
        database = Database(from_url(given.url, "URL"), application_name="test")
        mapping, _ = open_mapping(database, parsing.load(APPS / f"{app}.toml"))
        database.close()
    needs_ledger = {"list_double_refunds", "find_in_app_ledger", "note_seen"} if mapping.ledger is None else set()
    accounts = {"lock_accounts", "lock_balances", "read_balances", "balance_drift", "list_accounts", "add_in_shard"}
    needs_accounts = set() if mapping.has_accounts else accounts
    needs_charges = {"find_first_charge", "above_charge"}
    for name in STATEMENTS:
        if PurePath(name).name in needs_ledger | needs_accounts | needs_charges:
            continue
        if not name.startswith(("parts/", *BY_HAND)):
            filled = mapping.statement(PurePath(name).name)
            assert not SLOT.search(filled), name
            assert "{include" not in filled, name


def test_slots_that_are_filled_by_hand_are_named_in_the_program() -> None:
    by_hand = [name for name in STATEMENTS if name.startswith(BY_HAND)]
    slots = {slot for name in by_hand for slot in SLOT.findall((SQL / f"{name}.sql").read_text())}
    words = words_of_the_program()
    # beside the slot of a column, how its values are compared, and their type
    assert {re.sub("_(eq|type)$", "", slot) for slot in slots - words} <= words


def test_statements_come_from_the_checkout_here() -> None:
    assert templates.folder() == SQL


@cache
def texts() -> list[tuple[Path, str]]:
    """Every file of the project that was written by hand."""
    skipped, ends = {".git", ".venv", "__pycache__", "dist", "build"}, ("_cache", ".egg-info", ".hypothesis")
    found = []
    for folder, folders, names in os.walk(REPOSITORY):
        folders[:] = [name for name in folders if name not in skipped and not name.endswith(ends)]
        found += [Path(folder, name) for name in names if name not in skipped and Path(folder, name).is_file()]
    return [(path, path.read_text(errors="replace")) for path in sorted(found)]


def test_no_file_names_a_package_registry() -> None:
    hosts = [".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("pypi", "python"))]
    named = [path.name for path, text in texts() if any(host in text for host in hosts)]
    assert named == []


def test_there_is_no_lock_file() -> None:
    assert [path.name for path, _ in texts() if path.suffix == ".lock" or path.name == "pylock.toml"] == []
