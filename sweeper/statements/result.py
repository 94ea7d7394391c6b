"""A statement as it is listed."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Statement:
    """A statement; ``group`` is its folder, ``heading`` what the comment at its top says, on one line."""

    name: str
    group: str
    heading: str
