"""Who could create functions and operators where the app's own expressions and triggers look them up.

The app's SQL runs under the app's search path, as it does in the app. Whoever may create in a schema of that path can
give it a function that fits a call better than the server's own, and that function then runs with our rights, even
after the right to create there is revoked. So does the function of a trigger, which any role with TRIGGER on a table
can add, and whatever else a write to a table calls, as its owner defines it.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sweeper.config.model import Settings
from sweeper.core.errors import ConfigurationError, SweeperError
from sweeper.postgres.errors import Refusal
from sweeper.postgres.templates import fill
from sweeper.postgres.transaction import Row, Transaction

_MAY = {
    "create": "which may create in the schema {}",
    "schema": "which owns the schema {}",
    "function": "which owns the function {} and could have planted it there before",
    "operator": "which owns the operator {} and could have planted it there before",
    "trigger": "which may create triggers on {}",
    "partition": "which owns the partition {} and may create triggers on it",
    "own": "which owns the table {} and may change its triggers",
    "called": "which owns the function {} that a refund calls",
    "read": "which owns the table {} that the file's SQL reads",
    "type": "which owns the type {} of a value",
}
# what any statement of ours may call; the others are called by a write to a table, or named in the file
_PLANTED = ("create", "schema", "function", "operator")


class Planters(NamedTuple):
    """Who may create something in the path; ``dangerous`` are those who would gain rights by it.

    ``message`` says who and where, in one line; ``fix`` is the SQL that ends it, a statement a line.
    """

    message: str
    fix: str
    dangerous: bool


def mapped_tables(settings: Settings) -> list[str]:
    """The app's tables as the file names them: sessions, accounts, ledger."""
    others = [section.table for section in (settings.accounts, settings.ledger) if section]
    return [settings.sessions.table, *others]


def find_planters(
    transaction: Transaction,
    tables: Sequence[str],
    own_schema: str,
    search_path: str,
    *,
    named: Mapping[str, object] | None = None,
) -> Planters | None:
    """Find out who may create something in a schema of ``search_path``, the current one, and owns none of these tables.

    With what the file's own SQL has ``named``, also who owns that, or what a write to the tables calls.

    None when only roles may that can run code in our transactions anyway, and while the file names no table that is
    there, which others report.
    """
    binds = {"tables": list(tables), "own_schema": own_schema, "search_path": search_path}
    try:
        with transaction.savepoint():
            found = list[Row]()
            if named is not None or transaction.row(fill("may_plant", {}), binds).found:
                found += transaction.rows(fill("list_planters", {}), binds)
            if named is not None:
                found += transaction.rows(fill("list_set_off", {}), binds)
                known = {row.place for row in found}
                rows = transaction.rows(fill("list_named", {}), {**binds, **named})
                found += [row for row in rows if row.place not in known]
    except (Refusal, SweeperError) as error:
        if getattr(error, "code", "") not in ("database", "privilege"):
            raise
        return None  # not a table's name, or in a schema that this role may not use: read_mapping names the key
    return _described(found) if found else None


def require_own_path(transaction: Transaction, settings: Settings, search_path: str) -> None:
    """Check that nobody can make our statements run their code with rights that they do not have.

    Raises:
        ConfigurationError: naming them, and the REVOKE.
    """
    require_no_planters(transaction, mapped_tables(settings), settings.database.schema_, search_path)


def require_own_schema(transaction: Transaction, settings: Settings) -> None:
    """Check that sweeper's own schema does not belong to a stranger, before it is read.

    Raises:
        ConfigurationError: naming whose it is, and how to end that.
    """
    schema = settings.database.schema_
    if transaction.row(fill("find_schema_owner", {}), {"own_schema": schema}).of_another:
        require_own_path(transaction, settings, "")


def require_no_planters(transaction: Transaction, tables: Sequence[str], own_schema: str, search_path: str) -> None:
    """The same check, for these tables.

    Raises:
        ConfigurationError: naming them, and the REVOKE.
    """
    planters = find_planters(transaction, tables, own_schema, search_path)
    if planters and planters.dangerous:
        fixes = " ".join(planters.fix.splitlines())
        raise ConfigurationError(f"{planters.message}. Nothing was changed. Run: {fixes}", code="search_path")


class _Group(NamedTuple):
    """Roles that may do the same in the same places, and the logins that have these roles."""

    kind: str
    roles: list[str]
    places: list[str]
    logins: str
    app_owner: str

    @property
    def message(self) -> str:
        return f"{_listed(self.roles)}, {_MAY[self.kind].format(_listed(self.places))} ({self.logins})"


def _described(found: Sequence[Row]) -> Planters:
    victims = sorted({name for row in found for name in row.victims})
    groups = _grouped(found)
    what = "what a refund calls can be changed"
    if any(row.kind in _PLANTED for row in found):
        what = "functions and operators for the app's SQL can be planted"
    message = f"{what} by {'; by '.join(group.message for group in groups)}"
    if victims:
        named = ", ".join(victims)
        rights = f"{named}, a superuser" if any(row.superuser for row in found) else named
        message += f"; a run or refund() would run them with the rights of {rights}"
    # the app's own role often has TRIGGER with everything else on its tables: that is reported, and does not stop a run
    dangerous = any(row.victims for row in found if row.kind in _PLANTED)
    return Planters(message, "\n".join(dict.fromkeys(map(_fix, groups))), dangerous)


def _grouped(found: Sequence[Row]) -> list[_Group]:
    """A group for each row; but what GRANT ALL gives several roles on several tables is one group."""
    groups = [
        _Group(row.kind, [row.role or "PUBLIC"], [row.place], ", ".join(row.samples), row.app_owner) for row in found
    ]
    return _merged(_merged(groups, "roles"), "places")


def _merged(groups: Sequence[_Group], field: str) -> list[_Group]:
    """The groups, with one for those that may create triggers and differ in this field alone."""
    merged: list[_Group] = []
    for group in groups:
        names = getattr(group, field)
        alike = (one for one in merged if group.kind == "trigger" and one._replace(**{field: names}) == group)
        if same := next(alike, None):
            getattr(same, field).extend(names)
        else:
            merged.append(group)
    return merged


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _fix(group: _Group) -> str:
    role, place, owner = ", ".join(group.roles), ", ".join(group.places), group.app_owner
    fixes = {
        "create": f"REVOKE CREATE ON SCHEMA {place} FROM {role};",
        "schema": f"ALTER SCHEMA {place} OWNER TO {owner};",
        "function": f"DROP ROUTINE {place};",
        "operator": f"DROP OPERATOR {place};",
        "trigger": f"REVOKE TRIGGER ON TABLE {place} FROM {role};",
        "partition": f"ALTER TABLE {place} OWNER TO {owner};",
        "own": f"ALTER TABLE {place} OWNER TO {owner};",
        "called": f"ALTER ROUTINE {place} OWNER TO {owner};",
        "read": f"ALTER TABLE {place} OWNER TO {owner};",
        "type": f"ALTER TYPE {place} OWNER TO {owner};",
    }
    return fixes[group.kind]
