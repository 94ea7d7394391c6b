"""What the app's own transactions feel of a sweep: pgbench moves balances and takes charges, with and without one."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from tests.benchmarks.lab import SWEEPER, Figure, Lab
from tests.benchmarks.mappings import FIRST, accounts, sessions

OWED, ACCOUNTS, CLIENTS = 100_000, 100_000, 4
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
        with lab.copy("latency") as database:
            begun = time.perf_counter()
            lab.run(database, "latency", *SWEEPER, "run")
            seconds = time.perf_counter() - begun
        with lab.copy("latency") as database:
            alone.append(_percentile(lab, database, script, seconds, sweep=False))
        with lab.copy("latency") as database:
            beside.append(_percentile(lab, database, script, seconds, sweep=True))
    without, with_sweep = median(alone), median(beside)
    return [
        Figure(
            "the app's p99 while 100,000 are refunded, to its p99 without",
            with_sweep / without,
            f"{with_sweep:.1f} ms and {without:.1f} ms",
        )
    ]


def _percentile(lab: Lab, database: str, script: Path, seconds: float, *, sweep: bool) -> float:
    """The 99th percentile in milliseconds, of the transactions that fall into the sweep."""
    log = lab.folder / "charged"
    line = [
        lab.programs / "pgbench", "--no-vacuum", "--log", "--log-prefix", log, "--client", str(CLIENTS),
        "--time", str(int(seconds) + 6), "--file", script, lab.url(database),
    ]  # fmt: skip
    with _started(line):
        time.sleep(2)
        begun = time.time()
        if sweep:
            lab.run(database, "latency", *SWEEPER, "run")
        else:
            time.sleep(seconds)
        ended = time.time()
    taken = []
    for file in lab.folder.glob("charged.*"):
        for row in file.read_text().splitlines():
            _, _, microseconds, _, at, fraction, *_ = row.split()
            if begun <= int(at) + int(fraction) / 1e6 <= ended:
                taken.append(int(microseconds) / 1000)
        file.unlink()
    return sorted(taken)[int(len(taken) * 0.99)]


@contextmanager
def _started(line: list[str | Path]) -> Iterator[None]:
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    yield
    if process.wait():
        raise SystemExit("pgbench failed")
