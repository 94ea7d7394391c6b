"""A batch that is refused is halved until those are alone that stand in its way."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.core.halving import RefusedAlone, in_halves


class Refused(Exception):  # noqa: N818 - no error, an answer
    """The fault of one item."""


@given(st.lists(st.booleans(), max_size=40))
def test_every_good_item_is_done_once_in_order_and_every_bad_one_is_named(bad: list[bool]) -> None:
    items = list(enumerate(bad))

    def attempt(batch: Sequence[tuple[int, bool]]) -> list[int]:
        if any(is_bad for _, is_bad in batch):
            raise Refused
        return [number for number, _ in batch]

    done: list[tuple[int, bool]] = []
    for result in in_halves(items, attempt, Refused):
        done += [result.item] if isinstance(result, RefusedAlone) else [(number, False) for number in result]
    assert done == items


def test_a_batch_is_tried_only_when_the_one_before_it_is_used() -> None:
    tried: list[Sequence[int]] = []

    def attempt(batch: Sequence[int]) -> None:
        tried.append(batch)
        if 1 in batch:
            raise Refused

    results = in_halves([1, 2, 3, 4], attempt, Refused)
    assert isinstance(next(results), RefusedAlone)
    assert tried == [(1, 2, 3, 4), (1, 2), (1,)]
    assert next(results) is None
    assert tried[3:] == [(2,)]


def test_nothing_is_not_tried() -> None:
    assert list(in_halves([], len, Refused)) == []


def test_another_error_ends_it() -> None:
    with pytest.raises(ZeroDivisionError):
        list(in_halves([1, 0], lambda batch: [1 // item for item in batch], Refused))
