"""Finds the table of the paid work: ranks tables by their status values, references, columns and names."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sweeper.init import words
from sweeper.init.evidence import KEY_TYPES, Column, Evidence, Table, same_type
from sweeper.init.sessions.queues import queue_of
from sweeper.init.sessions.statuses import Status, find_status, is_event_table
from sweeper.init.values import values_of
from sweeper.init.words import Kind
from sweeper.postgres.templates import quote_text

_PART = 5
_LOOKED_AT = 20  # how many tables' rows are read
_LEAST = 6
# names for reservations, which are released or used later: a charge that may be the session itself
_HOLDING = frozenset({"held", "hold", "taken", "reserved", "open", "captured", "authorized", "blocked", "locked"})
_RELEASED = frozenset({"freed", "free", "released", "release", "let", "returned", "returning", "void", "voided", "used",
                       "spent", "settled", "consumed", "closed", "refunded", "cancelled", "canceled"})  # fmt: skip


@dataclass(frozen=True)
class Session:
    """A table that may hold the sessions, and its status."""

    table: Table
    key: Column
    status: Status
    score: int

    @property
    def statuses(self) -> dict[Kind, tuple[str, ...]]:
        """The values of the status, as far as their meaning is clear from their words."""
        return self.status.statuses

    def column(self, fits: Callable[[Column], bool], names: tuple[frozenset[str], ...]) -> Column | None:
        """The column with all the words of the first of ``names`` that matches; the shortest name wins."""
        for wanted in names:
            found = [column for column in self.table.columns if fits(column) and wanted <= column.words]
            if found:
                return min(found, key=lambda column: (len(column.words), len(column.name)))
        return None

    @property
    def error(self) -> Column | None:
        """The message of why it failed."""
        names = (
            {"error", "message"}, {"error", "text"}, {"error"}, {"failure", "reason"}, {"failed", "reason"},
            {"fail", "reason"}, {"failure"}, {"exception"}, {"fail", "message"}, {"err"}, {"fail"}, {"message"},
        )  # fmt: skip
        no_code = lambda column: column.is_text and not column.words & {"code", "type", "class", "id"}  # noqa: E731
        return self.column(no_code, tuple(frozenset(wanted) for wanted in names))

    def condition(self, kind: Kind) -> str | None:
        """The condition that a row is a session of this kind; None if no status is known to mean that."""
        listed = ", ".join(quote_text(status) for status in self.statuses[kind])
        return f"s.{self.status.column.as_sql}::text IN ({listed})" if self.status.column and listed else None

    @property
    def failed_condition(self) -> str:
        """The condition that a row is a failed session; any session if no status is known to mean that."""
        return self.condition("failed") or "true"


def find_sessions(evidence: Evidence) -> tuple[list[Session], dict[str, str]]:
    """The tables that may hold the sessions, the most likely first, and why each other table was ruled out."""
    dropped = {table.as_sql: why for table in evidence.tables if (why := _not_at_all(evidence, table))}
    by_name = sorted(
        (
            (_score_columns(evidence, table) + _score_name(table), table)
            for table in evidence.tables
            if table.as_sql not in dropped
        ),
        key=lambda scored: -scored[0],
    )
    found = []
    for number, (score, table) in enumerate(by_name):
        status = find_status(evidence, table) if number < _LOOKED_AT else None
        if number >= _LOOKED_AT:
            dropped[table.as_sql] = "others look more like paid work; its rows were not looked at"
        elif status is None:
            dropped[table.as_sql] = "no column, flag or event table gives the status of its rows"
        else:
            assert table.key is not None  # noqa: S101 - one without fell out before
            found.append(Session(table, table.key, status, score + status.score))
    found = _without_parts(evidence, _without_books(evidence, found))
    for session in found:
        if session.score < _LEAST:
            dropped[session.table.as_sql] = _weak(session)
    found = [session for session in found if session.score >= _LEAST]
    return sorted(found, key=lambda session: -session.score), dropped


def named_session(evidence: Evidence, name: str) -> Session | None:
    """The table that the user names as the sessions table."""
    for table in evidence.tables:
        if name in (table.as_sql, table.name) and table.key:
            return Session(table, table.key, find_status(evidence, table) or Status(None, 0), 0)
    return None


def has_price(session: Session) -> bool:
    """Whether a column of the session looks like what it costs."""
    columns = session.table.columns
    return any(c.is_number and (c.words & (words.PRICE | words.TAKEN)) and not c.is_unique for c in columns)


def may_be_charged(evidence: Evidence, session: Session) -> bool:
    """Whether anything shows that such a session costs something: a price, parts to count, or rows with an amount."""
    return has_price(session) or any(c.category == "A" for c in session.table.columns) or any(
        _names(evidence, table, session) and any(c.is_number and c.words & words.DELTA for c in table.columns)
        for table in evidence.tables
        if table != session.table
    )  # fmt: skip


def has_ids_of(evidence: Evidence, table: Table, other: Session) -> bool:
    """Whether its rows have ids of the other's, as parts, states and copies have; numbers may agree by chance."""
    alike = [column.name for column in table.columns] == [column.name for column in other.table.columns]
    ids = [c for c in table.columns if (alike and c.name == other.key.name) or not c.is_integer]
    ids = [c for c in ids if same_type(c, other.key) and evidence.reference(c) is None]
    return any(evidence.agrees(table, column, other.table, other.key, least=0.9) for column in ids)


def reserved_charges(evidence: Evidence, session: Session) -> list[Table]:
    """Tables whose rows are reserved for a session and released again: perhaps it is those that must be refunded."""
    found = []
    for table in evidence.tables:
        if table == session.table or not any(c.is_number and not c.is_unique for c in table.columns):
            continue
        if _names(evidence, table, session) and any(_has_a_life(evidence, table, c) for c in table.columns):
            found.append(table)
    return found


def _names(evidence: Evidence, table: Table, session: Session) -> bool:
    if any(reference.target == session.table for reference in evidence.references(table)):
        return True
    head = words.words(session.table.name)[-1:]
    called = {(*head, "id"), (*words.words(session.table.name), "id")}
    unique = {column.name for column in session.table.columns if column.is_unique} - {"id"}
    return any(words.words(column.name) in called or column.name in unique for column in table.columns)


def _has_a_life(evidence: Evidence, table: Table, column: Column) -> bool:
    is_text = column.category == "E" or column.is_text
    if not is_text or not column.words & {"status", "state", "kind", "type", "phase"}:
        return False
    said = [frozenset(words.words(value)) for value in values_of(evidence, table, column)]
    ledger_words = frozenset({"purchase", "topup", "charge", "debit", "usage", "bonus", "refund"})
    if any(ledger_words & value for value in said):
        return False
    return any(value & _HOLDING for value in said) and any(value & _RELEASED for value in said)


def _not_at_all(evidence: Evidence, table: Table) -> str | None:
    queue = queue_of(table)
    if queue:
        return (
            f"the table of a job queue ({queue}): it tries its rows again and deletes them, and the charge is not "
            "there. The paid work is the row that a job's arguments name"
        )
    if table.key is None:
        return "no column is unique by itself or together with the partition key, in a type that can be a key"
    if is_event_table(evidence, table):
        return "its rows are the states of another table's rows"
    return None


def _without_books(evidence: Evidence, found: list[Session]) -> list[Session]:
    """Removes tables whose rows move credits, and of which some are refunds, where other tables are left."""
    return [session for session in found if not _has_refunds(evidence, session.table)] or found


def _has_refunds(evidence: Evidence, table: Table) -> bool:
    if not any(c.is_number and c.words & words.DELTA and not c.is_unique for c in table.columns):
        return False
    for column in table.columns:
        if (column.category == "E" or column.is_text) and column.words & {"type", "kind"}:
            said = [words.words(value) for value in values_of(evidence, table, column)]
            if len(said) > 1 and any("refund" in value[-1:] for value in said):  # a refund_notice is a message
                return True
    return False


def _weak(session: Session) -> str:
    named = session.status.column
    what = f"{named.as_sql} may be a status" if named else session.status.why
    missing = [] if session.statuses["failed"] else ["no value that says failed"]
    words_of = {word for column in session.table.columns for word in column.words}
    missing += [] if words_of & words.ERROR else ["no error column"]
    missing += [] if _is_priced(session.table) else ["no price"]
    return f"{what}, but too little looks like paid work: {', '.join(missing) or 'its name is that of something else'}"


def _without_parts(evidence: Evidence, found: list[Session]) -> list[Session]:
    """Removes tables of parts: a step or an attempt has a status, too, but the work it belongs to is paid for.

    Unless the part has a price, and the whole has neither one nor rows of a ledger.
    """
    whole = {session.table.oid for session in found if session.statuses["failed"] and session.statuses["running"]}
    return [
        replace(session, score=session.score - _PART)
        if any(
            reference.target.oid in whole - {session.table.oid}
            and not (_is_priced(session.table) and not _has_ledger(evidence, reference.target))
            for reference in evidence.references(session.table)
        )
        else session
        for session in found
    ]


def _has_ledger(evidence: Evidence, table: Table) -> bool:
    """Whether a ledger refers to this table, which was made for it then."""
    return any(
        reference.target == table and _looks_like_ledger(other)
        for other in evidence.tables
        for reference in evidence.references(other)
    )


def _is_priced(table: Table) -> bool:
    return any(words.speaks_of_price(column.words) > 0 for column in table.columns if column.is_number)


def _score_name(table: Table) -> int:
    spoken = words.words(table.name)
    head = spoken[-1] if spoken else ""
    return 2 * (head in words.WORK) - 4 * (head in words.OTHER_BUSINESS)


def _score_columns(evidence: Evidence, table: Table) -> int:
    columns = table.columns
    score = min(2, sum(bool(column.words & words.WORK_TRACES) for column in columns))
    score += 2 * any(column.is_text and column.words & words.ERROR for column in columns)
    score += any(column.is_time for column in columns)
    score += 2 * _is_priced(table)
    score += 2 * any(_names_an_owner(evidence, column) for column in columns)
    # a mark of the app's own refunds
    score += 2 * any(column.words & words.REFUND and (column.is_flag or column.is_time) for column in columns)
    score += 3 * _has_ledger(evidence, table)
    return score


def _names_an_owner(evidence: Evidence, column: Column) -> bool:
    reference = evidence.reference(column)
    if reference is None:
        return bool(column.words & words.OWNER) and column.type in KEY_TYPES
    return bool((column.words | reference.target.words) & words.OWNER)


def _looks_like_ledger(table: Table) -> bool:
    return bool(table.words & words.LEDGER) and any(c.is_number and c.words & words.DELTA for c in table.columns)
