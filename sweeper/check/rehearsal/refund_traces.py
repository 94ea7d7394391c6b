"""Finds traces of refunds of failed sessions: a mark on the sessions themselves, or rows of other tables."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from sweeper.app.catalog import Table
from sweeper.check.rehearsal.samples import DOWN_WORDS, UP_WORDS, Samples
from sweeper.check.rehearsal.session_marks import Mark, find_marks
from sweeper.postgres.errors import Refusal, StatementError, TooSlow
from sweeper.postgres.templates import Slots, quote_name
from sweeper.postgres.transaction import Row

_TABLES_AT_MOST = 30
# a log may mention refunds, too, but a row of a refund has an amount
AMOUNT = re.compile(
    r"amount|credit|delta|value|point|sum|price|cost|unit|token|change|second|minute|quantity|qty|usage|used|micro|milli"
    r"|cent|dollar|fee|total|page|monto|importe|importo|montant|betrag|bedrag|valor|kingaku",
    re.IGNORECASE,
)
_EXACT, _AMOUNTS_AT_MOST = ("smallint", "integer", "bigint", "numeric"), 3
_JSON, _TEXTS = ("json", "jsonb"), ("text", "character varying")
# names of columns for the subject of a row
_ABOUT = {"session", "job", "task", "request", "reference", "ref", "related", "relatedentity", "about", "source",
          "entity", "object", "subject", "target", "item", "resource", "creditable", "chargeable", "billable",
          "payable", "transactionable", "reservation", "generation", "run"}  # fmt: skip
_SPOKEN_AT_MOST = 100
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_FLAG, _MOMENT = ("boolean",), ("timestamp without time zone", "timestamp with time zone", "date", "uuid")


def find_traces(samples: Samples, session_ids: Sequence[str], words: str) -> dict[str, tuple[int, str]]:
    """How many of these sessions have a trace in each table or column, and one of them."""
    rows = find_rows(samples, session_ids, words)
    return _marks(samples, session_ids, words) | rows


def find_rows(samples: Samples, session_ids: Sequence[str], words: str) -> dict[str, tuple[int, str]]:
    """How many of these sessions have a trace in each other table, and one of them."""
    tables = samples.tables()[: _TABLES_AT_MOST * 10]
    columns = samples.ask("list_all_columns", {}, table_oids=[row.oid for row in tables])
    readable = {column.table_oid for column in columns}
    sessions = samples.context.mapping.sessions.oid
    linked = {row.table_oid for row in samples.ask("list_references", {}) if row.target_oid == sessions}
    for row in tables:
        if row.oid in linked - readable:
            samples.context.hidden.setdefault(row.as_sql, [])
        elif row.oid not in readable:
            samples.context.out_of_sight.append(row.as_sql)
    found = _named(samples, _linked_tables(samples, tables, columns), session_ids, words)
    found = found or _named(samples, _json_columns(samples, tables, columns), session_ids, words, json=True)
    return found or dict(_named_in_texts(samples, tables, columns, session_ids, words))


def _named(
    samples: Samples, links: Sequence[tuple[Table, str]], session_ids: Sequence[str], words: str, *, json: bool = False
) -> dict[str, tuple[int, str]]:
    """Rows that look like refunds and name a session in one of these columns, or inside its JSON."""
    found = {}
    for table, link in links:
        try:
            with samples.transaction.savepoint():
                rows = _rows(samples, table, link, session_ids, words, json=json)
        except (Refusal, StatementError, TooSlow):
            continue  # a table that this role may not read, or one that is too large, shows nothing
        sessions = {row.session_id for row in rows}
        if sessions:
            found[f"{table.qualified}.{quote_name(link)}"] = (len(sessions), min(sessions))
    return found


def rows_that_name(samples: Samples, table: Table, link: str, ids: Sequence[str], words: str) -> set[str]:
    """The ids that rows of a table that look like refunds name; empty where it cannot be read."""
    try:
        with samples.transaction.savepoint():
            return {row.session_id for row in _rows(samples, table, link, list(dict.fromkeys(ids)), words, json=False)}
    except (Refusal, StatementError, TooSlow):
        return set()


def _named_in_texts(
    samples: Samples, tables: Sequence[Row], columns: Sequence[Row], session_ids: Sequence[str], words: str
) -> Iterator[tuple[str, tuple[int, str]]]:
    """Rows of other tables that look like refunds and name a session inside a text."""
    own = samples.context.mapping.sessions.oid
    for row in tables[:_TABLES_AT_MOST]:
        spoken = any(column.table_oid == row.oid and column.type in _TEXTS for column in columns)
        counted = any(column.table_oid == row.oid and AMOUNT.search(column.name) for column in columns)
        if row.oid == own or not spoken or not counted:
            continue
        table = samples.reader.table("table", row.as_sql)
        if sessions := ids_in_texts(samples, table, session_ids, words):
            yield f"{table.qualified} (in a text)", (len(sessions), min(sessions))


def ids_in_texts(samples: Samples, table: Table, session_ids: Sequence[str], words: str) -> set[str]:
    """The sessions that texts in rows of a table that look like refunds name."""
    key = samples.key_of(table)
    spoken = [column for column in samples.readable(table) if column.base_type in _TEXTS]
    if key is None or not spoken or not samples.sees(table, [key]):
        return set()
    texts: list[Slots] = [{"column": column.quoted} for column in spoken]
    try:
        with samples.transaction.savepoint():
            rows = samples.ask(
                "find_refund_texts", {"table": table.qualified, "key": key.quoted}, {"texts": texts},
                session_ids=list(session_ids)[:_SPOKEN_AT_MOST], refund_words=words,
                called=_called(samples.context.mapping.sessions.name),
            )  # fmt: skip
    except (Refusal, StatementError, TooSlow):
        return set()
    return {row.session_id for row in rows}


def _called(table: str) -> str:
    """A pattern for how a text names a session, by its table's name and its id: ``render_job/42``."""
    parts = [part.lower().rstrip("s") for part in _PARTS.findall(table)]
    names = "|".join({parts[-1], "s?[ _-]?".join(parts)}) if parts else table
    return rf"(?:^|[^[:alnum:]])(?:{names})s?(?:[ _-]?id)?[ #:/._=-]+([[:alnum:]-]+)"


def _marks(samples: Samples, session_ids: Sequence[str], words: str) -> dict[str, tuple[int, str]]:
    """Columns of the sessions whose names say refunded, and that some of them have set."""
    sessions = samples.context.mapping.sessions
    named = [
        column
        for name, column in sessions.columns.items()
        if re.search(words, name, re.IGNORECASE) and column.base_type in (*_FLAG, *_MOMENT)
    ]
    marks = {mark.name: mark for mark in find_marks(samples, session_ids)}
    marks |= {one.name: Mark(one, flag=one.base_type in _FLAG) for one in samples.seen(sessions, named)}
    found = {}
    for name, mark in marks.items():
        if rows := mark.read(samples, "find_marked", session_ids):
            found[f"{sessions.name}.{name}"] = (len(rows), rows[0].session_id)
    return found


def _json_columns(samples: Samples, tables: Sequence[Row], columns: Sequence[Row]) -> list[tuple[Table, str]]:
    """JSON columns of other tables."""
    with_json = {column.table_oid for column in columns if column.type in _JSON}
    found: list[tuple[Table, str]] = []
    for row in [row for row in tables if row.oid in with_json][:_TABLES_AT_MOST]:
        if row.oid == samples.context.mapping.sessions.oid:
            continue
        table = samples.reader.table("table", row.as_sql)
        found += [(table, column.name) for column in table.columns.values() if column.base_type in _JSON]
    return found


def _linked_tables(samples: Samples, tables: Sequence[Row], columns: Sequence[Row]) -> list[tuple[Table, str]]:
    """Other tables with a column that refers to a session, by a foreign key or by its name."""
    mapping = samples.context.mapping
    references: dict[tuple[int, str], Any] = {
        (row.table_oid, row.column_name): row.target_oid for row in samples.ask("list_references", {})
    }
    singular = mapping.sessions.name.lower().rstrip("s")
    found: list[tuple[Table, str]] = []
    for row in tables:
        if row.oid == mapping.sessions.oid:
            continue
        own = [column for column in columns if column.table_oid == row.oid]
        link = next(
            (column for column in own if _names_session(column, row.oid, references, mapping.sessions.oid, singular)),
            None,
        )
        if link is not None:
            found.append((samples.reader.table("table", row.as_sql), link.name))
    return found[:_TABLES_AT_MOST]


def _names_session(
    column: Row, table_oid: int, references: dict[tuple[int, str], Any], sessions_oid: int, singular: str
) -> bool:
    if (table_oid, column.name) in references:
        return bool(references[table_oid, column.name] == sessions_oid)
    plain = column.name.lower().replace("_", "")
    words = singular.replace("_", "")
    return plain in (f"{words}id", words) or plain.removesuffix("id") in _ABOUT


def _rows(
    samples: Samples, table: Table, link: str, session_ids: Sequence[str], words: str, *, json: bool
) -> Sequence[Row]:
    key = samples.key_of(table)
    speaks = re.search(words, table.name, re.IGNORECASE)  # a table of refunds may use any unit
    amounts = [
        column
        for column in table.columns.values()
        if column.category == "N" and column != key and column.name != link and (speaks or AMOUNT.search(column.name))
    ]
    if key is None or not amounts or not samples.sees(table, [key, table.columns[link]]):
        return []
    exact = [column for column in samples.seen(table, amounts) if column.base_type in _EXACT][:_AMOUNTS_AT_MOST]
    numbers: list[Slots] = [{"column": one.quoted, "name": f"amount_{place}"} for place, one in enumerate(exact)]
    speaking = [column for column in table.columns.values() if column.category in ("S", "E") and column.name != link]
    texts: list[Slots] = [{"column": column.quoted} for column in samples.seen(table, speaking)]
    slots = {"table": table.qualified, "key": key.quoted, "link": quote_name(link)}
    directions = {} if json else {"up_words": UP_WORDS, "down_words": DOWN_WORDS}
    return samples.ask(
        "find_refund_json" if json else "find_refund_rows", slots, {"texts": texts, "amounts": numbers},
        session_ids=list(session_ids), refund_words=words, table_words=table.name, **directions,
    )  # fmt: skip
