"""What the statements must know of the app's own ledger: what a refund writes there, and which rows are refunds."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sweeper.app import catalog
from sweeper.app.account_slots import rounded
from sweeper.app.catalog import Table, problem
from sweeper.app.facts import Facts
from sweeper.app.reader import Expression, Reader, no_attempt
from sweeper.config.model import LedgerSection
from sweeper.postgres.templates import Slots, fill_part

_AMOUNT = re.compile(r"\bamount\b", re.IGNORECASE)
_ACCOUNT = re.compile(r"\baccount_id\b", re.IGNORECASE)


@dataclass(frozen=True)
class Ledger:
    """The app's own table of refunds; ``key`` and ``guard`` are what its unique index is made of.

    ``refund`` is a made-up row, as SQL, with the names that ``insert`` and ``reverse`` may use.
    """

    table: Table
    key: str
    refund: str
    guard: str
    where: str
    insert: Mapping[str, str]
    reverse: Mapping[str, str]


def map_ledger(reader: Reader, own: LedgerSection, slots: Slots, key_value: Expression) -> tuple[Ledger, Facts]:
    """The app's ledger, and what the statements must know of it.

    Raises:
        ConfigurationError: a column or an expression does not fit; what links a row to its session is not written.
    """
    table = reader.table("ledger.table", own.table)
    session = reader.expression("ledger.session", own.session, table, "l")
    attempt = reader.expression("ledger.attempt", own.attempt, table, "l") if own.attempt else no_attempt()
    where = reader.condition("ledger.where", own.where, table, "l")
    guard = reader.condition("ledger.guard", own.guard, table, "l") if own.guard else where
    refund = fill_part("sample_refund", slots)
    session_as = key_value.compared_as(session)
    reader.castable("ledger.session", own.session, f"session_id{session_as}", refund, "refund")
    charge = Expression("", slots["attempt_type"], None, slots["attempt_collate"])
    attempt_as = charge.compared_as(attempt)
    if own.attempt:
        reader.castable("ledger.attempt", own.attempt, f"attempt{attempt_as}", refund, "refund")
    values, amounts, meant = _ledger_values(reader, "ledger.insert", own.insert, table, refund)
    if session.column and session.column.quoted not in values:
        raise problem("ledger.insert", ", ".join(own.insert), f"must set {session.column.name}, the ledger.session")
    if attempt.column and attempt.column.quoted not in values:
        raise problem("ledger.insert", ", ".join(own.insert), f"must set {attempt.column.name}, the ledger.attempt")
    reverse = _ledger_values(reader, "ledger.reverse", own.reverse, table, refund)[0] if own.reverse else {}
    key = [session.column.quoted if session.column else f"({session.sql})"]
    if own.attempt:  # nulls in it repeat for ever, and a session without an attempt is held
        key.append(attempt.column.quoted if attempt.column else f"({attempt.sql})")
    ledger = Ledger(
        table=table,
        key=", ".join(key),
        refund=refund,
        guard=guard.removeprefix("l."),
        where=where.removeprefix("l."),
        insert=values,
        reverse=reverse,
    )
    ledger_slots = {
        "ledger": table.qualified,
        "ledger_key": ledger.key,
        "ledger_guard": ledger.guard,
        "ledger_where": ledger.where,
        "ledger_session": session.sql,
        "ledger_session_type": session.type,
        "ledger_session_as": session_as,
        "ledger_session_eq": reader.equality("ledger.session", own.session, session.type).equal,
        "ledger_attempt": attempt.sql,
        "ledger_attempt_type": attempt.type,
        "ledger_attempt_as": attempt_as,
        "ledger_attempt_eq": reader.equality("ledger.attempt", own.attempt or "", attempt.type).equal,
        "ledger_rounds": fill_part("rounds", {}, {"amounts": amounts}),
    }
    return ledger, Facts(
        ledger_slots, {"ledger_values": assigned(values), "reverse_values": assigned(reverse), "meant": meant}
    )


def assigned(values: Mapping[str, str]) -> list[Slots]:
    """Columns and their values, as statements repeat them."""
    return [{"column": column, "value": value} for column, value in values.items()]


def _ledger_values(
    reader: Reader, section: str, given: Mapping[str, str], table: Table, refund: str
) -> tuple[dict[str, str], list[Slots], list[Slots]]:
    """What is written to each column, where it would not fit to the digit, and which say how much went to whom.

    The last are compared with what was meant: as numbers, or as the texts of values of the column's type.
    """
    values: dict[str, str] = {}
    amounts: list[Slots] = []
    meant: list[Slots] = []
    for text, value in given.items():
        column = reader.written_column(section, text, table)
        kind = reader.type_over(f"{section}.{text}", value, refund)
        written = {"expression": value, "column_type": column.base_type}
        values[column.quoted] = fill_part("written_value", written, {"enum": column.category == "E"})
        number = {"column": column.quoted, "value": values[column.quoted], "name": f"value_{len(meant)}"}
        if column.base_type in catalog.EXACT_TYPES and kind in catalog.NUMBER_TYPES:
            amounts += rounded(fill_part("expression", written), kind, [column])
            if _AMOUNT.search(value):
                meant.append({**number, "type": "numeric", "as_text": ""})
        elif _ACCOUNT.search(value):
            meant.append({**number, "type": column.full_type, "as_text": "yes"})
    left_out = [name for name, column in table.columns.items() if column.required and column.quoted not in values]
    if left_out:
        raise problem(section, ", ".join(left_out), "must have a value: NOT NULL and without a default")
    return values, amounts, meant
