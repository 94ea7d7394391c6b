"""The image: what the Dockerfile does, step by step, gives a sweeper that runs; built where there is an engine."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import sweeper
from tests.helpers.app_database import AppDatabase
from tests.helpers.command import neutral_environment
from tests.helpers.paths import REPOSITORY

DOCKERFILE = REPOSITORY / "deploy" / "Dockerfile"
SECONDS = 300


def instructions() -> list[tuple[str, str]]:
    """The lines of the Dockerfile, as instruction and the rest."""
    lines = [line for line in DOCKERFILE.read_text().splitlines() if line and not line.startswith("#")]
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in lines)]


def copied() -> list[str]:
    """What of the checkout goes into the image."""
    words = [rest.split() for name, rest in instructions() if name == "COPY" and not rest.startswith("--from")]
    return [word for line in words for word in line[:-1]]


def run(*command: str | Path, folder: Path, **environment: str) -> str:
    """Run a program; what it said on stdout."""
    given = {**neutral_environment(), **environment}
    ran = subprocess.run(command, cwd=folder, env=given, capture_output=True, text=True, timeout=SECONDS)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_it_copies_what_dockerignore_lets_in() -> None:
    let_in = {line[1:] for line in (REPOSITORY / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert set(copied()) == let_in


def test_it_does_not_run_as_root_and_runs_a_sweep() -> None:
    last = dict(instructions())
    assert re.match("[1-9]", last["USER"])
    assert (last["ENTRYPOINT"], last["CMD"]) == ('["sweeper"]', '["run"]')


@pytest.mark.slow
def test_its_steps_give_a_sweeper_that_runs(bare: AppDatabase, tmp_path: Path) -> None:
    """In a plain virtual environment: the same commands, with folders of the test's own."""
    source, target = tmp_path / "src", tmp_path / "opt"
    source.mkdir()
    for name in copied():
        ignored = shutil.ignore_patterns("__pycache__")
        place = REPOSITORY / name
        shutil.copytree(place, source / name, ignore=ignored) if place.is_dir() else shutil.copy(place, source / name)
    steps = [rest for name, rest in instructions() if name == "RUN"]
    assert steps
    for step in steps:
        assert "/opt/sweeper" in step
        here = step.replace("/opt/sweeper", shlex.quote(str(target))).replace("python -m", f"{sys.executable} -m")
        run("bash", "-eo", "pipefail", "-c", here, folder=source)
    shutil.rmtree(source)  # what runs is in the environment, as in the second stage
    program = target / "bin" / "sweeper"
    assert run(program, "--version", folder=tmp_path) == f"sweeper {sweeper.__version__}\n"
    bare.account()
    bare.session("failed", created="2025-01-01 10:00")
    run(program, "install", folder=tmp_path, **bare.environment)
    run(program, "run", folder=tmp_path, **bare.environment)
    assert bare.refunds() == {"failed": 3}


@pytest.mark.slow
def test_an_engine_builds_it(tmp_path: Path) -> None:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "info"], capture_output=True).returncode:
        pytest.skip("no container engine runs here")
    name = "sweeper-of-the-tests"
    build = [docker, "build", "--quiet", "--tag", name, "--file", DOCKERFILE, REPOSITORY]
    ran = subprocess.run(build, capture_output=True, text=True, timeout=SECONDS)
    if "failed to resolve source metadata" in ran.stderr or "pull access" in ran.stderr:
        pytest.skip("the engine cannot reach the base image")
    assert ran.returncode == 0, ran.stderr
    try:
        said = run(docker, "run", "--rm", "--read-only", name, "--version", folder=tmp_path)
        assert said == f"sweeper {sweeper.__version__}\n"
        assert run(docker, "run", "--rm", "--entrypoint", "id", name, "-u", folder=tmp_path) == "10001\n"
    finally:
        subprocess.run([docker, "image", "rm", name], capture_output=True)
