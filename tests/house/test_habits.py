"""What contributors use: the Makefile, the hooks before a commit, the CI workflow and the map."""

import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from tests.helpers.paths import REPOSITORY

TARGETS = ["help", "test", "slow", "servers", "lint", "docs", "bench", "golden", "mutations"]


def loaded(name: str) -> dict[str, Any]:
    """A YAML file of the repository."""
    content: dict[str, Any] = yaml.safe_load((REPOSITORY / name).read_text())
    return content


@pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")
def test_a_bare_make_lists_what_one_can_do() -> None:
    listed = subprocess.run(["make"], cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    assert [line.split()[0] for line in listed.splitlines()] == TARGETS


def test_every_file_that_the_makefile_names_is_there() -> None:
    named = re.findall(r"tests/[\w/.]+", (REPOSITORY / "Makefile").read_text())
    assert [name for name in named if not (REPOSITORY / name).exists()] == []


def test_the_linters_are_the_same_everywhere() -> None:
    script, makefile = (REPOSITORY / ".ci" / "run").read_text(), (REPOSITORY / "Makefile").read_text()
    hooks = [hook["entry"] for repo in loaded(".pre-commit-config.yaml")["repos"] for hook in repo["hooks"]]
    assert len(hooks) == 4
    for hook in hooks:
        assert hook in script
        assert hook.replace(".venv/bin", "$(BIN)") in makefile


def test_hooks_come_from_no_other_repository() -> None:
    assert {repo["repo"] for repo in loaded(".pre-commit-config.yaml")["repos"]} == {"local"}


def test_the_workflow_runs_what_ci_runs() -> None:
    steps = loaded(".github/workflows/ci.yml")["jobs"]["tests"]["steps"]
    assert steps[-1] == {"run": ".ci/run"}


def test_every_package_is_on_the_map() -> None:
    mapped = set(re.findall(r"^\| `(\S+)/` \|", (REPOSITORY / "CONTRIBUTING.md").read_text(), re.MULTILINE))
    packages = {f"sweeper/{path.parent.name}" for path in (REPOSITORY / "sweeper").glob("*/__init__.py")}
    assert packages <= mapped
