"""A draft as a commented ``sweeper.toml``: open questions are marked, candidates show what each gives for real rows."""

import json
import textwrap
from collections.abc import Iterator, Sequence

from sweeper.config.parsing import OPEN_QUESTION
from sweeper.init.answers import Draft, Line, Section, describe

_HEAD = """\
# A draft, made by `sweeper init` from the names, types, keys and a few rows of this database. Review every line.
# A value "?" is an open question: until you have answered it, sweeper refuses this file.
# Values are SQL column names, or SQL expressions over the session row, whose alias is s.
# When every question is answered: `sweeper install`, then `sweeper check`, then `sweeper run --dry-run`.
"""


def write(draft: Draft) -> str:
    lines = [line for section in draft.sections for line in _section(section)]
    return "\n".join([_HEAD, *lines]) + "\n"


def toml(value: str | Sequence[str]) -> str:
    """A text, or a list of texts, as TOML."""
    if not isinstance(value, str):
        return "[" + ", ".join(toml(one) for one in value) + "]"
    plain = value.isprintable()
    if plain and '"' in value and "'" not in value:
        return f"'{value}'"
    if plain and '"' in value and "\\" not in value and '"""' not in value:
        return f'"""{value}"""' if not value.endswith('"') else f"'''{value}'''"
    return json.dumps(value, ensure_ascii=not plain)


def _section(section: Section) -> Iterator[str]:
    for note in section.notes:
        yield from _note(note)
    if any(not line.proposed for line in section.lines):
        yield f"[{section.name}]" + (f"   # {section.comment}" if section.comment else "")
    elif section.lines:
        yield f"# [{section.name}]" + (f"   # {section.comment}" if section.comment else "")
    for line in section.lines:
        yield from _line(line)
    yield section.tail


def _line(line: Line) -> Iterator[str]:
    if line.is_open and line.question:
        yield from _note(f"QUESTION: {line.question}" + (" Candidates:" if line.candidates else ""))
        for candidate in line.candidates:
            yield f"#   {toml(candidate.sql)}   {printable(candidate.meaning)}".rstrip()
            for example in describe(candidate):
                yield from _note(example, indent="       ")
    for note in line.notes:
        yield from _note(note)
    marked = f"   # {printable(line.comment)}" if line.comment else ""
    value = _numbers(line.value) if line.bare else toml(line.value)
    yield ("# " if line.proposed else "") + f"{_key(line.key):<10} = {value}{marked}"


def _numbers(values: Sequence[str]) -> str:
    return "[" + ", ".join(toml(one) if one == OPEN_QUESTION else one for one in values) + "]"


def _note(text: str, indent: str = "") -> Iterator[str]:
    """A comment, wrapped unless it has SQL to be copied."""
    lead = f"# {indent}"
    for part in printable(text, keep="\n").split("\n"):
        yield from textwrap.wrap(part, 118, initial_indent=lead, subsequent_indent=lead, break_long_words=False) or "#"


def _key(name: str) -> str:
    return name if name.replace("_", "").isalnum() and name.isascii() else toml(name)


def printable(text: str, keep: str = "") -> str:
    """A text that stays inside its comment."""
    return "".join(letter if letter.isprintable() or letter in keep else "?" for letter in text)
