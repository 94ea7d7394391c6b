"""Loads the statements in ``sql/`` and fills in the mapped names.

A statement has slots, ``{sessions}``, for the app's names and expressions, and binds, ``%(as_of)s``, for
values. ``{include reading}`` takes in ``sql/parts/reading.sql``. Slot values are never searched for slots
again, so a brace or a percent sign in the app's own SQL stays what it is.
"""

import re
from collections.abc import Mapping
from functools import cache
from itertools import dropwhile, takewhile
from pathlib import Path

_PACKAGED = Path(__file__).parent / "sql"
_CHECKOUT = Path(__file__).parent.parent / "sql"
_INCLUDE = re.compile(r"\{include ([a-z_]+)\}")
_SLOT = re.compile(r"\{([a-z_]+)\}")


@cache
def folder() -> Path:
    """Where the statements are: inside the package when installed, beside it in a checkout."""
    return _PACKAGED if _PACKAGED.is_dir() else _CHECKOUT


def _source(name: str) -> str:
    return (folder() / f"{name}.sql").read_text(encoding="utf-8").strip()


@cache
def _template(name: str, variants: tuple[tuple[str, str], ...] = ()) -> str:
    chosen = dict(variants)
    return _INCLUDE.sub(
        lambda match: _body(_template(f"parts/{chosen.get(match[1], match[1])}", variants)), _source(name)
    )


def _body(part: str) -> str:
    """A part without the comment lines that head it."""
    return "\n".join(dropwhile(_is_comment, part.splitlines()))


def _is_comment(line: str) -> bool:
    return line.startswith("--")


def heading(name: str) -> str:
    """What the comment lines that head the statement ``name`` say."""
    lines = takewhile(_is_comment, _source(name).splitlines())
    return " ".join(line.removeprefix("--").strip() for line in lines)


def fill(name: str, slots: Mapping[str, str], variants: tuple[tuple[str, str], ...] = ()) -> str:
    """The statement ``name`` with its slots filled, to be sent with binds.

    ``variants`` names the part to take in where a statement includes one of several, as ``("book", "book_own")``.

    Raises:
        KeyError: the statement has a slot that ``slots`` does not fill.
    """
    # psycopg reads % as the start of a bind: in the app's own SQL it must mean itself
    return _SLOT.sub(lambda match: slots[match[1]].replace("%", "%%"), _template(name, variants))


def fill_script(name: str, slots: Mapping[str, str], variants: tuple[tuple[str, str], ...] = ()) -> str:
    """The script ``name`` with its slots filled, to be sent without binds, or printed.

    Raises:
        KeyError: the script has a slot that ``slots`` does not fill.
    """
    return _SLOT.sub(lambda match: slots[match[1]], _template(name, variants))


def fill_expression(name: str, slots: Mapping[str, str]) -> str:
    """The expression ``name`` with its slots filled, on one line, to be written into a file.

    Raises:
        KeyError: the expression has a slot that ``slots`` does not fill.
    """
    return _SLOT.sub(lambda match: slots[match[1]], " ".join(_body(_template(name)).split()))


def quote_name(name: str) -> str:
    """``name`` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """``text`` as an SQL string literal, whatever ``standard_conforming_strings`` says."""
    quoted = "'" + text.replace("'", "''") + "'"
    return "E" + quoted.replace("\\", "\\\\") if "\\" in quoted else quoted
