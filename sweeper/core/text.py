"""Text that is safe to print, and short enough to read."""

from collections.abc import Sequence


def printable(text: str) -> str:
    """The app's own text without control characters."""
    return text if text.isprintable() else "".join(letter if letter.isprintable() else "?" for letter in text)


def some(names: Sequence[str], most: int) -> str:
    """The first names, and how many more there are."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def without_prefix(message: str) -> str:
    """What pydantic says, without the words that it puts before ours."""
    return message.replace("Value error, ", "")


def word_set(text: str) -> frozenset[str]:
    """The words of a list that is written as text."""
    return frozenset(text.split())
