"""What the role may do, with the GRANT for what it may not."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

from sweeper.database import Database
from sweeper.errors import SweeperError
from sweeper.preflight.ground import failure, ok, reading
from sweeper.results import Check
from sweeper.settings import Settings
from sweeper.statements import fill, quote_name

_OWN = {
    "refunds": ("SELECT", "INSERT"),
    "runs": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "holds": ("SELECT", "INSERT", "UPDATE"),
    "reversals": ("SELECT",),
    "settings": ("SELECT", "UPDATE"),
}
_DENIED = re.compile(r"permission denied for (schema|table|function|view|sequence|foreign table) (.+?)(?::|$)")
_USE = {"schema": "USAGE ON SCHEMA", "function": "EXECUTE ON FUNCTION", "sequence": "USAGE ON SEQUENCE"}


def check_rights(database: Database, settings: Settings, role: str, search_path: str) -> list[Check]:
    """The privileges on the mapped tables and on sweeper's own."""
    wanted = list(_wanted(settings))
    binds = {"names": [name for name, _ in wanted], "privileges": [privilege for _, privilege in wanted]}
    try:
        with reading(database, search_path) as transaction:
            missing = transaction.rows(fill("check/list_privileges", {}), binds)
    except SweeperError as error:  # not even the schema may be looked into
        return [denied(error, role)]
    if not missing:
        return [ok("privileges", "this role may do what a run does")]
    by_table = defaultdict(list)
    for row in missing:
        by_table[row.name].append(row.privilege)
    said = "; ".join(f"{', '.join(privileges)} on {table}" for table, privileges in by_table.items())
    grants = [f"GRANT {', '.join(privileges)} ON {table} TO {role};" for table, privileges in by_table.items()]
    return [failure("privileges", f"this role lacks {said}", "\n".join(grants))]


def denied(error: SweeperError, role: str, written: Mapping[str, str] | None = None) -> Check:
    """What the server itself said this role may not do, as a GRANT; ``written`` are the tables that a refund writes
    and what it does there.
    """
    found = _DENIED.search(error.message)
    if found is None:
        return failure("privileges", error.message, "grant it, or run as a role that has it")
    kind, name = found.groups()
    grant = f"{_USE.get(kind, 'SELECT ON')} {quote_name(name)}"
    for table, privileges in (written or {}).items():  # the server's message leaves the schema out
        if kind == "table" and table.endswith(f".{quote_name(name)}"):
            grant = f"{privileges} ON {table}"
    return failure("privileges", error.message, f"GRANT {grant} TO {role};")


def _wanted(settings: Settings) -> Iterator[tuple[str, str]]:
    for privilege in ("SELECT", "UPDATE"):
        yield settings.sessions.table, privilege
        if settings.accounts:
            yield settings.accounts.table, privilege
    if settings.ledger:
        yield settings.ledger.table, "SELECT"
        yield settings.ledger.table, "INSERT"
    for table, privileges in _OWN.items():
        for privilege in privileges:
            yield f"{quote_name(settings.database.schema_)}.{table}", privilege
