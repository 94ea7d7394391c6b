"""The most memory that a run has, by how much is owed."""

from statistics import median

from benchmarks.lab import SWEEPER, Figure, Lab
from benchmarks.mappings import FIRST, accounts, sessions

FEW, MANY = 4_000, 400_000


def measure(lab: Lab, *, rounds: int) -> list[Figure]:
    """A large backlog, to a small one."""
    peaks = {}
    for owed in (FEW, MANY):
        lab.prepare(f"memory_{owed}", FIRST, accounts(100_000), sessions(owed, failed="true"))
        peaks[owed] = median(_peak(lab, f"memory_{owed}") for _ in range(rounds))
    return [
        Figure(
            f"peak memory with {MANY:,} owed, to that with {FEW:,}",
            peaks[MANY] / peaks[FEW],
            f"{peaks[MANY] / 1024:.0f} and {peaks[FEW] / 1024:.0f} MB",
        )
    ]


def _peak(lab: Lab, name: str) -> int:
    with lab.copy(name) as database:
        return lab.run(database, name, *SWEEPER, "run").peak_kb
