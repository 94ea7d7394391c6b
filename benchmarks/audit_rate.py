"""How fast the refunds are written as CSV, to psql's \\copy of the same columns, and how much memory it takes."""

from benchmarks.lab import SWEEPER, Figure, Lab, Timed
from benchmarks.mappings import FIRST, REFUND_ALL, accounts, sessions

FEW, MANY = 10_000, 1_000_000
COLUMNS = "refund_id, session_id, account_id, attempt, amount, reason, detail, layer, run_id, failed_at, created_at"


def measure(lab: Lab, *, rounds: int) -> list[Figure]:
    """A million refunds as CSV to \\copy, and the memory of a million to that of ten thousand."""
    for number in (FEW, MANY):
        lab.prepare(_name(number), FIRST, accounts(20_000), sessions(number, failed="true"), REFUND_ALL)
    copy = f"\\copy (SELECT {COLUMNS} FROM sweeper.refunds) TO '{lab.folder}/copy.csv' CSV HEADER"
    psql = (lab.programs / "psql", "--quiet", "--no-psqlrc", "--command", copy, lab.url(_name(MANY)))
    copied, written, few = [], [], []
    for _ in range(rounds):
        copied.append(lab.run(_name(MANY), _name(MANY), *psql).seconds)
        written.append(_csv(lab, MANY))
        few.append(_csv(lab, FEW))
    seconds = sorted(each.seconds for each in written)[rounds // 2]
    bare = sorted(copied)[rounds // 2]
    peak, small = max(each.peak_kb for each in written), max(each.peak_kb for each in few)
    return [
        Figure(
            "audit as CSV of 1,000,000 refunds, to psql's \\copy of the same",
            bare / seconds,
            f"{MANY / seconds:,.0f} and {MANY / bare:,.0f} refunds/s",
        ),
        Figure(
            "its peak memory, to that with 10,000 refunds", peak / small, f"{peak / 1024:.0f} and {small / 1024:.0f} MB"
        ),
    ]


def _name(number: int) -> str:
    return f"audit_{number}"


def _csv(lab: Lab, number: int) -> Timed:
    line = (*SWEEPER, "audit", "--format", "csv", "--output", str(lab.folder / "audit.csv"))
    return lab.run(_name(number), _name(number), *line)
