"""The wheel works by itself: built, installed into a new environment away from the checkout, and run there."""

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import sweeper
from tests.helpers.app_database import AppDatabase
from tests.helpers.paths import REPOSITORY

pytestmark = pytest.mark.slow


def call(*command: str | Path, folder: Path, **environment: str) -> str:
    """Run a program away from the checkout, and give what it printed."""
    mine = ("PYTHON", "PG", "SWEEPER_", "DATABASE_", "COV_")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(mine)}
    ran = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of a new environment that has the wheel, and the dependencies of this one."""
    folder = tmp_path_factory.mktemp("wheel")
    call(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, REPOSITORY, folder=folder)
    (wheel,) = folder.glob("refund_sweeper-*.whl")
    call(sys.executable, "-m", "venv", "--without-pip", folder / "venv", folder=folder)
    python = folder / "venv" / "bin" / "python"
    call(
        *(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel),
        folder=folder,
    )
    site = Path(call(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", folder=folder).strip())
    # a path that a .pth file adds comes after the wheel, and the .pth files in it (an editable checkout) do not count
    paths = dict.fromkeys([sysconfig.get_path("purelib"), sysconfig.get_path("platlib")])
    (site / "dependencies_of_the_tests.pth").write_text("\n".join(paths))
    return python.parent


@pytest.fixture
def wheel_app(bare: AppDatabase) -> AppDatabase:
    """The first app, without sweeper, with one session that failed long ago."""
    bare.account()
    bare.session("failed", created="2025-01-01 10:00")
    return bare


def test_what_runs_is_the_wheel_and_not_the_checkout(programs: Path, tmp_path: Path) -> None:
    found = call(programs / "python", "-c", "import sweeper; print(sweeper.__file__)", folder=tmp_path).strip()
    assert Path(found).is_relative_to(programs.parent)
    assert call(programs / "sweeper", "--version", folder=tmp_path) == f"sweeper {sweeper.__version__}\n"


def test_every_file_of_the_program_is_in_the_wheel(programs: Path, tmp_path: Path) -> None:
    found = call(programs / "python", "-c", "import sweeper; print(sweeper.__file__)", folder=tmp_path).strip()
    installed = Path(found).parent
    for folder, target in ((REPOSITORY / "sweeper", installed), (REPOSITORY / "sql", installed / "sql")):
        suffixes = (".py", ".sql", ".toml", ".jinja", ".typed")
        wanted = {path.relative_to(folder) for path in folder.rglob("*") if path.suffix in suffixes}
        assert wanted
        assert {path for path in wanted if not (target / path).is_file()} == set()
    assert (installed / "py.typed").is_file(), "type checkers read our annotations"


def test_wheel_installs_sweeps_and_reports(programs: Path, wheel_app: AppDatabase, tmp_path: Path) -> None:
    environment = wheel_app.environment
    assert "Installed" in call(programs / "sweeper", "install", folder=tmp_path, **environment)
    document = json.loads(call(programs / "sweeper", "run", "--json", folder=tmp_path, **environment))
    assert document["refunds"] == {"sessions": 1, "credits": 3, "accounts": 1}
    assert wheel_app.refunds() == {"failed": 3}


def test_module_runs_as_the_command_does(programs: Path, tmp_path: Path) -> None:
    said = call(programs / "python", "-m", "sweeper", "--version", folder=tmp_path)
    assert said == f"sweeper {sweeper.__version__}\n"
