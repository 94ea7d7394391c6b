"""The house: imports run one way, one module talks to the driver, and every statement is a file that is used."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from sweeper import settings, statements
from sweeper.connection import from_url
from sweeper.database import Database
from sweeper.installation import open_mapping
from tests.support import APPS, Server

REPOSITORY = Path(__file__).parents[2]
PACKAGE = REPOSITORY / "sweeper"
SQL = REPOSITORY / "sql"

# From the ground up: a module imports only from those before it. "" is the package itself, with its version.
ORDER = (
    "", "errors", "signals", "results", "correction_result", "check_result", "audit_result", "retrospect", "render",
    "logs", "settings", "statements", "connection", "encoding", "database", "scope", "labels", "catalogue", "identity",
    "mapping",
    "draft", "look", "clocks", "caps", "pace", "comparison", "locks", "batch", "indexes", "functions", "protections",
    "grants", "search_path", "installation", "horizon", "suspects", "payout", "sweep", "takeover", "blockers",
    "release", "guard", "preparation", "runs", "plan", "backlog", "findings", "audit", "explain", "history",
    "corrections", "teller", "revert", "adopt", "preflight", "metrics", "monitoring", "demo", "cli", "__main__",
)  # fmt: skip
DRIVER = {"database.py", "connection.py", "encoding.py"}
PROGRAM = sorted(path for path in PACKAGE.rglob("*.py"))
STATEMENTS = sorted(path.relative_to(SQL).with_suffix("").as_posix() for path in SQL.rglob("*.sql"))
# what runs them gives these what they are filled with; the others are filled from the mapping alone
BY_HAND = (
    "catalogue/", "check/", "draft/", "install/", "grants/", "list_adoptable", "read_installation", "set_transaction",
    "audit/export", "before_install/",
)  # fmt: skip
INCLUDE = re.compile(r"\{include ([a-z_]+)\}")
SLOT = re.compile(r"\{([a-z_]+)\}")


def part_of(path: Path) -> str:
    """The module, or the folder of modules, that a file belongs to."""
    first = path.relative_to(PACKAGE).parts[0]
    return "" if first == "__init__.py" else first.removesuffix(".py")


def imported(path: Path) -> Iterator[str]:
    """The dotted names that a file imports, wherever it does."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own_parts(path: Path) -> set[str]:
    """The parts of the program that a file imports."""
    modules = {known.stem for known in PACKAGE.glob("*.py")} | {known.name for known in PACKAGE.iterdir()}
    found = set()
    for name in imported(path):
        head, _, rest = name.partition(".")
        if head == "sweeper":
            first = rest.partition(".")[0]
            found.add(first if first in modules else "")
    # `from sweeper import x` names the package as well as x
    return found - {""} - {part_of(path)}


def test_every_module_has_its_place() -> None:
    assert {part_of(path) for path in PROGRAM} == set(ORDER)


@pytest.mark.parametrize("path", PROGRAM, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_run_one_way(path: Path) -> None:
    below = set(ORDER[: ORDER.index(part_of(path))])
    assert own_parts(path) - below == set()


def test_only_three_modules_know_the_driver() -> None:
    drivers = {"psycopg", "sqlalchemy"}
    knowing = {path.name for path in PROGRAM if drivers & {name.partition(".")[0] for name in imported(path)}}
    assert knowing == DRIVER


def test_rendering_knows_nothing_of_postgres() -> None:
    for path in (PACKAGE / "render").glob("*.py"):
        assert own_parts(path) <= {
            "errors",
            "results",
            "correction_result",
            "check_result",
            "audit_result",
            "retrospect",
        }


@pytest.mark.parametrize("path", PROGRAM, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_only_the_command_line_reads_the_clock_and_the_environment_prints_and_exits(path: Path) -> None:
    if part_of(path) == "cli" or path.name == "server.py":  # server.py is also a program, the demo's supervisor
        return
    names = {ast.unparse(node) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}
    calls = {ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)}
    reads = {"os.environ", "os.getenv", "sys.stdout", "sys.stderr", "sys.argv", "sys.exit", "time.time"}
    assert names & (reads | {"datetime.now", "datetime.utcnow", "date.today"}) == set()
    assert calls & {"print", "exit", "input"} == set()


def test_every_library_that_is_imported_is_declared() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"], *project["optional-dependencies"]["report"]]
    declared = {re.split(r"[\[<>=~! ]", line)[0].replace("-", "_") for line in lines}
    used = {name.partition(".")[0] for path in PROGRAM for name in imported(path)}
    assert used - set(sys.stdlib_module_names) - {"sweeper"} == declared


@pytest.mark.parametrize("name", STATEMENTS)
def test_statement_begins_with_what_it_is_for(name: str) -> None:
    assert re.match(r"-- \w.*[^\s]\n", (SQL / f"{name}.sql").read_text())


def words_of_the_program() -> set[str]:
    """Every string in the program."""
    trees = [ast.parse(path.read_text()) for path in PROGRAM]
    nodes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return {node.value for node in nodes if isinstance(node.value, str)}


def test_every_statement_is_used() -> None:
    included = {part for name in STATEMENTS for part in INCLUDE.findall((SQL / f"{name}.sql").read_text())}
    words = words_of_the_program()
    unused = [
        name
        for name in STATEMENTS
        if name not in words and not (name.startswith("parts/") and {name.removeprefix("parts/")} & (included | words))
    ]
    assert unused == []


def test_every_included_part_is_there() -> None:
    included = {part for name in STATEMENTS for part in INCLUDE.findall((SQL / f"{name}.sql").read_text())}
    chosen = {"book", "move", "close", "doubled_in_ledger", "reverse", "account"}  # one of several, by the mapping
    assert {part for part in included - chosen if f"parts/{part}" not in STATEMENTS} == set()


@pytest.mark.parametrize("app", ["first", "prisma", "ledger_only"])
def test_no_statement_has_an_unfilled_slot(server: Server, tmp_path: Path, app: str) -> None:
    with server.app(app, tmp_path) as given:
        database = Database(from_url(given.url, "URL"), application_name="test")
        mapping, _ = open_mapping(database, settings.load(APPS / f"{app}.toml"))
        database.close()
    needs_ledger = {"list_double_refunds", "find_in_app_ledger"} if mapping.ledger is None else set()
    accounts = {"lock_accounts", "lock_balances", "read_balances", "findings/balance_drift"}
    needs_accounts = set() if mapping.has_accounts else accounts
    for name in set(STATEMENTS) - needs_ledger - needs_accounts:
        if not name.startswith(("parts/", *BY_HAND)):
            filled = mapping.statement(name)
            assert not SLOT.search(filled), name
            assert "{include" not in filled, name


@pytest.mark.parametrize("name", [name for name in STATEMENTS if name.startswith(BY_HAND)])
def test_slots_that_are_filled_by_hand_are_named_in_the_program(name: str) -> None:
    assert set(SLOT.findall((SQL / f"{name}.sql").read_text())) <= words_of_the_program()


def test_statements_come_from_the_checkout_here() -> None:
    assert statements.folder() == SQL


def texts() -> Iterator[tuple[Path, str]]:
    """Every file of the project that a person wrote."""
    skipped = {".git", ".venv", "__pycache__", "dist", "build"}
    for path in sorted(REPOSITORY.rglob("*")):
        parts = path.relative_to(REPOSITORY).parts
        hidden = any(part in skipped or part.endswith(("_cache", ".egg-info", ".hypothesis")) for part in parts)
        if path.is_file() and not hidden:
            yield path, path.read_text(errors="replace")


def test_no_file_names_a_package_registry() -> None:
    hosts = [".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("pypi", "python"))]
    named = [path.name for path, text in texts() if any(host in text for host in hosts)]
    assert named == []


def test_there_is_no_lock_file() -> None:
    assert [path.name for path, _ in texts() if path.suffix == ".lock" or path.name == "pylock.toml"] == []
