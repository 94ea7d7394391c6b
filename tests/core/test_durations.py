"""Durations in words: one way to write them, in checks, audits and explanations."""

from datetime import timedelta

import pytest

from sweeper.core.durations import describe_duration


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(0), "0 s"),
        (0.9, "0 s"),
        (59.9, "59 s"),
        (timedelta(minutes=15), "15 min"),
        (90, "1 min 30 s"),
        (timedelta(hours=2, seconds=5), "2 h 5 s"),
        (timedelta(days=1, hours=2, minutes=3), "1 d 2 h"),
        (timedelta(days=1234), "1,234 d"),
        (timedelta(hours=-3), "-3 h"),
        (-0.5, "0 s"),
    ],
)
def test_a_duration_is_written_in_its_two_largest_units(span: timedelta | float, words: str) -> None:
    assert describe_duration(span) == words
