"""Finds traces of refunds of failed sessions: a mark on the sessions themselves, or rows of other tables."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TypeVar

from sweeper.app.catalog import JSON_TYPES, Column, Table, words_in
from sweeper.check.rehearsal.ledger.app_ledger import account_of_rows, amounts_taken
from sweeper.check.rehearsal.marks.refund_texts import SPOKEN_AT_MOST, TEXTS, find_events, find_in_texts
from sweeper.check.rehearsal.marks.row_amounts import (
    AMOUNT,
    ASKED,
    Given,
    Rows,
    agree,
    are_parts,
    by_session,
    row_amounts,
    unnamed_amounts,
    without_usual,
)
from sweeper.check.rehearsal.marks.session_marks import named_marks
from sweeper.check.rehearsal.marks.tables_of_sessions import (
    TABLES_AT_MOST,
    known_tables,
    linked_tables,
    tables_behind_links,
)
from sweeper.check.rehearsal.samples import Samples
from sweeper.check.rehearsal.words import DOWN_WORDS, GIVEN_BACK, UP_WORDS
from sweeper.postgres.templates import quote_name
from sweeper.postgres.transaction import Row

# all of a text, such as the state of a request for a refund
_NOT_GIVEN = "refund[ _.-]?(failed|requested|pending|denied|rejected|declined|refused)"  # in a log of events
_DENIED = f"^(denied|rejected|declined|refused|dismissed|{_NOT_GIVEN})$"
_UNDECIDED = (
    f"^({_NOT_GIVEN}|denied|rejected|declined|refused|dismissed"
    "|new|open|opened|pending|waiting|received|submitted|requested|escalated"
    "|in[ _-]?(review|progress)|cancell?ed|withdrawn|expired|closed)$"
)
# another unique value of a session than its id, that is long enough to be nothing else
_KEYS_AT_MOST, _SESSIONS_AT_LEAST, _LONG = 3, 10, 8
_CALLED = re.compile(r"(^|_)(id|uuid|ulid|guid|token|key|ref(erence)?)$|[a-z](Id|Uuid|Token|Key|Ref)$")

_ADDED_UP = re.compile(r"\b(sum|count|max|min|string_agg|array_agg)\s*\(|\bexcept\b|coalesce", re.IGNORECASE)
_IN_A_TEXT = " (in a text)"
Trace = TypeVar("Trace")


def find_traces(
    samples: Samples, session_ids: Sequence[str], netted: Collection[str], *, apart: bool = False
) -> dict[str, list[str]]:
    """Which of these sessions have a trace in each table or column.

    The amount may already subtract what rows of ``netted`` tables gave back: only what gives all back counts there.
    ``apart`` leaves out what gives back what other rows of the same table took, which may be an earlier charge, and
    what names a session in JSON or in a text, which may ask for a refund.
    """
    chosen = set(session_ids)
    amounts = {one.session_id: one.amount for one in samples.read_failed() if one.session_id in chosen and one.is_owed}
    rows = find_rows(samples, session_ids, lambda where, given: _are_refunds(where, given, amounts), by_links=apart)
    taken = amounts_taken(samples) if rows and netted else {}
    if not taken and not _ADDED_UP.search(samples.own.amount):  # it reads the charge alone, or the part of one row
        taken = amounts
    rest = _not_netted(rows, netted, taken)
    traces = {where: sorted(one for one in found if not (apart and found[one].exact)) for where, found in rest.items()}
    if not rows and not apart:
        traces = find_events(samples, linked_tables(samples, *known_tables(samples), ()), amounts)
    marks = named_marks(samples, session_ids)
    return marks | traces if rows else without_netted(marks | traces, netted)


def without_netted(traces: Mapping[str, Trace], netted: Collection[str]) -> dict[str, Trace]:
    """The traces that are in none of these tables."""
    return {where: found for where, found in traces.items() if not any(name in where for name in netted)}


def _not_netted(rows: Rows, netted: Collection[str], taken: Mapping[str, Decimal]) -> Rows:
    sure = without_netted(rows, netted)
    whole = {
        where: {one: found for one, found in given.items() if found.exact or taken.get(one) in found.amounts}
        for where, given in rows.items()
        if where not in sure
    }
    return sure | {where: given for where, given in whole.items() if given}


def _are_refunds(where: str, given: Mapping[str, Given], amounts: Mapping[str, Decimal]) -> bool:
    """Whether the numbers are of credits that sessions cost, and not of something else, such as minutes of a ticket."""
    numbers = {one: of_session.amounts for one, of_session in given.items()}
    if agree(numbers, amounts) or not any(numbers.values()):
        return True
    # a message may mention a refund
    exact = any(one.exact for one in given.values())
    return not where.endswith(_IN_A_TEXT) and (exact or are_parts(numbers, amounts))


def find_rows(
    samples: Samples,
    session_ids: Sequence[str],
    fits: Callable[[str, Mapping[str, Given]], bool] = lambda *_: True,
    *,
    by_links: bool = False,
) -> Rows:
    """Rows of other tables that look like refunds of these sessions, by the first way in which any do that fit."""
    tables, columns = known_tables(samples)
    readable = {column.table_oid for column in columns}
    linked = {row.table_oid for row in samples.references(to=samples.sessions)}
    for row in tables:
        if row.oid in linked - readable:
            samples.context.hidden.setdefault(row.as_sql, [])
        elif row.oid not in readable:
            samples.context.out_of_sight.append(row.as_sql)
    keys = _other_keys(samples)
    links = linked_tables(samples, tables, columns, {key.name for key in keys})
    ways: tuple[Callable[[Mapping[str, str]], Rows], ...] = (
        lambda known: _named(samples, links, known),
        lambda known: _named(samples, tables_behind_links(samples, tables, links), known),
        lambda known: _by_parts(samples, list(dict.fromkeys(known.values())), tables),
        lambda known: _named(samples, _json_columns(samples, tables, columns), known, json=True),
        lambda known: dict(_named_in_texts(samples, tables, columns, known)),
    )
    names = _names(samples, session_ids, keys)
    for way in ways[:2] if by_links else ways:
        if found := {where: given for where, given in way(names).items() if fits(where, given)}:
            settled = samples.settled_ids()
            others = way(_names(samples, settled, keys))
            if found := without_usual(found, len(session_ids), others, len(settled)):
                return found
    return {}


def _names(samples: Samples, session_ids: Sequence[str], keys: Sequence[Column]) -> dict[str, str]:
    """By the texts that name one of these sessions, its id."""
    known = {one: one for one in session_ids}
    for key in keys:
        texts = samples.texts(key, session_ids).items()
        known |= {text: session_id for session_id, text in texts if len(text) >= _LONG}
    return known


def _by_parts(samples: Samples, session_ids: Sequence[str], tables: Sequence[Row]) -> Rows:
    """Rows that name what a session is about, such as the line of an order, where that has one session alone."""
    sessions = samples.sessions
    known = {row.oid for row in tables} - {sessions.oid}
    found: Rows = {}
    for one in [row for row in samples.references(of=sessions) if row.target_oid != sessions.oid]:
        column = sessions.columns.get(one.column_name)
        beside = [row for row in samples.references() if row.target_oid == one.target_oid and row.table_oid in known]
        if column is None or not beside or samples.is_shared(column.name):
            continue
        named = {text: session_id for session_id, text in samples.texts(column, session_ids).items()}
        links = [(samples.table(row.table_oid), row.column_name) for row in beside]
        found |= _named(samples, links[:TABLES_AT_MOST], named)
    return found


def _other_keys(samples: Samples) -> list[Column]:
    """Unique columns of the sessions by which other tables may name one, such as the id of its request.

    One that is called as a key may be unique without an index that says so.
    """
    sessions, payer = samples.sessions, words_in(samples.own.account)
    names = samples.unique_names(sessions)
    links = {row.column_name for row in samples.references(of=sessions)}
    others = [one for one in samples.readable(sessions) if one.quoted != samples.mapping.slots["key"]]
    texts = [one for one in others if one.base_type in (*TEXTS, "uuid")]
    found = [one for one in texts if one.name in names]
    called = [one for one in texts if one.name not in {*names, *links, *payer} and _CALLED.search(one.name)]
    found += [one for one in called[:_KEYS_AT_MOST] if _is_unique(samples, one)]
    return found[:_KEYS_AT_MOST]


def _is_unique(samples: Samples, column: Column) -> bool:
    """Whether no two of the newest sessions have the same in a column, as those of one account, nor name another."""
    looked = [*samples.live(), *samples.settled_ids()]
    values = list(samples.texts(column, looked).values())
    return len(values) >= _SESSIONS_AT_LEAST and len({*values, *looked}) == len(values) + len(looked)


def _named(
    samples: Samples,
    links: Iterable[tuple[Table, str] | tuple[Table, str, str]],
    known: Mapping[str, str],
    *,
    json: bool = False,
) -> Rows:
    """Rows that look like refunds and name a session in one of these columns, inside the json of one, or by its SQL."""
    found = {}
    for table, link, *session in links:
        rows = _rows(samples, table, link, list(known), json=json, session="".join(session))
        if given := by_session(rows, known):
            found[f"{table.qualified}.{quote_name(link)}"] = given
    return found


def rows_that_name(samples: Samples, table: Table, link: str, ids: Sequence[str]) -> set[str]:
    """The ids that rows of a table that look like refunds name; empty where it cannot be read."""
    return {row.session_id for row in _rows(samples, table, link, list(dict.fromkeys(ids)), json=False)}


def _named_in_texts(
    samples: Samples, tables: Sequence[Row], columns: Sequence[Row], known: Mapping[str, str]
) -> Iterator[tuple[str, dict[str, Given]]]:
    """Rows of other tables that look like refunds and name a session inside a text."""
    own = samples.sessions.oid
    sessions = list(dict.fromkeys(known.values()))
    few = set(sessions[: SPOKEN_AT_MOST * len(sessions) // max(1, len(known))])
    names = [name for name, one in known.items() if one in few]
    for row in tables[:TABLES_AT_MOST]:
        spoken = any(column.table_oid == row.oid and column.type in TEXTS for column in columns)
        counted = any(column.table_oid == row.oid and AMOUNT.search(column.name) for column in columns)
        if row.oid == own or not spoken or not counted:
            continue
        table = samples.table(row.oid)
        if table.qualified == samples.mapping.slots.get("accounts"):  # a row there is of no one session
            continue
        given = by_session(find_in_texts(samples, table, names), known)
        if given:
            yield f"{table.qualified}{_IN_A_TEXT}", given


def _json_columns(samples: Samples, tables: Sequence[Row], columns: Sequence[Row]) -> list[tuple[Table, str]]:
    with_json = {column.table_oid for column in columns if column.type in JSON_TYPES}
    found: list[tuple[Table, str]] = []
    for row in [row for row in tables if row.oid in with_json][:TABLES_AT_MOST]:
        if row.oid == samples.sessions.oid:
            continue
        table = samples.table(row.oid)
        found += [(table, column.name) for column in table.columns.values() if column.base_type in JSON_TYPES]
    return found


def _rows(
    samples: Samples, table: Table, link: str, session_ids: Sequence[str], *, json: bool, session: str = ""
) -> Sequence[Row]:
    """The rows of a table that look like refunds and name one of these; empty where it cannot be read."""
    key = samples.key_of(table)
    named_ones = row_amounts(samples, table, (key, table.columns[link])) if key else None
    unnamed = named_ones is None and not json
    amounts = unnamed_amounts(samples, table, (key, table.columns[link])) if unnamed else named_ones
    if key is None or not (amounts if unnamed else amounts is not None):
        return []
    if not samples.sees(table, [key, table.columns[link]]):
        return []
    speaking = [column for column in table.columns.values() if column.is_word and column.name != link]
    denied = _UNDECIDED if ASKED.search(table.name) else _DENIED
    return samples.try_ask(
        "find_refund_json" if json else "find_refund_rows", table=table, key=key,
        link=quote_name(link) if json else session or f"l.{quote_name(link)}", texts=samples.seen(table, speaking),
        account_column=None if json else account_of_rows(samples, table), amounts=amounts or [], unnamed=unnamed,
        session_ids=list(session_ids), refund_words=GIVEN_BACK, table_words=table.name,
        up_words=UP_WORDS, down_words=DOWN_WORDS, denied=denied,
    )  # fmt: skip
