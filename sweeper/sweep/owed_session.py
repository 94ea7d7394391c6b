"""Owed sessions: one that was read, and how many there are."""

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from sweeper.postgres.errors import Refusal, StatementError


class OwedSession(NamedTuple):
    """One owed session; it has a ``hold_reason`` when no program may refund it, and is ``on_hold`` if it is already.

    ``refused`` is the database's error when its own expression fails; nothing else about it is known then.
    """

    session_id: str
    account_id: str | None
    amount: Decimal
    reason: str
    age_seconds: float
    hold_reason: str | None
    on_hold: bool
    refused: Refusal | StatementError | None = None


@dataclass(frozen=True)
class Survey:
    """What is owed at a moment, and for how much of it the credits cap has no room.

    A survey of what is payable has the others, which a run would put on hold, in ``to_hold``.
    """

    sessions: int = 0
    credits: Decimal = Decimal(0)
    over_budget: int = 0
    to_hold: int = 0

    def __add__(self, other: "Survey") -> "Survey":
        return Survey(
            self.sessions + other.sessions,
            self.credits + other.credits,
            self.over_budget + other.over_budget,
            self.to_hold + other.to_hold,
        )
