"""The names of statuses that are keys of another table."""

import re

from sweeper.check.rehearsal.samples import Samples

_CALLED = re.compile(r"code|slug|name|key|status|state|value|label|title", re.IGNORECASE)


def shown(status: object, label: str | None) -> str:
    """A status as messages show it, with the label that another table has for it."""
    return f"{status!r} ({label})" if label else repr(status)


def labels_of_statuses(samples: Samples) -> dict[str, str]:
    """The name of each status; empty where the status is not a foreign key, or is a word itself."""
    mapping = samples.context.mapping
    status = mapping.sessions.column(samples.context.settings.sessions.status)
    if status is None:
        return {}
    tables = {row.oid: row.as_sql for row in samples.tables()}
    for row in samples.ask("list_references", {}):
        if (row.table_oid, row.column_name) != (mapping.sessions.oid, status.name) or row.target_oid not in tables:
            continue
        table = samples.table("table", tables[row.target_oid])
        key = table.columns.get(row.target_column)
        texts = [one for one in samples.readable(table) if one.category in ("S", "E") and one != key]
        texts = [one for one in texts if _CALLED.search(one.name)] or texts
        if key is None or not texts or key not in samples.readable(table):
            return {}
        slots = {"table": table.qualified, "key": key.quoted, "column": texts[0].quoted}
        with samples.unless_refused():
            return {label.value: label.label for label in samples.ask("list_status_names", slots)}
        return {}
    return {}
