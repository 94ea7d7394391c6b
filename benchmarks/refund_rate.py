"""How fast a backlog is refunded: to one bare SQL statement that does the same, and to the loops of an app."""

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import psycopg

from benchmarks.lab import SWEEPER, Figure, Lab, in_turn
from benchmarks.mappings import FIRST, PARTS, PARTS_SCHEMA, REFUND_ALL, accounts, sessions
from benchmarks.rivals import BARE, LOOP, OBJECTS_LOOP, SEND

OWED, HISTORY, SESSIONS, ACCOUNTS, LOOPED = 40_000, 500_000, 2_000_000, 100_000, 4_000
CROWD = 10_000_000

SIMPLE = {
    "amount": "cardinality(s.selected_models)",
    "exclude": "step = 'All models failed - credits refunded'",
}
ASKING = {
    "amount": "(SELECT sum(c.price) FROM charges AS c WHERE c.session_id = s.id)",
    "exclude": "EXISTS (SELECT FROM app_refunds AS r WHERE r.session_id = s.id)",
}
CHARGES = "INSERT INTO charges (session_id, price) SELECT id, 1 FROM prediction_sessions, generate_series(1, 3)"
RECENT = "(now() AT TIME ZONE 'UTC') - interval '13 hours'"


def measure(lab: Lab, *, rounds: int) -> list[Figure]:
    """The rates of a first run, which reads all of history, of later ones, and of a mapping that asks other tables."""
    every = SESSIONS // HISTORY
    old = sessions(SESSIONS - OWED, failed=f"n % {every} = 0")
    lab.prepare("first", FIRST, accounts(ACCOUNTS), old, REFUND_ALL, _owed("timestamp '2026-01-02 00:00:00.5'"))
    figures = _compare(lab, "first", "first run", SIMPLE, rounds, loop=True)
    lab.prepare("later", FIRST, accounts(ACCOUNTS), old, REFUND_ALL)
    lab.run("later", "later", *SWEEPER, "run")
    with lab.connect("later") as connection:
        connection.execute(_owed(RECENT))  # type: ignore[call-overload]
        connection.execute("VACUUM ANALYZE")
    figures += _compare(lab, "later", "later run", SIMPLE, rounds)
    lab.prepare("crowd", FIRST, accounts(CROWD), sessions(OWED, failed="true"))
    figures += _compare(lab, "crowd", f"{CROWD:,} accounts", SIMPLE, rounds)
    some = sessions(4 * OWED, failed="n % 4 = 0")
    lab.prepare("parts", PARTS, accounts(ACCOUNTS), some, CHARGES, schema=PARTS_SCHEMA)
    return figures + _compare(lab, "parts", "amount and exclude in other tables", ASKING, rounds)


def _owed(began: str) -> str:
    return sessions(OWED, failed="true", name="owed", began=began)


def _compare(
    lab: Lab, name: str, called: str, slots: dict[str, str], rounds: int, *, loop: bool = False
) -> list[Figure]:
    run = (*SWEEPER, "run")
    bare = (sys.executable, "-c", SEND, lab.url("round"), BARE.format(**slots))
    measured: dict[str, Callable[[], float]] = {
        "bare": lambda: _rate(lab, name, OWED, *bare),
        "one": lambda: _rate(lab, name, OWED, *run),
        "two": lambda: _rate(lab, name, OWED, *run, together=2),
    }
    loops = {"loop": LOOP, "objects": OBJECTS_LOOP} if loop else {}
    for each, script in loops.items():
        line = (sys.executable, "-c", script, lab.url("round"), str(LOOPED))
        measured[each] = partial(_rate, lab, name, LOOPED, *line)
    rates = in_turn(rounds, **measured)

    def to(ours: str, other: str, words: str) -> Figure:
        detail = f"{rates[ours]:,.0f} and {rates[other]:,.0f} refunds/s"
        return Figure(f"{called}: {words}", rates[ours] / rates[other], detail)

    figures = [
        to("one", "bare", "one process, to one bare statement"),
        to("two", "bare", "two processes, to one bare statement"),
    ]
    if loop:
        figures += [
            to("one", "objects", "one process, to an app's loop over objects (SQLAlchemy's)"),
            to("one", "loop", "one process, to the same loop in plain SQL"),
        ]
    return figures


def _rate(lab: Lab, name: str, refunds: int, *line: str, together: int = 1) -> float:
    with lab.copy(name) as database:
        with lab.connect(database) as connection:
            before = _books(connection)
        seconds = lab.run(database, name, *line, together=together).seconds
        with lab.connect(database) as connection:
            after = _books(connection)
    if (after[0] - before[0], after[1] - before[1]) != (refunds, 3 * refunds):
        raise SystemExit(f"the books are wrong: {before} and then {after}")
    return refunds / seconds


def _books(connection: psycopg.Connection[Any]) -> tuple[int, int]:
    counted = "SELECT (SELECT count(*) FROM sweeper.refunds), (SELECT sum(credits) FROM users)"
    ((refunds, credits),) = connection.execute(counted).fetchall()
    return refunds, credits
