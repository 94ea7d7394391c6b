"""The privileges of the role, with the GRANT for each that is missing."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

from sweeper.app.search_path import mapped_tables
from sweeper.check.context import reading
from sweeper.check.result import Check, Status, failure, ok
from sweeper.config.model import Settings
from sweeper.core.errors import SweeperError
from sweeper.postgres.database import Database
from sweeper.postgres.templates import fill, quote_name

_OWN = {
    "refunds": ("SELECT", "INSERT"),
    "runs": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "holds": ("SELECT", "INSERT", "UPDATE"),
    "reversals": ("SELECT",),
    "settings": ("SELECT", "UPDATE"),
    "locks": ("SELECT", "UPDATE"),
}
# a runner may update only these columns: the others would let it move the floor
_COLUMNS = {
    ("settings", "UPDATE"): "horizon, horizon_as_of, horizon_policy, full_sweep_as_of, before_floor_sessions, "
    "before_floor_credits",
    ("locks", "UPDATE"): "locker",
}
_DENIED = re.compile(r"permission denied for (schema|table|function|view|sequence|foreign table) (.+?)(?::|$)")
_USE = {"schema": "USAGE ON SCHEMA", "function": "EXECUTE ON FUNCTION", "sequence": "USAGE ON SEQUENCE"}


def check_rights(database: Database, settings: Settings, role: str, search_path: str) -> list[Check]:
    """The privileges on the mapped tables and on sweeper's own, and whether policies hide rows."""
    wanted = list(_wanted(settings))
    binds = {"names": [name for name, _ in wanted], "privileges": [privilege for _, privilege in wanted]}
    try:
        with reading(database, search_path) as transaction:
            missing = transaction.rows(fill("list_privileges", {}), binds)
            guarded = transaction.rows(fill("list_row_security", {}), {"names": mapped_tables(settings)})
    except SweeperError as error:  # this role may not even use the schema
        return [denied(database, error, role)]
    by_table = defaultdict(list)
    for row in missing:
        by_table[row.name].append(row.privilege)
    writes = sum(privilege != "SELECT" for _, privilege in wanted)
    reader = len(missing) == writes and all(row.privilege != "SELECT" for row in missing)
    return [_privileges(by_table, role, reader=reader), _row_security([row.name for row in guarded], role)]


def _privileges(missing: Mapping[str, list[str]], role: str, *, reader: bool) -> Check:
    if not missing:
        return ok("this role may do what a run does", "privileges")
    said = "; ".join(f"{', '.join(privileges)} on {table}" for table, privileges in missing.items())
    grants = [
        f"GRANT {', '.join(_in_columns(table, privilege) for privilege in privileges)} ON {table} TO {role};"
        for table, privileges in missing.items()
    ]
    message = f"for a run this role lacks {said}"
    if reader:  # an auditor's login: with these rights it could pay
        message = f"this role can only read. If it should stay so, check with the login of the runs: {message}"
    return failure(message, "\n".join(grants), "privileges")


def _in_columns(table: str, privilege: str) -> str:
    columns = _COLUMNS.get((table.rpartition(".")[2], privilege))
    return f"{privilege} ({columns})" if columns else privilege


def _row_security(tables: list[str], role: str) -> Check:
    if not tables:
        return ok("no policy hides rows from this role", "row_security")
    return failure(
        f"row-level security would hide rows of {', '.join(tables)} from this role: a run refuses to "
        "treat the rest as all there is",
        f"ALTER ROLE {role} BYPASSRLS;",
        "row_security",
    )


def tables_denied(database: Database, error: SweeperError) -> list[str]:
    """The tables in the server's own message, as SQL: it names them without their schema."""
    found = _DENIED.search(error.message)
    name = found[2] if found else error.message
    with reading(database) as transaction:
        return [row.name for row in transaction.rows(fill("find_relation", {}), {"name": name})] or [quote_name(name)]


def denied(database: Database, error: SweeperError, role: str, written: Mapping[str, str] | None = None) -> Check:
    """What the server itself said this role may not do, as a GRANT; ``written`` are the tables that a refund writes
    and what it does there.
    """
    found = _DENIED.search(error.message)
    if found is None:
        security = "row-level security" in error.message
        fix = f"ALTER ROLE {role} BYPASSRLS;" if security else "grant it, or run as a role that has it"
        return failure(error.message, fix, "row_security" if security else "privileges")
    kind, name = found.groups()
    what = quote_name(name)
    if kind in ("table", "view", "foreign table"):
        with reading(database) as transaction:
            called_so = [row.name for row in transaction.rows(fill("find_relation", {}), {"name": name})]
        what = called_so[0] if len(called_so) == 1 else what
    grant = f"{_USE.get(kind, 'SELECT ON')} {what}"
    for table, privileges in (written or {}).items():
        if kind == "table" and table.endswith(f".{quote_name(name)}"):
            grant = f"{privileges} ON {table}"
    return failure(error.message, f"GRANT {grant} TO {role};", "privileges")


def merged(checks: list[Check]) -> list[Check]:
    """The items with one for each name: with all fixes, where several privileges were missing."""
    found: dict[str, Check] = {}
    for check in checks:
        before = found.get(check.name)
        if before is None or before.status is Status.OK:
            found[check.name] = check
        elif check.status is not Status.OK and check.fix not in before.fix.splitlines():
            found[check.name] = failure(f"{before.message}; {check.message}", f"{before.fix}\n{check.fix}", check.name)
    return list(found.values())


def _wanted(settings: Settings) -> Iterator[tuple[str, str]]:
    for table in mapped_tables(settings):
        yield table, "SELECT"
    yield settings.sessions.table, "UPDATE"
    if settings.accounts:
        yield settings.accounts.table, "UPDATE"
    if settings.ledger:
        yield settings.ledger.table, "INSERT"
    for table, privileges in _OWN.items():
        for privilege in privileges:
            yield f"{quote_name(settings.database.schema_)}.{table}", privilege
