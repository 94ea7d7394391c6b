"""Which of sweeper's own tables are in a schema, and whether their key is that of the mapping."""

from collections.abc import Iterator
from dataclasses import dataclass

from sweeper.app.charge_key import ChargeKey
from sweeper.app.mapping import Mapping
from sweeper.core.errors import ConfigurationError
from sweeper.install.own_ledger.missing_tables import require_complete
from sweeper.install.state import Installation
from sweeper.postgres.templates import fill
from sweeper.postgres.transaction import Transaction

# the columns that show that a table is ours, and not one of the app's with the same name
SIGNS = {
    "refunds": {"refund_id", "session_id", "account_id", "attempt", "amount", "layer", "created_at"},
    "reversals": {"reversal_id", "refund_id", "made_by"},
    "runs": {"run_id", "as_of", "outcome"},
    "holds": {"session_id", "why", "first_seen"},
    "settings": {"installed_at", "fingerprint", "horizon"},
    "locks": {"name", "fingerprint"},
}
_TYPED = {"session_id": "session", "account_id": "account", "attempt": "attempt"}


@dataclass(frozen=True)
class OwnTables:
    """Sweeper's tables that exist, each with the types of its columns; ``bound`` is the key of the ledger.

    ``has_attempts``: its refunds have attempts; ``of_sessions``: some are of mapped sessions,
    ``of_attempts``: some are of the attempts that these are at.
    """

    tables: dict[str, dict[str, str]]
    bound: ChargeKey | None
    has_refunds: bool = False
    has_attempts: bool = False
    of_sessions: bool = True
    of_attempts: bool = True


def find_own_tables(transaction: Transaction, mapping: Mapping, installation: Installation | None) -> OwnTables:
    """Read which of the tables exist, and what the ledger has.

    Raises:
        ConfigurationError: tables of those names are not sweeper's, or have lost columns.
    """
    tables: dict[str, dict[str, str]] = {}
    rows = transaction.rows(fill("list_own_columns", {}), {"schema_name": mapping.schema})
    for row in rows:
        tables.setdefault(row.table_name, {})[row.column_name] = row.type
    strangers = [name for name, columns in tables.items() if not SIGNS[name] <= columns.keys()]
    if strangers and len(strangers) < len(tables):
        lost = {f"{name}.{column}" for name in strangers for column in SIGNS[name] - tables[name].keys()}
        raise ConfigurationError(
            f"sweeper's tables in schema {mapping.schema} lack {', '.join(sorted(lost))}: restore that. From another "
            "schema, sessions that are refunded would be paid again",
            code="ledger_broken",
        )
    if strangers:
        raise ConfigurationError(
            f"database.schema = {mapping.schema!r}: it has tables that are not sweeper's ({', '.join(strangers)}): "
            "name another schema",
            code="mapping",
        )
    current = installation is not None and installation.is_current
    require_complete(tables, mapping, current=current)
    bound = installation.bound if installation else None
    if "refunds" not in tables:
        return OwnTables(tables, bound)
    state = transaction.row(mapping.statement("read_ledger_state", {"old_session_id": mapping.slots["session_id"]}))
    return OwnTables(tables, bound, state.has_refunds, state.has_attempts, state.of_sessions, state.of_attempts)


def fits(mapping: Mapping, found: OwnTables) -> bool:
    """Whether the ledger's columns have the types of the mapping."""
    columns, slots = found.tables["refunds"], mapping.slots
    wanted = {name: slots[f"{part}_type"] + slots[f"{part}_collate"] for name, part in _TYPED.items()}
    return "again" in columns and all(columns[name] == kind for name, kind in wanted.items())


def key_changes(mapping: Mapping, found: OwnTables) -> Iterator[str]:
    """How the key of the mapping differs from that of the ledger, in words; empty where it is the same."""
    if found.bound is not None:
        yield from mapping.key.changes(found.bound)
        return
    # an older installation, or a ledger that was kept without its settings: its columns show its key
    kind = found.tables["refunds"]["session_id"]
    if kind != mapping.key.id_type.partition(" COLLATE ")[0] and kind != mapping.key.id_type:
        yield f"the type of sessions.id was {kind} and is {mapping.key.id_type}"
    if not found.of_sessions:
        yield f"none of the refunds belongs to a session in {mapping.sessions.qualified}"
    if not found.of_attempts and mapping.key.attempt is not None:
        yield "sessions.attempt gives none of the attempts of the refunds"
    if found.has_attempts and mapping.key.attempt is None:
        yield "sessions.attempt was mapped and is not any more"
    if not found.has_attempts and mapping.key.attempt is not None:
        yield "sessions.attempt was not mapped, or null, and is now"


def old_session_id(mapping: Mapping, found: OwnTables) -> str | None:
    """The column of the sessions that has the ledger's ids, as SQL; None if it is gone."""
    bound, columns = found.bound, mapping.sessions.columns.values()
    if bound is None or mapping.key.same_id(bound):
        return mapping.slots["session_id"]
    if bound.table_oid == mapping.key.table_oid and bound.id_number is not None:
        known = [column.quoted for column in columns if column.number == bound.id_number]
    else:
        known = [column.quoted for column in columns if column.quoted == bound.id]
    return f"s.{known[0]}" if known else None


def same_accounts(mapping: Mapping, found: OwnTables) -> bool:
    """Whether the ledger has the accounts' ids in the mapping's type."""
    kind = found.tables["refunds"]["account_id"].partition(" COLLATE ")[0]
    return kind == mapping.slots["account_type"]


def require_distributed(transaction: Transaction, mapping: Mapping) -> None:
    """Check that Citus has the refunds, holds and reversals of an account where it has its sessions.

    Raises:
        ConfigurationError: they were made before it distributed the app's tables, or these were distributed again.
    """
    if not mapping.is_by_account:
        return
    for name in ("refunds", "holds", "reversals"):
        for table in transaction.rows(fill("find_table", {}), {"name": mapping.slots[name]}):
            found = transaction.rows(fill("find_distribution", {}), {"table_oid": table.oid})
            if [(row.kind, row.shard_group) for row in found] != [("column", mapping.sessions.shard_group)]:
                raise ConfigurationError(
                    f"{mapping.slots[name]} is not distributed with {mapping.sessions.qualified}: it was created "
                    "before Citus distributed that table, or distributed it again. In another schema, sessions that "
                    "are refunded would be paid again: docs/deploy.md says how to keep the refunds",
                    code="ledger_broken",
                )
