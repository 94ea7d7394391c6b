"""Applies every mutation to a copy of the repository, one by one, and expects a failing test for each.

``python -m tests.mutations [WORD …]``: all of them, or those whose name has one of the words. Two at a time, each
on a throw-away Postgres of its own. Exit 1 when one survives.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue

from sweeper.demo import server as embedded
from tests.helpers.command import neutral_environment
from tests.mutations import REPOSITORY, Mutation, load

AT_ONCE, VERSION, SECONDS = 2, 18, 120
NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "dist", "build", "*.egg-info")
WHOSE = "import sweeper; from sweeper.postgres import templates; print(sweeper.__file__, templates.folder(), sep='\\n')"


def copy(folder: Path) -> Path:
    """A copy of the repository without what is made from it."""
    return Path(shutil.copytree(REPOSITORY, folder / "copy", ignore=NOT_COPIED))


def environment(folder: Path, url: str) -> dict[str, str]:
    """What makes Python, pytest and the programs that tests start take ``folder`` for the repository."""
    return {
        **neutral_environment(),
        "PYTHONPATH": str(folder),
        "PYTHONDONTWRITEBYTECODE": "1",
        "SWEEPER_TEST_DATABASE_URL": url,
    }


def pytest(folder: Path, url: str, tests: Iterable[str], *, seconds: float = SECONDS) -> tuple[int | None, str]:
    """Run some tests of the copy: how pytest ended, None when it did not end in time, and what it printed."""
    named = [f"tests/{test}" for test in tests]
    options = ["-x", "-q", "-n", "0", "-p", "no:cacheprovider", "--tb=short"]
    # some are shown by slow tests alone
    command = [sys.executable, "-m", "pytest", *options, "-m", "slow or not slow", *named]
    try:
        ran = subprocess.run(
            command, cwd=folder, env=environment(folder, url), capture_output=True, text=True, timeout=seconds
        )
    except subprocess.TimeoutExpired:
        return None, f"not over after {seconds:.0f} seconds"
    return ran.returncode, ran.stdout + ran.stderr


def require_copy(folder: Path) -> None:
    """Check that it is the copy that runs, and not what is installed."""
    command = [sys.executable, "-c", WHOSE]
    ran = subprocess.run(command, cwd="/", env=environment(folder, ""), capture_output=True, text=True, check=True)
    if not all(Path(line).resolve().is_relative_to(folder.resolve()) for line in ran.stdout.splitlines()):
        raise SystemExit(f"what would run is not the copy:\n{ran.stdout}")


def require_green(url: str, mutations: list[Mutation]) -> None:
    """Without any mutation the named tests pass; else a failure would say nothing."""
    with tempfile.TemporaryDirectory() as folder:
        made = copy(Path(folder))
        require_copy(made)
        named = sorted({test for mutation in mutations for test in mutation.tests})
        ended, said = pytest(made, url, named, seconds=SECONDS * 10)
    if ended != 0:
        raise SystemExit(f"the tests fail without any mutation:\n{said[-4000:]}")


def killed(url: str, mutation: Mutation) -> tuple[bool, str]:
    """Whether a test fails for it, and how. An error before the test has begun shows nothing."""
    with tempfile.TemporaryDirectory() as folder:
        made = copy(Path(folder))
        mutation.apply(made)
        ended, said = pytest(made, url, mutation.tests)
    lines = [line for line in said.splitlines() if line.startswith(("E  ", "FAILED", "ERROR"))]
    failed = any(line.startswith("FAILED") for line in lines)
    return ended == 1 and failed, "\n".join(lines[:6] or said.splitlines()[-3:])


def main(words: list[str]) -> int:
    """Kill them all."""
    chosen = [one for one in load() if not words or any(word in one.name for word in words)]
    begun = time.monotonic()
    with embedded.running(VERSION) as one, embedded.running(VERSION) as other, ThreadPoolExecutor(AT_ONCE) as pool:
        urls: Queue[str] = Queue()
        for server in (one, other):
            urls.put(server.url)

        def judge(mutation: Mutation) -> tuple[bool, str]:
            url = urls.get()
            try:
                return killed(url, mutation)
            finally:
                urls.put(url)

        require_green(one.url, chosen)
        survivors = []
        for mutation, (dead, how) in zip(chosen, pool.map(judge, chosen), strict=True):
            print(f"{'killed  ' if dead else 'SURVIVED'}  {mutation.name}", flush=True)
            if words or not dead:
                print(f"          {mutation.breaks}\n{how}", flush=True)
            if not dead:
                survivors.append(mutation.name)
    print(f"{len(chosen)} mutations, {len(survivors)} survived, {time.monotonic() - begun:.0f} s")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
