"""What a role may not read in the rehearsal: ``install``, which may, stores its results for runners that may not.

A runner is granted only the columns that the mapping reads, and it is other columns that show a wrong mapping. An
item that no role has checked is a failure, because a wrong mapping could pay unnoticed.
"""

import json
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta

from sweeper.check.context import CheckContext
from sweeper.check.result import Check, Status, failure
from sweeper.core.durations import describe_duration
from sweeper.postgres.templates import fill


@dataclass(frozen=True)
class StoredRehearsal:
    """What the last ``install`` of this mapping found, by item, and the current role."""

    role: str
    at: datetime | None = None
    items: dict[str, list[Check]] = field(default_factory=dict)


def read_stored(context: CheckContext) -> StoredRehearsal:
    """Read what ``install`` stored; empty where it never ran, or ran under another mapping."""
    with context.reading() as transaction:
        settings = context.mapping.slots["settings"]
        if not transaction.row(fill("find_installation", {}), {"name": settings}).found:
            return StoredRehearsal("this role")
        binds = {"mapping": context.mapping.file_digest}
        row = transaction.row(context.mapping.statement("read_kept_rehearsal"), binds)
    if row.rehearsal is None:
        return StoredRehearsal(row.role_as_sql)
    items: dict[str, list[Check]] = {}
    for item in row.rehearsal["items"]:
        found = Check(item["name"], Status(item["status"]), item["message"], item["fix"])
        items.setdefault(found.name, []).append(found)
    return StoredRehearsal(row.role_as_sql, datetime.fromisoformat(row.rehearsal["at"]), items)


def stored_json(context: CheckContext, items: list[Check], *, ascii_only: bool = False) -> str:
    """These items as the JSON that ``install`` stores; ``ascii_only`` for a server that takes no other characters."""
    kept = {
        "mapping": context.mapping.file_digest,
        "at": context.as_of.isoformat(),
        "items": [asdict(item) for item in items],
    }
    text = json.dumps(kept, ensure_ascii=False)
    return text.encode("ascii", "replace").decode() if ascii_only else text.encode(errors="replace").decode()


def with_stored_result(context: CheckContext, name: str, found: list[Check], kept: StoredRehearsal) -> list[Check]:
    """The result of ``install`` for an item that this role could not read in full, unless the item fails already."""
    if any(check.status is Status.FAILURE for check in found):
        return found
    if kept.at is not None and name in kept.items:
        ago = describe_duration(max(context.as_of - kept.at, timedelta(0)))
        note = f" (as `sweeper install` saw it {ago} ago: this role may not read all that this item looks at)"
        return [replace(check, message=check.message + note) for check in kept.items[name]]
    if not context.hidden:
        return found
    tables = ", ".join(context.hidden)
    grants = [grant_of(table, columns, kept.role) for table, columns in context.hidden.items()]
    said = (
        f"not checked: this role may not read all that this item looks at ({tables}), and no other role has checked it"
    )
    install = "sweeper install, as a role that may read it: it keeps the result for roles that may not; or:"
    return [failure(said, "\n".join([install, *grants]), name)]


def grant_of(table: str, columns: list[str], role: str) -> str:
    """The GRANT that lets a role check it itself."""
    of_columns = f" ({', '.join(columns)})" if columns else ""
    return f"GRANT SELECT{of_columns} ON {table} TO {role};"
