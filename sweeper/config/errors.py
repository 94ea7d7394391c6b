"""Describes the mistakes in a ``sweeper.toml``, one on a line, each with the nearest right key."""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from sweeper.core.text import without_prefix


def nearest_of(word: str, known: list[str] | tuple[str, ...]) -> str | None:
    """The known word closest to ``word``, if one is close."""
    folded = {name.lower(): name for name in known}
    close = get_close_matches(word.lower(), list(folded), n=1, cutoff=0.6)
    return folded[close[0]] if close else None


def nearest(word: str, known: list[str] | tuple[str, ...]) -> str:
    """A hint that names the known word closest to ``word``, or lists a few when no word is close."""
    near = nearest_of(word, known)
    if near:
        return f"; did you mean {near!r}?"
    return f"; there is: {', '.join(sorted(known)[:12])}" if known else ""


def describe_all(
    error: ValidationError, content: Mapping[str, Any], known_keys: Callable[[tuple[str, ...]], list[str]]
) -> list[str]:
    """One line for each mistake; a misspelled key is not also reported as missing.

    ``known_keys`` gives the keys that the section at a path may have.
    """
    meant = set()
    lines = []
    # unknown keys first, to find out which missing keys they were meant to be
    for problem in sorted(error.errors(), key=lambda problem: problem["type"] != "extra_forbidden"):
        where = tuple(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            known = known_keys(where[:-1])
            meant.add((*where[:-1], nearest_of(where[-1], known)))
            lines.append(f"{'.'.join(where)}: unknown key{nearest(where[-1], known)}")
        elif problem["type"] != "missing":
            lines.append(_describe(problem, content))
        elif where not in meant:
            lines.append(f"{'.'.join(where)}: missing")
    return lines


def _describe(problem: Any, content: Mapping[str, Any]) -> str:
    key = ".".join(str(part) for part in problem["loc"])
    message = without_prefix(str(problem["msg"]))
    value = _value_at(content, problem["loc"])
    secret = problem["loc"][:1] in (
        ("monitoring",),
        ("notify",),
    )  # anyone with such a URL could send reports as this app
    shown = "" if secret or value is None or repr(value) in message else f" = {value!r}"
    return f"{key}{shown}: {message}" if key else message


def _value_at(content: Any, loc: tuple[int | str, ...]) -> object:
    for part in loc:
        try:
            content = content[part]
        except (KeyError, IndexError, TypeError):
            break
    return content if isinstance(content, str | int | float) else None
