"""Whether a subquery of the file compares only one column of a foreign key that has several, such as a tenant's."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sweeper.app.catalog import Column, Table, has_subquery
from sweeper.check.context import failure, warning
from sweeper.check.rehearsal.samples import Samples, named
from sweeper.check.rehearsal.tables import equal
from sweeper.check.result import Check

_KEYS = ("account", "status", "amount", "charged", "exclude", "never")
_ENOUGH, _LOOKED_AT = 3, 200


@dataclass(frozen=True)
class _Key:
    """A foreign key of several columns between a table and the sessions: each column of it with that of a session.

    A row that many sessions may name, ``by_row``, has no single session that it belongs to.
    """

    table: Table
    pairs: tuple[tuple[Column, Column], ...]
    by_row: bool


def check_parts_of_keys(samples: Samples) -> Iterator[Check]:
    """Rows of another tenant that have the number of the session, or of what it names."""
    texts = {key: str(getattr(samples.settings.sessions, key) or "") for key in _KEYS}
    texts = {key: text for key, text in texts.items() if has_subquery(text)}
    if not texts or samples.mapping.is_by_account:
        return
    for one in _keys_of_several(samples, " ".join(texts.values()).lower()):
        for key, text in texts.items():
            if found := next(_check_text(samples, key, text, one), None):
                yield found
                return


def _keys_of_several(samples: Samples, texts: str) -> Iterator[_Key]:
    sessions = samples.mapping.sessions
    tables = {row.oid: row.as_sql for row in samples.tables() if row.table_name.lower() in texts}
    for row in samples.ask("list_composite_references", {}) if tables else ():
        by_row = row.table_oid == sessions.oid
        oid = row.target_oid if by_row else row.table_oid
        if oid not in tables or oid == sessions.oid or not (by_row or row.target_oid == sessions.oid):
            continue
        table = samples.table("table", tables[oid])
        theirs, ours = (row.target_columns, row.columns) if by_row else (row.columns, row.target_columns)
        columns = [(table.columns.get(a), sessions.columns.get(b)) for a, b in zip(theirs, ours, strict=True)]
        pairs = tuple((a, b) for a, b in columns if a is not None and b is not None)
        if len(pairs) == len(columns):
            yield _Key(table, pairs, by_row)


def _check_text(samples: Samples, key: str, text: str, one: _Key) -> Iterator[Check]:
    """A text that reads the session in one place only, and compares there one column of the key.

    A column that has the same name in both, such as the tenant's, may rightly be compared alone.
    """
    if one.table.name.lower() not in text.lower() or len(re.findall(r"\bs\s*\.", text)) != 1:
        return
    compared = [(a, b) for a, b in one.pairs if a.name != b.name and _compares(text, a, b)]
    others = [pair for pair in one.pairs if not _is_compared(text, pair[0])]
    for column, own in compared:
        for other, other_own in others:
            found = _find(samples, one.table, (column, own), (other, other_own))
            if len(found) >= _ENOUGH:
                # the text may choose among such rows, such as the versions of a price
                yield (warning if one.by_row else failure)(
                    "charges",
                    f"sessions.{key} counts rows of {one.table.name} as those of a session by {column.name} alone, and "
                    f"rows of another {other.name} have the same, for {len(found)} of the newest sessions, such as "
                    f"{named(found)}: a foreign key of {column.name} and {other.name} says which are the session's",
                    f"sessions.{key}: and {other.quoted} = s.{other_own.quoted}",
                )


def _name(column: Column) -> str:
    return rf'"?(?<!\w){re.escape(column.name)}(?!\w)"?(?:\s*::\s*\w+)?'


def _compares(text: str, column: Column, own: Column) -> bool:
    """Whether a column is compared with the session's."""
    theirs, ours = rf"(?:\w+\s*\.\s*)?{_name(column)}", rf"s\s*\.\s*{_name(own)}"
    return bool(re.search(rf"{theirs}\s*=\s*{ours}|{ours}\s*=\s*{theirs}", text, re.IGNORECASE))


def _is_compared(text: str, column: Column) -> bool:
    """Whether a column is compared with anything, as far as the text shows."""
    name = _name(column)
    said = rf"{name}\s*(?:=|\bin\b|\bis\b|,|\))|(?:=|\(|,)\s*(?:\w+\s*\.\s*)?{name}|\busing\b|\bnatural\b"
    return bool(re.search(said, text, re.IGNORECASE))


def _find(samples: Samples, table: Table, pair: tuple[Column, Column], other: tuple[Column, Column]) -> Sequence[str]:
    """Sessions for which there is a row of another, by the first of the two pairs alone."""
    (column, own), (other_column, other_own) = pair, other
    sessions = samples.mapping.sessions
    if not samples.sees(table, [column, other_column]) or not samples.sees(sessions, [own, other_own]):
        return []
    slots = {
        "table": table.qualified, "column": column.quoted, "link": own.quoted, "other_column": other_column.quoted,
        "other_link": other_own.quoted, "key_type": column.full_type, "key_eq": equal(samples, column),
        "other_type": other_column.full_type, "other_eq": equal(samples, other_column),
    }  # fmt: skip
    session_ids = [one for running in (False, True) for one in samples.newest(running=running, limit=_LOOKED_AT)]
    return [row.session_id for row in samples.try_read("find_partly_keyed", session_ids, slots)]
