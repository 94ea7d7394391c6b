"""Whether what is owed for one session depends on rows that other sessions depend on, too.

A refund may change such rows: by what it writes, or by a trigger of the app. Rows that are found by the session's own
id, or by another of its columns that is unique, are no other's, unless a trigger of the app changes them.
"""

import re
from collections.abc import Mapping, Sequence

from sweeper.app.catalog import (
    NAME,
    Column,
    Table,
    as_stored,
    has_subquery,
    reads_table,
    subqueries,
    without_literals,
)
from sweeper.app.outer_names import bare_names, outer_names
from sweeper.app.plans import reads_others
from sweeper.app.reader import Reader
from sweeper.app.slots.facts import Facts
from sweeper.app.values import read_for_refund, reads_other_rows
from sweeper.config.model import Settings
from sweeper.core.errors import SweeperError
from sweeper.postgres.binds import text_array
from sweeper.postgres.errors import Refusal
from sweeper.postgres.templates import Choices, Slots, fill, fill_part, items_of
from sweeper.postgres.transaction import Transaction

_CALL = re.compile(rf"({NAME})\s*\(")
_OF_ROW = re.compile(rf"\.\s*({NAME})(?!\s*[(.])")
_WORD = re.compile(r"\w+")
_OPERATOR = re.compile(r"[-+*/<>=~!@#%^&|`?]+")
# in tgtype
_INSERT, _UPDATE = 4, 16


def shared_facts(reader: Reader, settings: Settings, sessions: Table, known: Facts) -> Facts:
    """Which expressions read rows that sessions share, by what is ``known`` of a refund."""
    own, choices = settings.sessions, known.choices
    key = _columns(sessions, own.id)
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
        name: any(_is_shared(reader, one, sessions, key) for one in found)
        or reads_out_of_sight(reader.transaction, [text for text in by_what[name] if text])
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
    # what a trigger changes may be what another session of the batch is owed by, whatever that is
    fired = _fired_by_refund(reader, settings, known.slots)
    changed = bool(fired)
    rereads = {name: shared[name] or (changed and any(texts)) for name, texts in by_what.items()}
    of_account = _of_account(reader, settings, choices, changed=changed)
    rereads |= of_account
    own_choices: Choices = {
        **{f"rereads_{name}": read_again for name, read_again in rereads.items()},
        "rereads_account": any(of_account.values()),
        "shares_rows": any(rereads.values()),
        # what fires for a new row of a ledger may subtract the refund from the amount of its session
        "triggers_on_refunds": _INSERT in fired,
        "as_unpaid": _as_unpaid(sessions, choices),
        "shares_charges": among_accounts,
        # the refund of one session changes what is owed for another, and nothing has locked the accounts of both
        "locks_charges": among_accounts or (settings.accounts is None and (bool(everything) or any(shared.values()))),
        # without a guard on it, what the app has written to its ledger since is only seen by reading
        "reads_other_rows": reads_other_rows(settings)
        or any(shared.values())
        or reads_out_of_sight(reader.transaction, rest)
        or not choices["ledger_guarded"],
    }
    names = outer_names(reader, settings, known.slots)
    bare: Choices = {"bare_names": bare_names(reader, settings, known.slots, names)}
    return Facts({"outer_names": ", ".join(one.said for one in names)}, {**own_choices, **bare})


def _of_account(reader: Reader, settings: Settings, choices: Choices, *, changed: bool) -> dict[str, bool]:
    """What of an account another of its refunds may change: whether it is active, and what its columns take.

    ``changed`` is whether a trigger may change anything.
    """
    own = settings.accounts
    if own is None:
        return {"active": False, "shares": False}
    return {
        "active": own.active is not None and (changed or _names_moved(own.active, choices)),
        "shares": _depend_on_others(reader, [*(own.add or {}).values()]),
    }


def _names_moved(text: str, choices: Choices) -> bool:
    """Whether an expression over the account's row names a column that a refund moves."""
    words = set(_WORD.findall(without_literals(text).lower()))
    return any(words.issuperset(_WORD.findall(item["column"].lower())) for item in items_of(choices, "moves"))


def _depend_on_others(reader: Reader, shares: Sequence[str]) -> bool:
    """Whether shares may depend on what the account has, which other refunds of it change, or on other rows."""
    named = any(re.search(r"\ba\b", without_literals(text), re.IGNORECASE) for text in shares)
    return named or any(map(has_subquery, shares)) or reads_out_of_sight(reader.transaction, shares)


def _reads_what_we_write(settings: Settings, subquery: str) -> bool:
    """Whether a subquery seems to read what a refund writes, triggers of the app aside."""
    tables = [settings.sessions.table] + ([settings.ledger.table] if settings.ledger else [])
    return any(reads_table(subquery, table) for table in tables)


def _as_unpaid(sessions: Table, choices: Choices) -> list[Slots]:
    """The columns of a session's row, and which of them a refund sets."""
    written = set[str]()
    for name in ("closing", "refunded"):
        written |= {item["column"] for item in items_of(choices, name)}
    changed = sessions.recomputed({column.name for column in sessions.columns.values() if column.quoted in written})
    return [
        {
            "column": column.quoted,
            "column_type": column.base_type,
            "written": "yes" * (column.quoted in written),
            "computed": changed.get(column.name, ""),
        }
        for column in sessions.columns.values()
        if column.readable  # no expression reads the others
    ]


def _columns(sessions: Table, *texts: str | None) -> list[Column]:
    return [column for text in texts if text and (column := sessions.column(text))]


def _is_shared(reader: Reader, subquery: str, sessions: Table, key: Sequence[Column]) -> bool:
    """Whether a subquery may read the same rows for two sessions that differ in all of ``key``.

    It does not where it finds all its rows by a column of the key.
    """
    if reads_table(subquery, sessions.name):
        return True
    columns = [{"column": column.quoted} for column in sessions.columns.values() if column.readable]
    apart = fill_part("rows_apart", {"table": sessions.qualified}, {"columns": columns})
    slots = {
        "expression": fill_part("rows_read", {"subquery": subquery}),
        "table": sessions.qualified if sessions.distributed_by else apart,
        "alias": "s",
    }
    try:
        with reader.transaction.savepoint():
            plan = reader.transaction.row(fill("explain_expression", slots), {"no_rows": 0})[0]
    except (Refusal, SweeperError):
        return sessions.distributed_by is None  # Citus does not plan every subquery
    return reads_others(plan, {f"s.{name}" for column in key for name in (column.name, column.quoted)})


def reads_out_of_sight(transaction: Transaction, texts: Sequence[str]) -> bool:
    """Whether an expression seems to call a function of the app's that reads tables, by an operator too, or a view."""
    plain = [without_literals(text) for text in texts]
    called = {as_stored(name) for text in plain for name in _CALL.findall(text)}
    columns = {as_stored(name) for text in plain for name in _OF_ROW.findall(text)}
    relations = {name.strip('"').lower() for text in plain if has_subquery(text) for name in re.findall(NAME, text)}
    operators = {name for text in plain for name in _OPERATOR.findall(text)}
    if not called and not columns and not relations and not operators:
        return False
    names = {"names": called, "columns": columns, "relations": relations, "operators": operators}
    binds = {name: text_array([*found]) for name, found in names.items()}
    return bool(transaction.row(fill("find_reading_function", {}), binds).found)


def _fired_by_refund(reader: Reader, settings: Settings, slots: Mapping[str, str]) -> set[int]:
    """For which events, as in tgtype, a refund sets off a trigger of the app's own, a hook included."""
    events = {"sessions": _UPDATE, "accounts": _UPDATE, "ledger": _INSERT, "refunds": _INSERT}
    tables = {slots[name]: event for name, event in events.items() if name in slots}
    binds = {"tables": [*tables], "events": [*tables.values()], "own_schema": settings.database.schema_}
    return {row.event for row in reader.transaction.rows(fill("list_triggers", {}), binds)}
