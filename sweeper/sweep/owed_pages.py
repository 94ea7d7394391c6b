"""Finds what is owed, a page of ids at a time; the sessions of a page are paid in batches."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from sweeper.app.mapping import Mapping
from sweeper.app.transactions import reading
from sweeper.postgres.database import Database
from sweeper.sweep.app_changes import MovedSessions
from sweeper.sweep.owed import OwedReader
from sweeper.sweep.owed_list import FailingRows, OwedList
from sweeper.sweep.selection import Place, Selection, Starts
from sweeper.sweep.shards import ShardMap

T = TypeVar("T")

# how many ids are found at once: each page is a query of its own, and a full sweep's first one reads all of history
_FOUND_AT_ONCE = 50_000
# a list that is rotated by this part of its length returns to the same place late
_TURN = 0.618


class OwedPage:
    """The ids of owed sessions in order, to be taken a batch at a time, and the selection that they belong to.

    ``last`` is the place of the last session of a full page: there may be more after it. ``unripe_from`` is when
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
        """The next ``number`` ids, fewer at the end, none when all are taken; with shards, only ids of one shard."""
        shard_map, number = self.selection.shard_map, min(number, len(self._left))
        if shard_map and number:
            home = shard_map.shard(self._left[0])
            elsewhere = (place for place in range(number) if shard_map.shard(self._left[place]) != home)
            number = next(elsewhere, number)
        return tuple(self._left.popleft() for _ in range(number))

    def by_shard(self, first: int | None) -> "OwedPage":
        """The same page with its ``first`` ids grouped by shard, or all of them if ``first`` is None.

        Behind these everything keeps its order: a cap may end a run there, at the session at which a dry run ends.
        """
        if self.selection.shard_map is not None:
            left = list(self._left)
            first = len(left) if first is None else first
            self._left = deque([*self.selection.shard_map.by_shard(left[:first]), *left[first:]])
        return self

    @property
    def session_ids(self) -> tuple[str, ...]:
        """What is left."""
        return tuple(self._left)

    def give_back(self, session_ids: Sequence[str]) -> None:
        """Put back ids that were taken and are still to be paid."""
        self._left.extendleft(reversed(session_ids))

    def turn(self) -> None:
        """Continue from another place of the page; what is left before it comes last."""
        self._left.rotate(-int(len(self._left) * _TURN))

    def reverse(self) -> None:
        """Continue from the other end."""
        self._left.reverse()

    def __len__(self) -> int:
        return len(self._left)


class PageFinder:
    """Finds the pages of one sweep, without a lock, and keeps what the sweep learns on the way."""

    def __init__(self, database: Database, mapping: Mapping, shard_map: ShardMap | None) -> None:
        self._database = database
        self._mapping = mapping
        self._shard_map = shard_map
        self._missing: tuple[datetime | None] | None = None
        self._ambiguous = frozenset[str]()
        self._moved, self._compared = MovedSessions(), False

    def find(self, selection: Selection, budget: Decimal | None) -> OwedPage:
        """The next sessions of a selection that are owed and, each for itself, within the budget.

        Raises:
            Refusal, StatementError: one row's expression fails.
        """
        found = self._find(self.knowing(selection), budget)
        if found and self._missing is None:  # a run that has nothing to pay need not know
            self._missing = (self.read(selection, OwedReader.find_missing),)
            if self._missing != (None,):  # sessions that will be held need no room
                found = self._find(self.knowing(selection), budget)
        self._ambiguous = found.selection.ambiguous
        if found and self._moved.possible:  # a session refunded under another id is put on hold when it is locked
            session_ids = found.session_ids
            self.read(selection, lambda reader: self._moved.find(reader, session_ids))
            # of the first page, which is found again if this was interrupted
            if not self._compared and self._moved.possible and (found.last or selection.session_ids):
                self._compare_all(selection)
            self._compared = True
            found.selection = replace(found.selection, moved=self._moved.found)
        return found

    def _compare_all(self, selection: Selection) -> None:
        """Compare all that is owed before anything is paid: the first page is older than the refunds that are compared.

        Raises:
            ConfigurationError: the ids were changed in place.
        """
        everything = replace(selection, session_ids=None, after=None, dates="known")
        with reading(self._database, self._mapping) as transaction:
            for part in everything.parts():
                owed = OwedList(transaction, self._mapping, part, FailingRows(ends=True))
                deque(self._moved.compared(owed), maxlen=0)

    def _find(self, selection: Selection, budget: Decimal | None) -> OwedPage:
        in_history = selection.in_history and selection.after is None
        statement = self._mapping.statement("find_in_history" if in_history else "find")
        page_size = max(_FOUND_AT_ONCE, len(selection.session_ids or ()))
        with reading(self._database, self._mapping) as transaction:
            row = transaction.row(statement, {**selection.binds, "page_size": page_size, "budget": budget})
            session_ids = row.session_ids
            if self._mapping.has_shared_ids:
                session_ids = list(dict.fromkeys(session_ids))
                ambiguous = OwedReader(transaction, self._mapping, selection).find_ambiguous(session_ids)
                selection = replace(selection, ambiguous=selection.ambiguous | ambiguous)
            if self._mapping.is_bounded:
                selection = replace(selection, starts=Starts(row.session_ids, row.starts or ()))
            if self._shard_map:
                self._shard_map.learn(transaction, self._mapping, zip(row.session_ids, row.accounts or (), strict=True))
        return OwedPage(
            selection,
            session_ids,
            last=(row.last[0], row.last[1]) if row.last else None,
            unripe_from=row.unripe_from if in_history else None,
        )

    def knowing(self, selection: Selection) -> Selection:
        """The same selection with what is known by now of missing refunds, and of ids that several sessions have."""
        selection = replace(selection, ambiguous=self._ambiguous, moved=self._moved.found, shard_map=self._shard_map)
        return replace(selection, missing_until=self._missing[0]) if self._missing else selection

    def read(self, selection: Selection, ask: Callable[[OwedReader], T]) -> T:
        """Read something about a selection, in a read-only transaction."""
        with reading(self._database, self._mapping) as transaction:
            return ask(OwedReader(transaction, self._mapping, selection))
