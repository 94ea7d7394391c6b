"""Durations in words."""

from datetime import timedelta

_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def describe_duration(span: timedelta | float) -> str:
    """A duration in its two largest units, such as ``2 d 3 h``; a number is seconds, and fractions are left out."""
    seconds = int(span.total_seconds() if isinstance(span, timedelta) else span)
    left, words = abs(seconds), list[str]()
    for size, unit in _UNITS:
        count, left = divmod(left, size)
        if count:
            words.append(f"{count:,} {unit}")
    return ("-" if seconds < 0 else "") + (" ".join(words[:2]) or "0 s")
