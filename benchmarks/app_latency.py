"""What the app's own transactions feel of a sweep: pgbench moves balances and takes charges, with and without one."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from benchmarks.lab import SWEEPER, Figure, Lab
from benchmarks.mappings import FIRST, accounts, sessions

OWED, ACCOUNTS, CLIENTS, ALONE_SECONDS = 100_000, 100_000, 4, 20
# a charge: the balance goes down and the session is there; one transaction, as an app does it
CHARGE = """
\\set account random(1, {accounts})
BEGIN;
UPDATE users SET credits = credits - 3, total_credits_spent = total_credits_spent + 3 WHERE id = 'user-' || :account;
INSERT INTO prediction_sessions (id, user_id, status, selected_models, created_at)
VALUES (gen_random_uuid()::text, 'user-' || :account, 'queued', ARRAY['a', 'b', 'c'], now() AT TIME ZONE 'UTC');
COMMIT;
"""


def measure(lab: Lab, *, rounds: int) -> list[Figure]:
    """The 99th percentile of the app's transactions while a sweep runs, against the same without one."""
    lab.prepare("latency", FIRST, accounts(ACCOUNTS), sessions(OWED, failed="true"))
    script = lab.folder / "charge.sql"
    script.write_text(CHARGE.format(accounts=ACCOUNTS))
    alone, beside = [], []
    for _ in range(rounds):
        alone.append(_percentile(lab, script, lambda _: time.sleep(ALONE_SECONDS)))
        beside.append(_percentile(lab, script, lambda database: lab.run(database, "latency", *SWEEPER, "run")))
    without, with_sweep = median(alone), median(beside)
    return [
        Figure(
            "the app's p99 while 100,000 are refunded, to its p99 without",
            with_sweep / without,
            f"{with_sweep:.1f} ms and {without:.1f} ms",
        )
    ]


def _percentile(lab: Lab, script: Path, work: Callable[[str], object]) -> float:
    """The 99th percentile in milliseconds, of the transactions of an app that fall into ``work``."""
    log = lab.folder / "charged"
    with lab.copy("latency") as database:
        line = [
            lab.programs / "pgbench", "--no-vacuum", "--log", "--log-prefix", log, "--client", str(CLIENTS),
            "--time", "3600", "--file", script, lab.url(database),
        ]  # fmt: skip
        with _started(line):
            time.sleep(2)
            begun = time.time()
            work(database)
            ended = time.time()
    taken = []
    for file in lab.folder.glob("charged.*"):
        for row in file.read_text().splitlines()[:-1]:  # the last one may be cut off
            _, _, microseconds, _, at, fraction, *_ = row.split()
            if begun <= int(at) + int(fraction) / 1e6 <= ended:
                taken.append(int(microseconds) / 1000)
        file.unlink()
    return sorted(taken)[int(len(taken) * 0.99)]


@contextmanager
def _started(line: list[str | Path]) -> Iterator[None]:
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    yield
    if process.poll() is not None:
        raise SystemExit("pgbench failed")
    process.terminate()
    process.wait()
