"""What the server's plan of a subquery shows: whether it finds all its rows by a key of the session.

The server writes the conditions of a plan in one way, with parentheses around every operand, and moves each to the
tables that it is about.
"""

import re
from collections.abc import Collection, Iterator

from sweeper.app.catalog import closing, masked

# all of these must be true of each row that a node reads
_CONDITIONS = ("Index Cond", "Recheck Cond", "TID Cond", "Filter")
_LITERAL = re.compile(r"'(?:[^']|'')*'(?:::\w+)?")
# casts that make one text or number of each; one with a length may cut it
_CAST = re.compile(r"(.+)::(?:text|character varying|uuid|smallint|integer|bigint|numeric)", re.DOTALL)
_OF_SESSION = re.compile(r"\bs\.")


def reads_others(plan: object, keys: Collection[str], *, within: bool = False) -> bool:
    """Whether a part of a plan that is ``within`` a subquery reads rows that it does not find by one of the keys."""
    if isinstance(plan, list):
        return any(reads_others(one, keys, within=within) for one in plan)
    if not isinstance(plan, dict):
        return False
    within = within or "Subplan Name" in plan
    if within and "Relation Name" in plan and not _found_by_key(plan, keys):
        return True
    return reads_others([*plan.values()], keys, within=within)


def _found_by_key(node: dict[str, object], keys: Collection[str]) -> bool:
    conditions = [condition for name in _CONDITIONS if isinstance(condition := node.get(name), str)]
    return any(_is_equality(one, keys) for text in conditions for one in _parts(_bare(text), " AND "))


def _is_equality(condition: str, keys: Collection[str]) -> bool:
    """Whether it compares something of the row alone with a key, so that no two keys have the same row."""
    sides = list(_parts(_bare(condition), " = "))
    if len(sides) != 2:
        return False
    return any(
        _tells_apart(key, keys) and not _OF_SESSION.search(masked(other)) for key, other in (sides, reversed(sides))
    )


def _tells_apart(text: str, keys: Collection[str]) -> bool:
    """Whether it is a key, cast or with something written before or after it."""
    text = _bare(text)
    parts = [part for part in _parts(text, " || ") if not _LITERAL.fullmatch(part)]
    if len(parts) == 1 and parts[0] != text:
        return _tells_apart(parts[0], keys)
    cast = _CAST.fullmatch(text)
    return text in keys or (cast is not None and _tells_apart(cast[1], keys))


def _bare(text: str) -> str:
    """Without the parentheses around all of it."""
    while text.startswith("(") and closing(masked(text), 0) == len(text):
        text = text[1:-1]
    return text


def _parts(text: str, operator: str) -> Iterator[str]:
    """The operands of an operator outside of parentheses."""
    plain, start = masked(text), 0
    depth = 0
    for place, letter in enumerate(plain):
        depth += (letter == "(") - (letter == ")")
        if not depth and plain.startswith(operator, place):
            yield text[start:place]
            start = place + len(operator)
    yield text[start:]
