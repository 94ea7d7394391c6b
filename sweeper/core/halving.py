"""Finding the items that stand in the way of their batch."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")
E = TypeVar("E", bound=Exception)


@dataclass(frozen=True)
class RefusedAlone(Generic[T, E]):
    """An item that was refused in a batch of its own, and the error that refused it."""

    item: T
    error: E


def in_halves(
    items: Sequence[T], attempt: Callable[[Sequence[T]], R], *refusals: type[E]
) -> Iterator[R | RefusedAlone[T, E]]:
    """Try all items in one batch, and a batch that is refused again as two halves.

    ``attempt`` gets a batch and must change nothing when it raises one of ``refusals``; any other error ends the loop.
    Results come in the order of the items: what ``attempt`` gave for a batch, or the item that was refused alone. A
    batch is tried only when the result before it was consumed. Without items there is no attempt.
    """
    if not items:
        return
    refused: RefusedAlone[T, E] | None = None
    try:
        result = attempt(items)
    except refusals as error:
        refused = RefusedAlone(items[0], error)
    if refused is None:
        yield result
    elif len(items) == 1:
        yield refused
    else:
        middle = len(items) // 2
        yield from in_halves(items[:middle], attempt, *refusals)
        yield from in_halves(items[middle:], attempt, *refusals)
