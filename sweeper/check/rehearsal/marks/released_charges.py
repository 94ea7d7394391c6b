"""Whether another row says that a charge was undone: a reservation that was released, or what was used up, reversed."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from sweeper.app.catalog import Column, Table, has_subquery
from sweeper.check.rehearsal.charges.found_rows import tables_read
from sweeper.check.rehearsal.marks.row_amounts import ASKED, row_amounts, unnamed_amounts
from sweeper.check.rehearsal.marks.session_marks import says_how_much
from sweeper.check.rehearsal.marks.tables_of_sessions import known_tables, linked_tables
from sweeper.check.rehearsal.samples import Samples
from sweeper.check.rehearsal.words import FOREIGN
from sweeper.postgres.templates import Slots

_OF_CHARGES = re.compile(
    r"bill|payment|credit|charge|refund|settle|reserv|hold|debit|usage|transaction|escrow|authori[sz]|ledger|wallet",
    re.IGNORECASE,
)
_STATE = re.compile(r"status|state|phase|outcome", re.IGNORECASE)
_WORDS = (
    r"^(refunded|released|returned|reversed|rolled[ _-]?back|credited[ _-]?back|given[ _-]?back|reimbursed|restored"
    r"|void|voided|cancell?ed|expired|freed|deleted)$"
)
# the same as a flag or a time, such as reversed_at
_MARK = re.compile(
    r"^(is_?|was_?)?(refunded|released|returned|reversed|undone|reimbursed|given_?back|voided)(_?at|_?on)?$",
    re.IGNORECASE,
)
# and in rows with an amount, whatever their table is called
_UNDONE = re.compile(
    rf"^(is_?|was_?)?(refunded|reversed|reimbursed|given_?back)_?(at|on)$|^(zur(ü|ue)ck)?({FOREIGN})(?!\w*(bar|able|[ií]vel))",
    re.IGNORECASE,
)
_TABLES_AT_MOST, _ENOUGH, _FEW = 6, 3, 0.05


@dataclass(frozen=True)
class _Link:
    """A column by which a session refers to a row of a table, or such a row to a session.

    ``amounts`` are the numbers of such a row that may be what the session was charged: a row that has none may be of a
    machine, or a pack of credits.
    """

    table: Table
    key: Column
    link: Column
    by_row: bool
    amounts: Sequence[Slots]
    of_charges: bool


def released_and_unpaid(samples: Samples, session_ids: Sequence[str]) -> dict[str, list[str]]:
    """By column of another table, sessions that would be paid although it says so of each row, which took the amount.

    A number such as `refunded_amount` says it as well when it is a part of what the row took, if it is all of it for
    sessions that were refunded: else the row may have only what is left of its charge.

    Of sessions that have succeeded there must be rows in that table, and it says so of hardly any: every session may
    leave what it has reserved, such as a machine; but rows about something else may have the number of a few.
    """
    found: dict[str, list[str]] = {}
    if not session_ids or samples.mapping.is_by_account:  # with Citus there is no such join
        return found
    settled = samples.settled_ids()
    for link in _links(samples):
        states = [one for one in link.table.columns.values() if _may_say(one, of_charges=link.of_charges)]
        parts = [one for one in link.table.columns.values() if says_how_much(one)] if link.of_charges else []
        for column in (*samples.seen(link.table, states)[:1], *samples.seen(link.table, parts)[:1]):
            if not samples.sees(link.table, [link.key]):
                continue
            unpaid = _read(samples, link, column, session_ids, unpaid=True)
            if len(unpaid) < _ENOUGH:
                continue
            if column in parts and len(_read(samples, link, column, session_ids)) < _ENOUGH:
                continue
            said, linked = (_read(samples, link, column, settled, any_state=any_state) for any_state in (False, True))
            if linked and len(said) <= len(linked) * _FEW:
                found[f"{link.table.name}.{column.name}"] = unpaid
    return found


def _may_say(column: Column, *, of_charges: bool) -> bool:
    if column.is_word:
        return of_charges and bool(_STATE.search(column.name))
    mark = _MARK if of_charges else _UNDONE
    return (column.is_flag or column.is_time) and bool(mark.search(column.name) or _UNDONE.search(column.name))


def _links(samples: Samples) -> Iterator[_Link]:
    """Links between the sessions and tables whose rows have amounts."""
    looked, known = 0, set[tuple[int, str]]()
    for table, key, link, by_row in chain(_references(samples), _by_name(samples), _about(samples), _read_in(samples)):
        if ASKED.search(table.name) or (table.oid, column := (key if by_row else link).name) in known:
            continue
        known.add((table.oid, column))
        of_charges = bool(_OF_CHARGES.search(table.name))
        amounts = row_amounts(samples, table, (key, link)) or []
        amounts = amounts or (unnamed_amounts(samples, table, (key, link)) if of_charges else [])
        if not amounts:
            continue
        yield _Link(table, key, link, by_row, amounts, of_charges)
        looked += 1
        if looked == _TABLES_AT_MOST:
            return


def _references(samples: Samples) -> Iterator[tuple[Table, Column, Column, bool]]:
    """Foreign keys between the sessions and other tables; a charge may be in the ledger."""
    sessions = samples.sessions
    tables = samples.readable_oids() - {sessions.oid}
    for row in samples.references():
        by_row = row.table_oid == sessions.oid
        oid = row.target_oid if by_row else row.table_oid
        if oid not in tables or not (by_row or row.target_oid == sessions.oid):
            continue
        table = samples.table(oid)
        key = table.columns.get(row.target_column) if by_row else samples.key_of(table)
        link = (sessions if by_row else table).columns.get(row.column_name)
        if key is not None and link is not None:
            yield table, key, link, by_row


def _by_name(samples: Samples) -> Iterator[tuple[Table, Column, Column, bool]]:
    """Columns of a session that have the name of a unique one of a table of charges, as `credit_id` of credits."""
    sessions = samples.sessions
    referring = {row.column_name for row in samples.references(of=sessions)}
    for row in samples.tables():
        if row.oid == sessions.oid or not _OF_CHARGES.search(row.table_name):
            continue
        table = samples.table(row.oid)
        for unique in samples.unique_names(table):
            name = f"{table.name.rstrip('s')}_id" if unique == "id" else unique
            key, link = table.columns.get(unique), _named(sessions, name)
            if not (key and link and link.name not in referring and link.base_type == key.base_type):
                continue
            if len(samples.readable(table)) < len(table.columns):
                samples.context.out_of_sight.append(table.qualified)  # a name alone does not link it to sessions
                continue
            yield table, key, link, True


def _about(samples: Samples) -> Iterator[tuple[Table, Column, Column, bool]]:
    """Columns by which rows of a table of charges name a session without a foreign key, as `job_ref` of holds."""
    referring = {(row.table_oid, row.column_name) for row in samples.references()}
    known, columns = known_tables(samples)
    tables = [row for row in known if _OF_CHARGES.search(row.table_name)]
    for table, name in linked_tables(samples, tables, columns, ()):
        key = samples.key_of(table)
        if key is not None and (table.oid, name) not in referring:
            yield table, key, table.columns[name], False


def _read_in(samples: Samples) -> Iterator[tuple[Table, Column, Column, bool]]:
    """Columns that the amount compares with one of the session's, as `subject_id` of usage that has no foreign key."""
    if not has_subquery(samples.own.amount):
        return
    for one in tables_read(samples, samples.own.amount):
        own = samples.key_of(one.table)
        if own is not None and not one.json_key and one.own.quoted == samples.mapping.slots["key"]:
            yield one.table, own, one.column, False


def _named(table: Table, name: str) -> Column | None:
    """The column of this name, in whatever case it is written: `creditId` for `credit_id`."""
    plain = name.replace("_", "").lower()
    return next((one for text, one in table.columns.items() if text.replace("_", "").lower() == plain), None)


def _read(
    samples: Samples, link: _Link, column: Column, session_ids: Sequence[str], *, unpaid: bool = False,
    any_state: bool = False,
) -> list[str]:  # fmt: skip
    """Those of the sessions of which the column says it, and that would be paid; or that have a row at all."""
    number = column.quoted if column.is_number and not any_state else ""
    rows = samples.try_read(
        "find_released", session_ids, table=link.table, key=link.key, link=link.link, column=column,
        by_row=link.by_row, unpaid=unpaid, flag=column.is_flag, words=_WORDS if column.is_word else "",
        any_state=any_state, number=number, amounts=[one for one in link.amounts if one["column"] != column.quoted],
    )  # fmt: skip
    return [row.session_id for row in rows]
