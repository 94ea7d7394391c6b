"""How fast the refunds are written as CSV, next to psql's \\copy of the same columns, and how much memory it takes.

    python tests/benchmarks/audit_rate.py [--refunds 1000000] [--rounds 3]

All are timed as whole processes, in turn. `psql` must be on the PATH; the server is the embedded one.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import psycopg

sys.path.insert(0, str(Path(__file__).parents[2]))

from sweeper.demo.server import running

APPS = Path(__file__).parents[1] / "apps"

FILL = """
INSERT INTO users SELECT 'user-' || n, 1000, 2000, 1000 FROM generate_series(1, 20000) AS n;
INSERT INTO prediction_sessions
SELECT 'session-' || n, 'user-' || (n % 20000 + 1), 'error', NULL, ARRAY['a', 'b', 'c'],
       CASE WHEN n % 3 = 0 THEN 'Worker failed after 3 attempts' END, timestamp '2026-01-02' + n * interval '20 s', NULL
FROM generate_series(1, {refunds}) AS n;
INSERT INTO sweeper.refunds (refund_id, session_id, account_id, amount, reason, detail, layer, created_at, failed_at)
SELECT gen_random_uuid(), id, user_id, 3, 'workflow_failure', error, 'worker', created_at + interval '1 h', created_at
FROM prediction_sessions;
"""
COLUMNS = "refund_id, session_id, account_id, attempt, amount, reason, detail, layer, run_id, failed_at, created_at"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--refunds", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with running(18) as server, tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "SWEEPER_DATABASE_URL": server.url,
            "SWEEPER_CONFIG": str(APPS / "first.toml"),
        }
        sweeper = [sys.executable, "-m", "sweeper"]
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute((APPS / "first.sql").read_text())  # type: ignore[call-overload]
            subprocess.run([*sweeper, "install"], env=environment, check=True, stdout=subprocess.DEVNULL)
            connection.execute(FILL.format(refunds=options.refunds))  # type: ignore[call-overload]
            connection.execute("VACUUM ANALYZE")
        copy = f"\\copy (SELECT {COLUMNS} FROM sweeper.refunds) TO '{folder}/copy.csv' CSV HEADER"
        lines = {
            "psql \\copy": ["psql", "--quiet", "--no-psqlrc", "--command", copy, server.url],
            "audit, csv": [*sweeper, "audit", "--format", "csv", "--output", f"{folder}/audit.csv"],
            "audit, json": [*sweeper, "audit", "--format", "json", "--output", f"{folder}/audit.json"],
        }
        seconds: dict[str, list[float]] = {name: [] for name in lines}
        peaks = dict.fromkeys(lines, 0)
        for _ in range(options.rounds):
            for name, line in lines.items():
                elapsed, peak = timed(line, environment)
                seconds[name].append(elapsed)
                peaks[name] = max(peaks[name], peak)
    for name, values in seconds.items():
        rate = options.refunds / median(values)
        print(f"{name:12} {median(values):7.2f} s {rate:12,.0f} refunds/s {peaks[name]:8,} kB at most")
    ratio = median(seconds["psql \\copy"]) / median(seconds["audit, csv"])
    print(f"ratio of csv {ratio:7.2f}")


def timed(line: list[str], environment: dict[str, str]) -> tuple[float, int]:
    """Run a program to its end: how long it took, and the most memory that it had."""
    begun = time.perf_counter()
    process = subprocess.Popen(line, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{line[0]} failed")
    return time.perf_counter() - begun, usage.ru_maxrss


if __name__ == "__main__":
    main()
