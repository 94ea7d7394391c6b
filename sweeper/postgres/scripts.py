"""Splits a script in SQL into its statements."""

import re
from collections.abc import Iterator

# what may contain a semicolon that does not end a statement: texts, names, dollar-quoted bodies, comments
_PIECE = re.compile(
    r"""(?P<end>;)|[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|(?<![\w$])(\$(?:[^\W\d]\w*)?\$).*?\2|--[^\n]*|/\*.*?\*/"""
    r"""|[\w$]+|.""",
    re.DOTALL,
)
_NOTHING = re.compile(r"(?:\s|--[^\n]*|/\*.*?\*/)*", re.DOTALL)


def statements(script: str) -> Iterator[str]:
    """The statements of a script, in their order.

    Sent together they would be one, and one that Citus has to repeat on another node would be repeated with all of the
    others.
    """
    start = 0
    for piece in _PIECE.finditer(script):
        if piece["end"]:
            yield script[start : piece.end()].strip()
            start = piece.end()
    if not _NOTHING.fullmatch(script[start:]):
        yield script[start:].strip()
