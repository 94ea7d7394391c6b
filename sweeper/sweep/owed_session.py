"""Owed sessions: one as it was read, how many there are, and a page of ids to pay."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from sweeper.postgres.errors import Refusal, StatementError
from sweeper.sweep.selection import Place, Selection

# a list that is rotated by this part of its length comes back to the same place late
_TURN = 0.618


class OwedSession(NamedTuple):
    """One owed session; with ``hold_reason`` when no program may refund it, ``on_hold`` when it is on hold already.

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
    """What is owed at a moment, and what of it the credits cap has no room for.

    Where what is payable was asked for, ``to_hold`` more are owed that a run would put on hold.
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


class OwedPage:
    """The ids of owed sessions in their order, to be taken a batch at a time, and the selection that they are of.

    ``last`` is the place in the order that a full page reaches to: there may be more behind it. ``unripe_from`` is when
    the earliest session started that may be owed later, where that was asked.
    """

    def __init__(
        self,
        selection: Selection,
        session_ids: Sequence[str],
        *,
        last: Place | None = None,
        unripe_from: datetime | None = None,
    ) -> None:
        self.selection = selection
        self._left = deque(session_ids)
        self.last = last
        self.unripe_from = unripe_from

    def take(self, number: int) -> tuple[str, ...]:
        """The next ``number`` ids, fewer at the end, none when all are taken; where there are shards, of one shard."""
        homes, number = self.selection.homes, min(number, len(self._left))
        if homes and number:
            home = homes.shard(self._left[0])
            elsewhere = (place for place in range(number) if homes.shard(self._left[place]) != home)
            number = next(elsewhere, number)
        return tuple(self._left.popleft() for _ in range(number))

    def by_shard(self, first: int | None) -> "OwedPage":
        """The same page, its ``first`` ids shard after shard, all of them where none is given.

        Behind these everything keeps its order: a cap may end a run there, at the session at which a dry run ends.
        """
        if self.selection.homes is not None:
            left = list(self._left)
            first = len(left) if first is None else first
            self._left = deque([*self.selection.homes.by_shard(left[:first]), *left[first:]])
        return self

    @property
    def session_ids(self) -> tuple[str, ...]:
        """What is left."""
        return tuple(self._left)

    def give_back(self, session_ids: Sequence[str]) -> None:
        """These were taken and are still to be paid."""
        self._left.extendleft(reversed(session_ids))

    def turn(self) -> None:
        """Continue from another place of the page; what is left before that comes last."""
        self._left.rotate(-int(len(self._left) * _TURN))

    def __len__(self) -> int:
        return len(self._left)

    def __bool__(self) -> bool:
        return bool(self._left)
