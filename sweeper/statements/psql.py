"""A filled statement as a script for psql: binds become its variables, and nothing else of the text is one.

A variable holds a whole SQL literal, quotes included, because psql cannot quote a null: ``\\set until NULL`` and
``\\set as_of '''2026-11-23 12:00:00+00:00'''`` are both used as ``:as_of``.
"""

import re
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Mapped
from datetime import datetime
from decimal import Decimal

from sweeper.postgres.binds import text_array
from sweeper.postgres.templates import quote_text

# What psql leaves unchanged: strings, quoted names, dollar quotes and comments.
_QUOTED = (
    r"[Ee]'(?:[^'\\]|\\.|'')*'"
    r"|'(?:[^']|'')*'"
    r'|"(?:[^"]|"")*"'
    r"|(?P<dollars>\$(?:[A-Za-z_\x80-\U0010ffff][\w]*)?\$).*?(?P=dollars)"
    r"|--[^\n]*"
    r"|/\*.*?\*/"
)
_TOKEN = re.compile(
    # an expression of the file, on a line of its own
    r"(?P<alone>\(\n(?P<inner>(?! )(?:[^\n'\"$/-]|'[^'\n]*'|\"[^\"\n]*\"|-(?!-)|/(?!\*))*)\n\))"
    rf"|(?P<quoted>{_QUOTED})"
    r"|%\((?P<bind>\w+)\)s"
    r"|(?P<percent>%%)"
    r"|(?P<word>[A-Za-z_\x80-\U0010ffff][\w$]*)"
    r"|(?P<cast>::|:=)"
    r"|(?P<colon>:)(?=[A-Za-z_'\"{\x80-\U0010ffff])",
    re.DOTALL,
)
_PLAIN = re.compile(r"[A-Za-z0-9_.+-]+")
# what changes rows, tables or rights, or locks: never in a read-only transaction
_WRITES = frozenset({
    "INSERT", "UPDATE", "DELETE", "TRUNCATE", "LOCK", "SHARE", "CREATE", "ALTER", "DROP", "GRANT", "REVOKE", "DO",
})  # fmt: skip


def to_psql(text: str, *, doubled: bool) -> str:
    """A filled statement as psql reads it; ``doubled`` is whether its percent signs are, as they are beside binds.

    An expression of the mapping file, which stands on a line of its own for the sake of a comment in it, is put back
    into the line where it has no comment.
    """

    def replaced(match: re.Match[str]) -> str:
        if match["inner"] is not None:
            return f"({to_psql(match['inner'], doubled=doubled)})"
        if match["quoted"] is not None:
            return match["quoted"].replace("%%", "%") if doubled else match["quoted"]
        if match["bind"] is not None and doubled:
            return f":{match['bind']}"
        if match["percent"] and doubled:
            return "%"
        return "\\:" if match["colon"] else match[0]

    return _TOKEN.sub(replaced, text)


def binds_of(text: str) -> frozenset[str]:
    return frozenset(match["bind"] for match in _TOKEN.finditer(text) if match["bind"])


def writes(text: str) -> bool:
    """Whether a statement writes or locks, by its keywords, not by words in its strings, names and comments."""
    return any(match["word"] in _WRITES for match in _TOKEN.finditer(text) if match["word"])


def variables(binds: Mapped[str, object], names: Iterable[str]) -> list[dict[str, str]]:
    r"""Each bind of ``names`` with its value, as ``\set`` takes it."""
    return [{"variable": name, "value": _argument(literal(binds[name]))} for name in names]


def literal(value: object) -> str:
    match value:
        case None:
            return "NULL"
        case bool():
            return "true" if value else "false"
        case int() | Decimal():
            return str(value)
        case datetime():
            return quote_text(value.isoformat(sep=" "))
        case list() | tuple():
            return quote_text(_array(value))
    return quote_text(str(value))


def _array(values: Sequence[object]) -> str:
    items = ("NULL" if value is None else text_array([str(value)])[1:-1] for value in values)
    return "{" + ",".join(items) + "}"


def _argument(sql: str) -> str:
    r"""SQL as an argument of ``\set``: within its quotes a backslash is one of C."""
    if _PLAIN.fullmatch(sql):
        return sql
    return "'" + sql.replace("\\", "\\\\").replace("'", "''").replace("\n", "\\n") + "'"


def terminated(text: str) -> str:
    """A statement or script with the semicolon at its end."""
    text = text.rstrip()
    return text if text.endswith(";") else f"{text};"


def unseen(text: str) -> str:
    """A statement whose result psql discards."""
    return f"{text}\n\\g /dev/null"
