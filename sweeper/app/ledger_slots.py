"""What the statements must know of the app's own ledger: what a refund writes there, and which rows are refunds."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sweeper.app import catalog
from sweeper.app.account_slots import rounds
from sweeper.app.catalog import Table, problem
from sweeper.app.reader import NO_ATTEMPT, Expression, Reader
from sweeper.config.settings import LedgerSection

_AMOUNT = re.compile(r"\bamount\b", re.IGNORECASE)
_ACCOUNT = re.compile(r"\baccount_id\b", re.IGNORECASE)


@dataclass(frozen=True)
class Meant:
    """A column of the app's ledger that is compared with what a refund meant, as values of one type."""

    column: str
    kind: str


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


def map_ledger(
    reader: Reader, own: LedgerSection, slots: Mapping[str, str], key_value: Expression
) -> tuple[Ledger, dict[str, str]]:
    table = reader.table("ledger.table", own.table)
    session = reader.expression("ledger.session", own.session, table, "l")
    attempt = reader.expression("ledger.attempt", own.attempt, table, "l") if own.attempt else NO_ATTEMPT
    where = reader.condition("ledger.where", own.where, table, "l")
    guard = reader.condition("ledger.guard", own.guard, table, "l") if own.guard else where
    refund = (
        f"(SELECT NULL::uuid AS refund_id, NULL::{slots['session_type']} AS session_id, "
        f"NULL::{slots['account_type']} AS account_id, NULL::{slots['attempt_type']} AS attempt, "
        f"NULL::{slots['amount_type']} AS amount, NULL::text AS reason, NULL::text AS detail, "
        "NULL::text AS layer, NULL::uuid AS run_id, NULL::timestamptz AS at)"
    )
    session_as = key_value.compared_as(session)
    reader.castable("ledger.session", own.session, f"session_id{session_as}", refund, "refund")
    charge = Expression("", slots["attempt_type"], None, slots["attempt_collate"])
    attempt_as = charge.compared_as(attempt)
    if own.attempt:
        reader.castable("ledger.attempt", own.attempt, f"attempt{attempt_as}", refund, "refund")
    values, rounded, amounts = _ledger_values(reader, "ledger.insert", own.insert, table, refund)
    if session.column and session.column.quoted not in values:
        raise problem("ledger.insert", ", ".join(own.insert), f"must set {session.column.name}, the ledger.session")
    if attempt.column and attempt.column.quoted not in values:
        raise problem("ledger.insert", ", ".join(own.insert), f"must set {attempt.column.name}, the ledger.attempt")
    reverse = _ledger_values(reader, "ledger.reverse", own.reverse, table, refund)[0] if own.reverse else {}
    key = [session.column.quoted if session.column else f"({session.sql})"]
    if own.attempt:  # nulls in it repeat for ever, and a session without an attempt is held
        key.append(attempt.column.quoted if attempt.column else f"({attempt.sql})")
    meant = [(told, values[told.column]) for told in amounts]
    ledger = Ledger(
        table=table,
        key=", ".join(key),
        refund=refund,
        guard=guard.removeprefix("l."),
        where=where.removeprefix("l."),
        insert=values,
        reverse=reverse,
    )
    return ledger, {
        "ledger": table.qualified,
        "ledger_columns": ", ".join(values),
        "ledger_values": ",\n           ".join(values.values()),
        "reverse_columns": ", ".join(reverse),
        "reverse_values": ",\n           ".join(reverse.values()),
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
        "ledger_amounts": ", ".join(f"l.{told.column}" for told, _ in meant) or "true",
        "ledger_meant": ", ".join(f"{sql} AS value_{number}" for number, (_, sql) in enumerate(meant)) or "1",
        "ledger_as_meant": " AND ".join(
            f"l.{told.column}::{told.kind}::text IS NOT DISTINCT FROM meant.value_{number}::{told.kind}::text"
            if told.kind != "numeric"
            else f"l.{told.column}::numeric IS NOT DISTINCT FROM meant.value_{number}::numeric"
            for number, (told, _) in enumerate(meant)
        )
        or "true",
        "ledger_rounds": " OR ".join(rounded) or "false",
    }


def _ledger_values(
    reader: Reader, section: str, given: Mapping[str, str], table: Table, refund: str
) -> tuple[dict[str, str], list[str], list[Meant]]:
    """What is written to each column, where it would not fit to the digit, and which say how much went to whom."""
    values: dict[str, str] = {}
    rounded, amounts = [], []
    for text, value in given.items():
        column = reader.written_column(section, text, table)
        kind = reader.type_over(f"{section}.{text}", value, refund)
        sql = f"(\n{value}\n)"
        values[column.quoted] = f"{sql}::{column.base_type}" if column.category == "E" else sql
        if column.base_type in catalog.EXACT_TYPES and kind in catalog.NUMBER_TYPES:
            rounded.append(rounds(sql, kind, [column]))
            if _AMOUNT.search(value):
                amounts.append(Meant(column.quoted, "numeric"))
        elif _ACCOUNT.search(value):
            amounts.append(Meant(column.quoted, column.full_type))
    left_out = [name for name, column in table.columns.items() if column.required and column.quoted not in values]
    if left_out:
        raise problem(section, ", ".join(left_out), "must have a value: NOT NULL and without a default")
    return values, rounded, amounts
