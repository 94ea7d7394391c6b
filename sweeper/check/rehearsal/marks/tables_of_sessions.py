"""Which tables of the app name a session in a column, by a foreign key or by the name of that column."""

import re
from collections.abc import Collection, Iterator, Sequence

from sweeper.app.catalog import Table
from sweeper.check.rehearsal.samples import Samples
from sweeper.postgres.templates import fill_expression
from sweeper.postgres.transaction import Row

TABLES_AT_MOST = 30
_BEHIND_AT_MOST = 6
# names of columns for the subject of a row
_ABOUT = {"session", "job", "task", "request", "reference", "ref", "related", "relatedentity", "about", "source",
          "entity", "object", "subject", "target", "item", "resource", "creditable", "chargeable", "billable",
          "payable", "transactionable", "reservation", "generation", "run", "res"}  # fmt: skip
_KEY = re.compile(r"(uu|ul)?id$|ref(erence)?$|key$|code$|number$|no$")


def known_tables(samples: Samples) -> tuple[Sequence[Row], Sequence[Row]]:
    """The app's tables, as many as are looked at, and their columns."""
    tables = samples.tables()[: TABLES_AT_MOST * 10]
    return tables, samples.ask("list_all_columns", table_oids=[row.oid for row in tables])


def linked_tables(
    samples: Samples, tables: Sequence[Row], columns: Sequence[Row], keys: Collection[str]
) -> list[tuple[Table, str]]:
    """Other tables with a column that refers to a session, by a foreign key or by its name."""
    mapping = samples.mapping
    targets = {(row.table_oid, row.column_name): row.target_oid for row in samples.references()}
    singular = mapping.sessions.name.lower().rstrip("s")
    found: list[tuple[Table, str]] = []
    for row in tables:
        if row.oid == mapping.sessions.oid:
            continue
        own = [column for column in columns if column.table_oid == row.oid]
        naming = [one for one in own if _names_session(one, row.oid, targets, mapping.sessions.oid, singular)]
        sure = [one for one in naming if (row.oid, one.name) in targets]  # its `source` may be the kind of a row
        link = next(iter([*sure, *naming, *(one for one in own if one.name in keys)]), None)
        if link is not None:
            found.append((samples.table(row.oid), link.name))
    return found[:TABLES_AT_MOST]


def tables_behind_links(
    samples: Samples, tables: Sequence[Row], naming: Sequence[tuple[Table, str]]
) -> Iterator[tuple[Table, str, str]]:
    """Tables whose rows a table of links ties to sessions, the column that it names, and the session of a row, l.

    Or rows that refer to another one of the same table, which names a session, as a refund does to its charge.
    """
    mapping, accounts = samples.mapping, samples.accounts
    known = {row.oid for row in tables}
    others = {mapping.sessions.oid, accounts.oid if accounts else 0}
    to_sessions = [row for row in samples.references(to=mapping.sessions) if row.table_oid in known]
    ways = [(row, one) for row in to_sessions for one in samples.references() if one.table_oid == row.table_oid]
    for row, one in [way for way in ways if way[1].target_oid in known - others][:_BEHIND_AT_MOST]:
        links, table = samples.table(row.table_oid), samples.table(one.target_oid)
        session, key = links.columns[row.column_name], links.columns[one.column_name]
        by_id = mapping.sessions.columns[row.target_column].quoted == mapping.slots["key"]
        if samples.is_quick_by(links, key) and by_id and samples.sees(links, [session, key]):
            slots = {"links": links.qualified, "session": session.quoted, "key": key.quoted}
            slots["column"] = table.columns[one.target_column].quoted
            yield table, one.target_column, fill_expression("behind_link", slots)
    selves = [(table, link, row) for table, link in naming for row in samples.references(of=table, to=table)]
    for table, link, row in selves[:_BEHIND_AT_MOST]:
        key, column = table.columns[row.target_column], table.columns[row.column_name]
        if link != row.target_column and samples.sees(table, [table.columns[link], key]):
            slots = {"links": table.qualified, "session": table.columns[link].quoted, "key": key.quoted}
            yield table, column.name, fill_expression("behind_link", {**slots, "column": column.quoted})


def _names_session(
    column: Row, table_oid: int, targets: dict[tuple[int, str], int], sessions_oid: int, singular: str
) -> bool:
    if (table_oid, column.name) in targets:
        return targets[table_oid, column.name] == sessions_oid
    plain = column.name.lower().replace("_", "")
    words = singular.replace("_", "")
    about = _KEY.sub("", plain)
    return words in (plain, about) or plain in _ABOUT or about in _ABOUT
