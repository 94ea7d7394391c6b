"""What other roles may do in the schemas of the search path, and to sweeper's own tables and functions."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from sweeper.app.named import named_in
from sweeper.app.search_path import find_planters, mapped_tables
from sweeper.check.context import CheckContext, reading
from sweeper.check.rehearsal.samples import sampling
from sweeper.check.result import Check, failure, ok, warning
from sweeper.config.model import Settings
from sweeper.core.text import some
from sweeper.install.grants import granted_to_all_roles
from sweeper.install.hooks import read_hooks
from sweeper.postgres.database import Database
from sweeper.postgres.transaction import Row

# each of these breaks a promise by itself; others may be intended, such as TRIGGER for a role that adds a hook
_NEVER_MEANT = frozenset({"CREATE", "UPDATE", "DELETE", "TRUNCATE"})
_NAMED = 5


def check_search_path(database: Database, settings: Settings, search_path: str) -> Check:
    """Whether another role can create functions that the app's SQL in our statements would call."""
    with reading(database, search_path) as transaction:
        tables, own_schema = mapped_tables(settings), settings.database.schema_
        found = find_planters(transaction, tables, own_schema, search_path, named=named_in(settings))
    if found is None:
        said = "no other role can add a function or a trigger that would run with the rights of a run"
        return ok(f"besides superusers and the owners of the mapped tables, {said}", "search_path")
    return (failure if found.dangerous else warning)(found.message, found.fix, "search_path")


def check_other_tables(context: CheckContext) -> Iterator[Check]:
    """Whether there are tables that no other item reads, because their owners would gain rights."""
    with sampling(context) as samples:
        rows = [row for row in samples.all_tables() if row.of_stranger]
    if not rows:
        yield ok("all tables belong to roles that gain no rights when this role reads them")
        return
    owned = {owner: [row.as_sql for row in rows if row.owner == owner] for owner in sorted({row.owner for row in rows})}
    named = "; ".join(f"{owner} ({some(names, _NAMED)})" for owner, names in owned.items())
    yield warning(
        f"not compared with the file: tables of {named}. Whoever owns a table can run code with the "
        "rights of whoever reads it, and these owners lack those of this role or of the mapped tables' owners",
        "where one of them has charges or refunds of the app: ALTER TABLE … OWNER TO the owner of the mapped tables",
    )


def check_grants(context: CheckContext) -> Iterator[Check]:
    """Whether any role has more rights on sweeper's schema, tables and functions than the printed roles need."""
    allowed = granted_to_all_roles(context.mapping)
    with context.reading() as transaction:
        binds = {"schema_name": context.mapping.schema, "schema": context.mapping.slots["schema"]}
        rows = transaction.rows(context.mapping.statement("list_grants"), binds)
        # the role that added a hook needed that right
        hooked = {context.mapping.slots[hook.table] for hook in read_hooks(transaction, context.mapping) if hook.works}
    allowed_hooks = {(name, "TRIGGER") for name in hooked}
    excess = [
        row
        for row in rows
        if not _is_allowed(row, allowed) and (row.role is None or (row.name, row.privilege) not in allowed_hooks)
    ]
    if not excess:
        yield ok("no role has more rights than `sweeper install --print` lists")
        return
    said = "; ".join(
        f"{role} has {', '.join(sorted({row.privilege for row in excess if _who(row) == role}))} on {name}"
        for role, name in dict.fromkeys((_who(row), row.name) for row in excess)
    )
    severe = any(row.role is None or row.privilege in _NEVER_MEANT for row in excess)
    yield (failure if severe else warning)(said, "\n".join(_revokes(excess)))


def _is_allowed(row: Row, allowed: frozenset[tuple[str, str, str]]) -> bool:
    if row.kind == "FUNCTION":  # the app's layers have EXECUTE by name; PUBLIC must not
        return bool(row.role is not None)
    if row.privilege == "INSERT" and row.corrects:  # a role that takes refunds back also writes them
        return True
    if row.role is None and row.kind == "TABLE":
        return False
    return not {(row.name, "", row.privilege), (row.name, row.column_name, row.privilege)}.isdisjoint(allowed)


def _who(row: Row) -> str:
    return row.role or "PUBLIC"


def _revokes(excess: Sequence[Row]) -> list[str]:
    found: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for row in excess:
        columns = f" ({row.column_name})" if row.column_name else ""
        found[row.kind, row.name, _who(row)].append(row.privilege + columns)
    return [
        f"REVOKE {', '.join(privileges)} ON {kind} {name} FROM {role};"
        for (kind, name, role), privileges in found.items()
    ]
