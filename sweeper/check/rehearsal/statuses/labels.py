"""What statuses are called that are the keys of another table's rows."""

import re

from sweeper.check.rehearsal.samples import Samples

_CALLED = re.compile(r"code|slug|name|key|status|state|value|label|title", re.IGNORECASE)


def labels_of_statuses(samples: Samples) -> dict[str, str]:
    """The name of each status; empty where the status is not a foreign key, or is a word itself."""
    status = samples.sessions.column(samples.own.status)
    if status is None:
        return {}
    tables = samples.readable_oids()
    for row in samples.references(of=samples.sessions):
        if row.column_name != status.name or row.target_oid not in tables:
            continue
        key = (table := samples.table(row.target_oid)).columns.get(row.target_column)
        texts = [one for one in samples.readable(table) if one.is_word and one != key]
        texts = [one for one in texts if _CALLED.search(one.name)] or texts
        if key is None or not texts or key not in samples.readable(table):
            return {}
        rows = samples.try_ask("list_status_names", table=table, key=key, column=texts[0])
        return {label.value: label.label for label in rows}
    return {}
