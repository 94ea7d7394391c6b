"""Loads the statements in ``sql/`` and fills in the mapped names.

A statement has slots, ``{sessions}``, for the app's names and expressions, and binds, ``%(as_of)s``, for values. What
depends on the mapping is between ``{if ledger}``, ``{else}`` and ``{end}``. What is repeated for each of several
columns is between ``{each moves ", "}``, with the separator, and ``{end}``; a condition in it may also be a slot of the
item, which is met if it is not empty. ``{include reading}`` inserts ``parts/source/reading.sql``, indented like the
line of the include: a file is known by its name alone, whatever folder it is in. Slot values are never searched for
slots, so a brace or a percent sign in the app's own SQL stays what it is.
"""

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import dropwhile, takewhile
from pathlib import Path
from typing import NamedTuple

from sweeper.core.errors import ConfigurationError

_PACKAGED = Path(__file__).parents[1] / "sql"
_CHECKOUT = Path(__file__).parents[2] / "sql"
# a condition alone on its line takes the line with it
_TAG = re.compile(
    r"""^[ \t]*\{(?P<line>if\ [a-z_]+|each\ [a-z_]+\ "[^"]*"|else|end)\}[ \t]*\n"""
    r"""|\{(?P<tag>if\ [a-z_]+|each\ [a-z_]+\ "[^"]*"|else|end|[a-z_]+)\}""",
    re.MULTILINE | re.VERBOSE,
)
# what begins and ends the body of a function
_DOLLAR_TAG = re.compile(r"\$[a-z]\w*\$")
_BIND = re.compile(r"%\((\w+)\)s")
_SLOT = re.compile(r"\{([a-z_]+)\}")
_INCLUDE = re.compile(r"\{include ([a-z_]+)\}")

Slots = Mapping[str, str]
# the values of conditions, and the items to repeat, each with slots of its own
Choices = Mapping[str, bool | str | Sequence[Slots]]


class _Slot(NamedTuple):
    name: str


class _If(NamedTuple):
    name: str
    then: tuple["_Node", ...]
    otherwise: tuple["_Node", ...]


class _Each(NamedTuple):
    name: str
    separator: str
    body: tuple["_Node", ...]


_Node = str | _Slot | _If | _Each


def items_of(choices: Choices, name: str) -> Sequence[Slots]:
    """The items that are repeated under this name."""
    items = choices[name]
    assert not isinstance(items, bool | str)  # noqa: S101 - a fault of the statement's, not of the user's
    return items


@cache
def folder() -> Path:
    """Where the statements are: inside the package when installed, beside it in a checkout."""
    return _PACKAGED if _PACKAGED.is_dir() else _CHECKOUT


@cache
def files() -> Mapping[str, Path]:
    """Every statement's file by the statement's name."""
    # three times as fast as Path.rglob, in every command
    found = (Path(room, name) for room, _, names in os.walk(folder()) for name in names)
    return {path.stem: path for path in found if path.suffix == ".sql"}


def _source(name: str) -> str:
    return files()[name].read_text(encoding="utf-8").strip()


def heading(name: str) -> str:
    """The comment at the head of the statement ``name``, on one line."""
    lines = takewhile(_is_comment, _source(name).splitlines())
    return " ".join(line.removeprefix("--").strip() for line in lines)


def _is_comment(line: str) -> bool:
    return line.startswith("--")


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """The text between tags, as ``("", text)``, and the tags, as ``(word, rest)``."""
    position = 0
    for match in _TAG.finditer(text):
        yield "", text[position : match.start()]
        tag = match["line"] or match["tag"]
        word, _, rest = tag.partition(" ")
        yield (word, rest) if rest or word in ("else", "end") else ("slot", word)
        position = match.end()
    yield "", text[position:]


@cache
def _expanded(name: str, *, headed: bool = True) -> str:
    """The text of a file with the parts that it includes."""
    source = _source(name)
    if not headed:
        source = "\n".join(dropwhile(_is_comment, source.splitlines()))

    def part(match: re.Match[str]) -> str:
        line = source[source.rfind("\n", 0, match.start()) + 1 : match.start()]
        indent = line[: len(line) - len(line.lstrip())]
        return _expanded(match[1], headed=False).replace("\n", f"\n{indent}")

    return _INCLUDE.sub(part, source)


@cache
def _template(name: str, *, headed: bool = True) -> tuple[_Node, ...]:
    nodes, ended_by = _parse(_tokens(_expanded(name, headed=headed)))
    if ended_by:
        raise ValueError(f"{name}.sql: {{{ended_by}}} ends nothing")
    return nodes


def _parse(tokens: Iterator[tuple[str, str]]) -> tuple[tuple[_Node, ...], str]:
    """What comes before the next ``else`` or ``end``, and which of the two it is; "" at the end of the text."""
    nodes: list[_Node] = []
    for word, rest in tokens:
        if word in ("else", "end"):
            return tuple(nodes), word
        if word == "slot":
            nodes.append(_Slot(rest))
        elif word == "if":
            then, ended_by = _parse(tokens)
            otherwise, _ = _parse(tokens) if ended_by == "else" else ((), "")
            nodes.append(_If(rest, then, otherwise))
        elif word == "each":
            name, _, separator = rest.partition(" ")
            nodes.append(_Each(name, separator.strip('"').replace("\\n", "\n"), _parse(tokens)[0]))
        else:
            nodes.append(rest)
    return tuple(nodes), ""


def _render(nodes: Sequence[_Node], slots: Slots, choices: Choices, *, doubled: bool) -> str:
    parts = []
    for node in nodes:
        match node:
            case str():
                parts.append(node)
            case _Slot(name):
                # psycopg reads % as the start of a bind, but in the app's own SQL it must mean itself
                parts.append(slots[name].replace("%", "%%") if doubled else slots[name])
            case _If(name, then, otherwise):
                parts.append(_render(then if choices[name] else otherwise, slots, choices, doubled=doubled))
            case _Each(name, separator, body):
                each = (
                    _render(body, {**slots, **item}, {**choices, **item}, doubled=doubled)
                    for item in items_of(choices, name)
                )
                parts.append(separator.join(each))
    return "".join(parts)


@cache
def binds_of(name: str) -> frozenset[str]:
    """The names of a statement's binds."""
    return frozenset(_BIND.findall(_expanded(name)))


@cache
def slots_of(name: str) -> frozenset[str]:
    """The names of a statement's slots."""
    return frozenset(_SLOT.findall(_expanded(name)))


@cache
def _dollar_tags(name: str) -> Mapping[str, int]:
    """The dollar quotes of a statement, and how often each stands in it."""
    return Counter(_DOLLAR_TAG.findall(_expanded(name)))


def _fill(name: str, slots: Slots, choices: Choices | None, *, doubled: bool) -> str:
    """The statement ``name`` with its slots filled, none of which ends the body of a function."""
    text = _render(_template(name), slots, choices or {}, doubled=doubled)
    for tag, number in _dollar_tags(name).items():
        if text.count(tag) > number:
            raise ConfigurationError(
                f"a name or an expression of the mapping has {tag} in it, which would end the body of a function that "
                "sweeper creates: write it another way, such as in two parts joined by ||",
                code="mapping",
            )
    return text


def fill(name: str, slots: Slots, choices: Choices | None = None) -> str:
    """The statement ``name`` with its slots filled, to be sent with binds.

    Raises:
        KeyError: the statement has a slot that ``slots`` does not fill, or a condition that ``choices`` does not know.
        ConfigurationError: a slot has a dollar quote of the statement.
    """
    return _fill(name, slots, choices, doubled=True) if slots or choices else _fill_without_slots(name)


@cache
def _fill_without_slots(name: str) -> str:
    return _fill(name, {}, None, doubled=True)


def fill_script(name: str, slots: Slots, choices: Choices | None = None) -> str:
    """The script ``name`` with its slots filled, to be sent without binds, or printed.

    Raises:
        KeyError: the script has a slot that ``slots`` does not fill, or a condition that ``choices`` does not know.
        ConfigurationError: a slot has a dollar quote of the script.
    """
    return _fill(name, slots, choices, doubled=False)


def fill_part(name: str, slots: Slots, choices: Choices | None = None) -> str:
    """The part ``name`` with its slots filled, without its heading, to fill a slot of a statement.

    Raises:
        KeyError: the part has a slot that ``slots`` does not fill, or a condition that ``choices`` does not know.
    """
    return _render(_template(name, headed=False), slots, choices or {}, doubled=False)


def fill_expression(name: str, slots: Slots) -> str:
    """The expression ``name`` with its slots filled, on one line, to be written into a file.

    Raises:
        KeyError: the expression has a slot that ``slots`` does not fill.
    """
    text = _render(_template(name, headed=False), {key: key.join("\0\0") for key in slots}, {}, doubled=False)
    return re.sub(r"\0(\w+)\0", lambda match: slots[match[1]], " ".join(text.split()))


def quote_name(*names: str) -> str:
    """A name as an SQL identifier, or several, such as a schema and what is in it, with a dot between them."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def quote_text(text: str) -> str:
    """``text`` as an SQL string literal, whatever ``standard_conforming_strings`` says."""
    quoted = "'" + text.replace("'", "''") + "'"
    return "E" + quoted.replace("\\", "\\\\") if "\\" in quoted else quoted
