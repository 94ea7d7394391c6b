"""Whether what is owed for one session depends on rows that other sessions depend on, too.

A refund may change such rows: by what it writes, or by a trigger of the app. Rows that are found by the session's own
id, or by another of its columns that is unique, are no other's.
"""

import re
from collections.abc import Sequence

from sweeper.app.catalog import Column, Table, has_subquery, masked, reads_table, without_literals
from sweeper.app.facts import Facts
from sweeper.app.reader import Reader
from sweeper.app.values import read_for_refund, reads_other_rows
from sweeper.config.model import Settings
from sweeper.core.errors import SweeperError
from sweeper.postgres.binds import text_array
from sweeper.postgres.errors import Refusal
from sweeper.postgres.templates import Choices, Slots, fill, fill_part

_CALL = re.compile(r"([A-Za-z_][\w$.]*)\s*\(")
_NAME = re.compile(r'"[^"]+"|\w+')
_OTHERWISE = re.compile(r"<>|!=|\b(?:or|not|distinct)\b", re.IGNORECASE)
# several tables: one may lead from the session's own rows to those of its parent
_SEVERAL = re.compile(r"\bjoin\b|\bfrom\b.*\bfrom\b|\bfrom\b[^()]*,", re.IGNORECASE | re.DOTALL)
_OPENING = re.compile(r"\((?=\s*(?:select|with|table)\b)", re.IGNORECASE)


def shared_facts(reader: Reader, settings: Settings, sessions: Table, choices: Choices) -> Facts:
    """Which expressions read rows that sessions share; ``choices`` say what a refund sets on the session's row."""
    own = settings.sessions
    key = _columns(sessions, own.id, own.attempt)
    if any(text and subqueries(text) for text in (own.amount, own.charged, own.exclude, own.never)):
        rows = reader.transaction.rows(fill("list_unique_columns", {}), {"table_oid": sessions.oid})
        unique = [sessions.columns[row.name] for row in rows]
        key += [column for column in unique if column.readable]  # no expression reads the others
    by_what: dict[str, list[str | None]] = {
        "amount": [own.amount],
        "charged": [own.charged],
        "exclude": [own.exclude, own.never],
    }
    read = {name: [one for text in texts if text for one in subqueries(text)] for name, texts in by_what.items()}
    shared = {
        f"rereads_{name}": any(_SEVERAL.search(masked(one)) or _is_shared(reader, one, sessions, key) for one in found)
        or _reads_out_of_sight(reader, [text for text in by_what[name] if text])
        for name, found in read.items()
    }
    everything = [one for found in read.values() for one in found]
    # sessions of several accounts may share them: no lock of one account is enough
    among_accounts = any(
        _is_shared(reader, one, sessions, [*key, *_columns(sessions, own.account)])
        for one in everything
        if _reads_what_we_write(settings, one)
    )
    # without a subquery anywhere, what is shared was out of sight, and only the rest is still to be asked about
    rest = [text for text in read_for_refund(settings) if not any(text in texts for texts in by_what.values())]
    own_choices: Choices = {
        **shared,
        "shares_rows": any(shared.values()),
        "as_unpaid": _as_unpaid(sessions, choices),
        "shares_charges": among_accounts,
        # the refund of one session changes what is owed for another, and nothing has locked the accounts of both
        "locks_charges": among_accounts or (settings.accounts is None and (bool(everything) or any(shared.values()))),
        "reads_other_rows": reads_other_rows(settings) or any(shared.values()) or _reads_out_of_sight(reader, rest),
    }
    return Facts({}, own_choices)


def _reads_what_we_write(settings: Settings, subquery: str) -> bool:
    """Whether a subquery seems to read what a refund writes, triggers of the app aside."""
    tables = [settings.sessions.table] + ([settings.ledger.table] if settings.ledger else [])
    return any(reads_table(subquery, table) for table in tables)


def _as_unpaid(sessions: Table, choices: Choices) -> list[Slots]:
    """The columns of a session's row, and which of them a refund sets."""
    written = set[str]()
    for name in ("closing", "refunded"):
        listed = choices[name]
        assert not isinstance(listed, bool | str)  # noqa: S101 - a list, which mark_slots makes
        written |= {item["column"] for item in listed}
    return [
        {"column": column.quoted, "column_type": column.base_type, "written": "yes" * (column.quoted in written)}
        for column in sessions.columns.values()
        if column.readable  # no expression reads the others
    ]


def _columns(sessions: Table, *texts: str | None) -> list[Column]:
    return [column for text in texts if text and (column := sessions.column(text))]


def subqueries(text: str) -> list[str]:
    """The outermost subqueries of an expression, in their parentheses."""
    plain, found, end = masked(text), list[str](), 0
    for opening in _OPENING.finditer(plain):
        if opening.start() >= end:
            end = _closing(plain, opening.start())
            found.append(text[opening.start() : end])
    return found


def _closing(plain: str, start: int) -> int:
    depth = 0
    for place in range(start, len(plain)):
        depth += (plain[place] == "(") - (plain[place] == ")")
        if not depth:
            return place + 1
    return len(plain)


def _is_shared(reader: Reader, subquery: str, sessions: Table, key: Sequence[Column]) -> bool:
    """Whether a subquery may read the same rows for two sessions that differ in all of ``key``.

    It does not where it names a column of the key, unless it may say by that which rows it does not read.
    """
    others = [column for column in sessions.columns.values() if column not in key and column.readable]
    if reads_table(subquery, sessions.name) or _reads_only(reader, subquery, sessions, others):
        return True
    return _OTHERWISE.search(masked(subquery)) is not None and not _reads_only(reader, subquery, sessions, key)


def _reads_out_of_sight(reader: Reader, texts: Sequence[str]) -> bool:
    """Whether an expression seems to call a function of the app's that reads tables, or to read a view."""
    names = {name.rpartition(".")[2].lower() for text in texts for name in _CALL.findall(masked(text))}
    read = [without_literals(text) for text in texts if has_subquery(text)]
    relations = {name.strip('"').lower() for text in read for name in _NAME.findall(text)}
    if not names and not relations:
        return False
    binds = {"names": text_array([*names]), "relations": text_array([*relations])}
    return bool(reader.transaction.row(fill("find_reading_function", {}), binds).found)


def _reads_only(reader: Reader, subquery: str, sessions: Table, columns: Sequence[Column]) -> bool:
    """Whether a subquery reads no columns of the session's row but these, as the server reads names."""
    shown = {"columns": [{"column": name} for name in dict.fromkeys(column.quoted for column in columns)]}
    slots = {
        "expression": fill_part("exists", {"subquery": subquery}),
        "table": fill_part("columns_alone", {"table": sessions.qualified}, shown),
        "alias": "s",
    }
    try:
        with reader.transaction.savepoint():
            reader.transaction.row(fill("type_of_expression", slots), {"no_rows": 0})
    except (Refusal, SweeperError):
        return False
    return True
