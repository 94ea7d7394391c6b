"""Finds the items that make their batch fail: the only place that halves."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")
E = TypeVar("E", bound=Exception)


@dataclass(frozen=True)
class RefusedAlone(Generic[T, E]):
    """An item that was refused in a batch of its own, and the error."""

    item: T
    error: E


class Halving(Generic[T]):
    """Items to be tried in groups, where one item may make its whole group fail.

    In their order, or with ``largest_next``: down to the first item that is refused alone, then the largest group
    that is left, because that one most likely passes.
    """

    def __init__(self, items: Sequence[T], *, largest_next: bool = False) -> None:
        self._groups = [tuple(items)]
        self._in_order = not largest_next
        self._deeper = False

    def take(self) -> tuple[T, ...]:
        """The next group; empty once all were tried."""
        if not self._groups:
            return ()
        last = len(self._groups) - 1
        straight = self._in_order or self._deeper
        next_one = last if straight else max(range(last, -1, -1), key=lambda place: len(self._groups[place]))
        self._deeper = False
        return self._groups.pop(next_one)

    def put_back(self, items: Sequence[T]) -> None:
        if items:
            self._groups.append(tuple(items))

    def leave_out(self, items: Collection[T]) -> None:
        left = (tuple(item for item in group if item not in items) for group in self._groups)
        self._groups = [group for group in left if group]

    @property
    def left(self) -> tuple[T, ...]:
        return tuple(item for group in self._groups for item in group)

    def split(self, group: tuple[T, ...]) -> None:
        """Record that this group was refused: one of its halves is next."""
        middle = len(group) // 2
        self._groups += [group[middle:], group[:middle]]
        self._deeper = True


def in_halves(
    items: Sequence[T], attempt: Callable[[tuple[T, ...]], R], *refusals: type[E]
) -> Iterator[R | RefusedAlone[T, E]]:
    """Try all items in one batch, and a refused batch again as two halves.

    ``attempt`` gets a batch and must change nothing when it raises one of ``refusals``; any other error ends the loop.
    Results come in the order of the items: what ``attempt`` gave for a batch, or the item that was refused alone. A
    batch is tried only when the result before it was consumed. Without items there is no attempt.
    """
    groups = Halving(items)
    while group := groups.take():
        refused: RefusedAlone[T, E] | None = None
        try:
            result = attempt(group)
        except refusals as error:
            if len(group) > 1:
                groups.split(group)
                continue
            refused = RefusedAlone(group[0], error)
        yield refused or result
