"""Who could plant functions and operators where the app's own expressions and triggers look for theirs.

The app's SQL runs under the app's search path, as it does in the app. Whoever may create in a schema of that path can
give it a function that fits a call better than the server's own, and that function then runs with our rights. So does
the function of a trigger, which whoever has TRIGGER on a table can put there.
"""

from collections.abc import Sequence
from typing import NamedTuple

from sweeper.config.model import Settings
from sweeper.core.errors import ConfigurationError, SweeperError
from sweeper.postgres.errors import Refusal
from sweeper.postgres.templates import fill
from sweeper.postgres.transaction import Row, Transaction


class Planters(NamedTuple):
    """Who may create in the path; ``dangerous``: they would gain rights by it.

    ``message`` says who and where, in one line; ``fix`` is the SQL that ends it, a statement a line.
    """

    message: str
    fix: str
    dangerous: bool


def mapped_tables(settings: Settings) -> list[str]:
    """The app's tables as the file names them: sessions, accounts, ledger."""
    others = [section.table for section in (settings.accounts, settings.ledger) if section]
    return [settings.sessions.table, *others]


def find_planters(transaction: Transaction, settings: Settings, search_path: str) -> Planters | None:
    """Look who may create in a schema of ``search_path``, the one in force in ``transaction``.

    None when nobody may who could not run code in our transactions anyway, and while the file names no table that is
    there, which others report.
    """
    binds = {
        "tables": mapped_tables(settings),
        "own_schema": settings.database.schema_,
        "search_path": search_path,
    }
    try:
        with transaction.savepoint():
            found = transaction.rows(fill("list_planters", {}), binds)
    except (Refusal, SweeperError) as error:
        if getattr(error, "code", "") not in ("database", "privilege"):
            raise
        return None  # a table's name that is none, or in a schema that is closed to us: read_mapping names the key
    return _described(found) if found else None


def require_own_path(transaction: Transaction, settings: Settings, search_path: str) -> None:
    """Check that nobody can make our statements run theirs with rights that are not their own.

    Raises:
        ConfigurationError: naming them, and the REVOKE.
    """
    planters = find_planters(transaction, settings, search_path)
    if planters and planters.dangerous:
        fixes = " ".join(planters.fix.splitlines())
        raise ConfigurationError(f"{planters.message}. Nothing was changed. Run: {fixes}", code="search_path")


def _described(found: Sequence[Row]) -> Planters:
    victims = sorted({name for row in found for name in row.victims})
    message = f"functions and operators for the app's SQL can be planted by {'; by '.join(map(_who, found))}"
    if victims:
        named = ", ".join(victims)
        rights = f"{named}, a superuser" if any(row.superuser for row in found) else named
        message += f"; a run or refund() would run them with the rights of {rights}"
    # the app's own role often has TRIGGER with everything else on its tables: that is said, and stops nobody
    dangerous = any(row.victims for row in found if not row.on_table)
    return Planters(message, "\n".join(dict.fromkeys(map(_fix, found))), dangerous)


def _who(row: Row) -> str:
    samples = ", ".join(row.samples)
    if row.owns:
        return f"{row.role}, which owns the schema {row.place} ({samples})"
    where = "triggers on" if row.on_table else "in the schema"
    return f"{row.role or 'PUBLIC'}, which may create {where} {row.place} ({samples})"


def _fix(row: Row) -> str:
    if row.owns:
        return f"ALTER SCHEMA {row.place} OWNER TO {row.app_owner};"
    right = "TRIGGER ON TABLE" if row.on_table else "CREATE ON SCHEMA"
    return f"REVOKE {right} {row.place} FROM {row.role or 'PUBLIC'};"
