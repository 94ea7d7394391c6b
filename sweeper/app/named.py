"""What the file's own SQL names: the functions that it calls, the tables that its subqueries read, and its types."""

import re
from collections.abc import Iterator, Mapping

from sweeper.app.catalog import NAME, as_stored, masked, subqueries, subqueries_within, without_literals
from sweeper.config.model import Settings

_PART = f"(?:{NAME})"
_NAME = rf"((?:{_PART}\s*\.\s*)?{_PART})"
_NAMED = {
    "function": re.compile(rf"{_NAME}\s*\("),
    "table": re.compile(rf"(?:\b(?:from|join|table)\b|,)\s*(?:\b(?:only|lateral)\s+)?{_NAME}", re.IGNORECASE),
    "type": re.compile(rf"(?:::|\bas\b)\s*{_NAME}", re.IGNORECASE),
}
_PARTS = re.compile(_PART)
_CLOCK = re.compile(
    r"\b(?:now|(?:clock|statement|transaction)_timestamp|timeofday)\s*\(\s*\)"
    r"|(?<![.\w])(?:current_(?:date|time|timestamp)|localtime(?:stamp)?)\b",
    re.IGNORECASE,
)


def named_in(settings: Settings) -> dict[str, object]:
    """The binds for ``list_named``; a name without a schema has an empty one."""
    decisive = settings.model_dump(include={"sessions", "accounts", "ledger"})
    found = sorted({one for text in _texts(decisive) for one in _names(without_literals(text))})
    return {key: [one[place] for one in found] for place, key in enumerate(("kinds", "schemas", "names"))}


def functions_in(text: str) -> list[tuple[str, str]]:
    """The functions that an expression may call: the schema, empty if it has none, and the name."""
    return _named("function", text)


def tables_of(query: str) -> list[tuple[str, str]]:
    """The tables that a query, or the body of a function, may read: the schema, empty if it has none, and the name."""
    return _named("table", query)


def reads_clock(text: str) -> bool:
    """Whether the value of an expression, other than what a subquery finds, is another one later on."""
    plain = masked(text)
    for begin, end in subqueries_within(text):
        plain = plain[:begin] + " " * (end - begin) + plain[end:]
    return _CLOCK.search(plain) is not None


def tables_in(text: str) -> set[str]:
    """The names, as written, that the subqueries of an expression may read tables by."""
    return {name for query in subqueries(text) for name in _NAMED["table"].findall(without_literals(query))}


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)


def _named(wanted: str, text: str) -> list[tuple[str, str]]:
    return sorted({(schema, name) for kind, schema, name in _names(without_literals(text)) if kind == wanted})


def _names(plain: str) -> Iterator[tuple[str, str, str]]:
    for kind, pattern in _NAMED.items():
        for found in pattern.findall(plain):
            *schema, name = map(as_stored, _PARTS.findall(found))
            yield kind, "".join(schema), name
