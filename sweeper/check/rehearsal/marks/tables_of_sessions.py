"""Which tables of the app name a session in a column, by a foreign key or by the name of that column."""

import re
from collections.abc import Collection, Sequence
from typing import Any

from sweeper.app.catalog import Table
from sweeper.check.rehearsal.samples import Samples
from sweeper.postgres.transaction import Row

TABLES_AT_MOST = 30
# names of columns for the subject of a row
_ABOUT = {"session", "job", "task", "request", "reference", "ref", "related", "relatedentity", "about", "source",
          "entity", "object", "subject", "target", "item", "resource", "creditable", "chargeable", "billable",
          "payable", "transactionable", "reservation", "generation", "run"}  # fmt: skip
_KEY = re.compile(r"(uu|ul)?id$|ref(erence)?$|key$|code$|number$|no$")


def linked_tables(
    samples: Samples, tables: Sequence[Row], columns: Sequence[Row], keys: Collection[str]
) -> list[tuple[Table, str]]:
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
        naming = [one for one in own if _names_session(one, row.oid, references, mapping.sessions.oid, singular)]
        sure = [one for one in naming if (row.oid, one.name) in references]  # its `source` may be the kind of a row
        link = next(iter([*sure, *naming, *(one for one in own if one.name in keys)]), None)
        if link is not None:
            found.append((samples.table("table", row.as_sql), link.name))
    return found[:TABLES_AT_MOST]


def _names_session(
    column: Row, table_oid: int, references: dict[tuple[int, str], Any], sessions_oid: int, singular: str
) -> bool:
    if (table_oid, column.name) in references:
        return bool(references[table_oid, column.name] == sessions_oid)
    plain = column.name.lower().replace("_", "")
    words = singular.replace("_", "")
    about = _KEY.sub("", plain)
    return words in (plain, about) or plain in _ABOUT or about in _ABOUT
