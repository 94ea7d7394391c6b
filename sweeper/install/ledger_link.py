"""Checks that the rows that a refund writes to the app's ledger are found again by the session's id."""

import re
from collections.abc import Iterator
from itertools import product

from sweeper.app.catalog import Column, problem
from sweeper.app.mapping import Mapping
from sweeper.app.over_refund import names_in
from sweeper.app.reader import Reader
from sweeper.app.slots.ledger import Ledger
from sweeper.config.model import LedgerSection
from sweeper.core.errors import SweeperError
from sweeper.ledger.past import past_slots
from sweeper.postgres.errors import Refusal
from sweeper.postgres.templates import Slots
from sweeper.postgres.transaction import Row, Transaction

# made-up ids of sessions and of accounts: each for a number or a text, and for a uuid or a text
_SESSIONS = ("4711", "00000000-0000-4000-8000-000000004711")
_AMOUNTS = ("1", "10000")
_ACCOUNTS = ("8042", "00000000-0000-4000-8000-000000008042")
_LITERAL = re.compile(r"'(?:[^']|'')*'")
_READS_ROWS = re.compile(r"\bselect\b|(?<![\w.])s\s*\.", re.IGNORECASE)  # those of another table, or the session's


def check_link(transaction: Transaction, mapping: Mapping, own: LedgerSection | None) -> None:
    """Check that `ledger.where` and `ledger.session` find the row that `[ledger.insert]` writes.

    They are tried for made-up sessions. Where only rows of the app's could show it, nothing is reported.

    Raises:
        ConfigurationError: the two can never meet: every refund would look as if it had not been made; or what
            ``[ledger.past]`` has is no SQL over the ledger.
    """
    ledger = mapping.ledger
    if ledger is None or own is None:
        return
    past_slots(Reader(transaction, mapping.schema), own, ledger.table, mapping.slots)
    _check_where(transaction, mapping, own, ledger)
    _check_attempt(own, ledger)
    written = columns_tried(ledger, own.session)
    if written is None:
        return
    if never := _never_found(transaction, mapping, "try_link", written):
        raise problem(
            "ledger.session",
            own.session,
            f"can never be the session of a row that a refund writes: for the made-up session {never.session_id} "
            f"[ledger.insert] writes a row for which it gives {never.found}, so no refund would be found again",
        )


def _check_where(transaction: Transaction, mapping: Mapping, own: LedgerSection, ledger: Ledger) -> None:
    """Check that `ledger.where` is true of what `[ledger.insert]` writes: the guard does not cover other rows."""
    written = columns_tried(ledger, own.where)
    if any("attempt" in names_in(one["value"]) for one in written or ()):
        return  # no made-up id of its type is known
    if written and _never_found(transaction, mapping, "try_where", written):
        raise problem(
            "ledger.where",
            own.where,
            f"is not true of the row that a refund writes: [ledger.insert] has {_values(own, ledger, written)}, so no "
            "refund would be found again",
        )


def _check_attempt(own: LedgerSection, ledger: Ledger) -> None:
    """Check that what `ledger.attempt` reads of a refund's row says which attempt it is of."""
    if own.attempt is None:
        return
    written = columns_tried(ledger, own.attempt)
    if written and not any("attempt" in names_in(one["value"]) for one in written):
        raise problem(
            "ledger.attempt",
            own.attempt,
            f"is the same for the refunds of all attempts: [ledger.insert] has {_values(own, ledger, written)}, so the "
            "app would not find that of a later one. Write attempt there",
        )


def _values(own: LedgerSection, ledger: Ledger, written: list[Slots]) -> str:
    """What the file writes to these columns, in its own words."""
    columns = {one["column"] for one in written}
    own_values = {ledger.table.column(text): (text, value) for text, value in own.insert.items()}
    return ", ".join(
        f"{text} = {value!r}" for column, (text, value) in own_values.items() if column and column.quoted in columns
    )


def columns_tried(ledger: Ledger, text: str) -> list[Slots] | None:
    """The columns that an expression reads, with what is written there; None where not only the refund decides it."""
    code = _LITERAL.sub("''", text)
    if _READS_ROWS.search(code):
        return None
    read = [column for column in ledger.table.columns.values() if _names(code, column)]
    values = [ledger.insert.get(column.quoted, "") for column in read]
    if not read or any(not value or _READS_ROWS.search(_LITERAL.sub("''", value)) for value in values):
        return None  # a default or a trigger may fill it
    return [
        {"column": column.quoted, "value": value, "type": column.full_type}
        for column, value in zip(read, values, strict=True)
    ]


def _names(text: str, column: Column) -> bool:
    return bool(re.search(rf"(?<![\w$]){re.escape(column.name)}(?![\w$])", text, re.IGNORECASE))


def _never_found(transaction: Transaction, mapping: Mapping, name: str, written: list[Slots]) -> Row | None:
    """The result for the first made-up id, if for none of them the row is found; the first that is ends the search."""
    first = None
    for row in _tried(transaction, mapping, name, written):
        if row.is_found is not False or row.may_change:
            return None
        first = first or row
    return first


def _tried(transaction: Transaction, mapping: Mapping, name: str, written: list[Slots]) -> Iterator[Row]:
    """The result for each made-up id that has the right type and for which the expressions do not fail."""
    statement = mapping.statement(name, choices={"written": written})
    assert mapping.ledger is not None  # noqa: S101 - check_link has looked
    amounts = _AMOUNTS if name == "try_where" else _AMOUNTS[:1]
    for session_id, account_id, amount in product(_SESSIONS, _ACCOUNTS, amounts):
        binds = {
            "session_id": session_id,
            "account_id": account_id,
            "amount": amount,
            "table_oid": mapping.ledger.table.oid,
        }
        try:
            with transaction.savepoint():
                row = transaction.row(statement, binds)
        except (Refusal, SweeperError):
            continue
        yield row
