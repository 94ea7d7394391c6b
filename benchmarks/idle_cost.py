"""What a run costs that finds nothing, by how much history there is, and what starting costs at all."""

import sys

from benchmarks.lab import SWEEPER, Figure, Lab, in_turn, timed
from benchmarks.mappings import FIRST, REFUND_ALL, accounts, sessions

HISTORIES = (0, 100_000, 500_000, 1_000_000)
# the same libraries and one question to the database: what no Python program of this kind can do without
IMPORTS = """
import sys, typer, sqlalchemy, psycopg, structlog, rich
psycopg.connect(sys.argv[1]).execute("SELECT 1").fetchone()
"""


def measure(lab: Lab, *, rounds: int) -> list[Figure]:
    """An idle run behind refunded failures, to one behind none; both to bare imports; and the help."""
    for number in HISTORIES:
        lab.prepare(_name(number), FIRST, accounts(100_000), sessions(2 * number, failed="n % 2 = 0"), REFUND_ALL)
        for _ in range(2):  # the first reads all of history and stores the horizon
            lab.run(_name(number), _name(number), *SWEEPER, "run")
    imports = (sys.executable, "-c", IMPORTS, lab.url(_name(0)))
    seconds = in_turn(
        3 * rounds,
        imports=lambda: timed(imports).seconds,
        typer=lambda: timed((sys.executable, "-c", "import typer")).seconds,
        help=lambda: lab.run(_name(0), _name(0), *SWEEPER, "--help").seconds,
        **{_name(number): lambda number=number: _idle(lab, number) for number in HISTORIES},
    )

    def to(ours: str, other: str, words: str) -> Figure:
        return Figure(words, seconds[ours] / seconds[other], f"{seconds[ours]:.2f} and {seconds[other]:.2f} s")

    return [
        *(
            to(_name(number), _name(0), f"idle run behind {number:,} refunded failures, to one behind none")
            for number in HISTORIES[1:]
        ),
        to(_name(0), "imports", "idle run, to bare imports and SELECT 1"),
        to("help", "typer", "sweeper --help, to import typer"),
    ]


def _name(number: int) -> str:
    return f"idle_{number}"


def _idle(lab: Lab, number: int) -> float:
    return lab.run(_name(number), _name(number), *SWEEPER, "run").seconds
