"""The sessions that every shape of an app starts with: who pays for them, when they ran and how they ended."""

import random
import uuid
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg

ACCOUNTS = 5
COUNTS = {
    "succeeded": 10,
    "failed": 8,  # failed long ago, and nothing was given back
    "uncharged": 3,  # failed, but nothing was ever taken
    "refunded": 6,  # failed, and the app gave it back itself
    "stuck": 5,  # running, with no sign of life for hours
    "running": 4,
    "just_failed": 3,  # a few minutes ago: in grace
    "waiting": 3,  # not begun yet
}
BY_SWEEP = ("failed", "stuck")
BY_APP = ("failed", "just_failed")
STATES = {"succeeded": "succeeded", "stuck": "running", "running": "running", "waiting": "waiting"}
TABLE = """
CREATE TEMPORARY TABLE planned (number integer, id uuid, kind text, state text, account integer, charge integer,
    started timestamptz, ended timestamptz) ON COMMIT DROP
"""


@dataclass(frozen=True)
class Planned:
    """One session; ``state`` is waiting, running, succeeded or failed, ``charge`` is what was taken, in credits."""

    number: int
    id: uuid.UUID
    kind: str
    state: str
    account: int
    charge: int
    started: datetime
    ended: datetime | None


def plan(now: datetime, more: Iterable[dict[str, Any]] = ()) -> list[Planned]:
    """The same sessions each time, as of ``now``; ``more`` are failed ones of the app's own kinds, a day old."""
    draw = random.Random(11)
    sessions: list[Planned] = []
    for kind in (kind for kind, count in COUNTS.items() for _ in range(count)):
        ages = {"stuck": timedelta(hours=6), "running": timedelta(minutes=8), "just_failed": timedelta(minutes=30)}
        age = ages.get(kind, timedelta(days=draw.randint(1, 6), minutes=draw.randint(0, 900)))
        started = now if kind == "waiting" else now - age - timedelta(seconds=draw.randint(0, 90))
        ended = started + timedelta(minutes=draw.randint(3, 20))
        if kind == "just_failed":
            ended = now - timedelta(minutes=2)
        sessions.append(
            Planned(
                len(sessions) + 1,
                uuid.uuid5(uuid.NAMESPACE_OID, f"session {len(sessions) + 1}"),
                kind,
                STATES.get(kind, "failed"),
                draw.randint(1, ACCOUNTS),
                0 if kind == "uncharged" else draw.randint(2, 9),
                started,
                None if kind in ("stuck", "running", "waiting") else ended,
            )
        )
    for given in more:
        number, started = len(sessions) + 1, now - timedelta(days=1)
        key, ended = uuid.uuid5(uuid.NAMESPACE_OID, f"session {number}"), started + timedelta(hours=1)
        sessions.append(
            Planned(number, key, given["kind"], "failed", given["account"], given["charge"], started, ended)
        )
    return sessions


def write_plan(connection: psycopg.Connection[Any], sessions: Iterable[Planned]) -> None:
    """Put sessions into the temporary table ``planned``, which is there until the transaction ends."""
    connection.execute(TABLE)
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO planned VALUES (%s, %s, %s, %s, %s, %s, %s, %s)", map(astuple, sessions))
