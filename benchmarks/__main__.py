"""Measures sweeper on the machine at hand and prints a table: each figure a ratio of two that were timed in turn.

    python -m benchmarks [--rounds 3] [--only NAME]… [--plot FILE]

The server is PostgreSQL 18 as it is shipped, started for this and gone afterwards; whole processes are timed.
"""

import argparse
import os
import platform
from pathlib import Path

from benchmarks import app_latency, audit_rate, idle_cost, memory, plot, refund_rate
from benchmarks.lab import laboratory

MEASURED = {
    "rate": refund_rate.measure,
    "idle": idle_cost.measure,
    "memory": memory.measure,
    "audit": audit_rate.measure,
    # last: what it reads makes this process large, and a child counts the memory of its parent as its own
    "latency": app_latency.measure,
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="how often each is timed; the median counts")
    parser.add_argument("--only", action="append", choices=MEASURED, help="measure only this; may be repeated")
    parser.add_argument("--plot", type=Path, help="write the ratios as SVG to this file as well")
    options = parser.parse_args()
    figures = []
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, PostgreSQL 18\n")
    print("| | ratio | from |\n|---|---|---|")
    for name in options.only or MEASURED:
        with laboratory() as lab:
            for figure in MEASURED[name](lab, rounds=options.rounds):
                print(f"| {figure.name} | {figure.ratio:.2f} | {figure.detail} |", flush=True)
                figures.append(figure)
    if options.plot:
        options.plot.write_text(plot.svg(figures))


main()
