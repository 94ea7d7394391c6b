"""Compares this machine's clock with the database's."""

import time
from datetime import datetime, timedelta

from sweeper.core.errors import FailedError


def skew_seconds(theirs: datetime, as_of: datetime, asked_at: float) -> float:
    """By how many seconds the database's clock is ahead of ours; negative when it is behind.

    ``asked_at`` is ``time.monotonic()`` at the moment ``as_of``.
    """
    ours = as_of + timedelta(seconds=time.monotonic() - asked_at)
    return (theirs - ours).total_seconds()


def describe_skew(skew: float) -> str:
    """That difference in words."""
    return f"this machine's clock is {abs(skew):.1f} s {'behind' if skew > 0 else 'ahead of'} the database's"


def check_clocks(theirs: datetime, as_of: datetime, asked_at: float, *, limit: timedelta, otherwise: str) -> None:
    """Check that the two clocks differ by no more than ``limit``; ``otherwise`` says what would go wrong.

    Raises:
        FailedError: they differ by more.
    """
    skew = skew_seconds(theirs, as_of, asked_at)
    if abs(skew) > limit.total_seconds():
        raise FailedError(
            f"{describe_skew(skew)}, more than max_clock_skew = {limit.total_seconds():g} s: {otherwise}",
            code="clock_skew",
        )
