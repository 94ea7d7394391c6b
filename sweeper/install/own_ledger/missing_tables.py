"""Checks, before anything is read from them, that sweeper's own tables are there with all their columns."""

from collections.abc import Collection
from collections.abc import Mapping as Mapped

from sweeper.app.mapping import Mapping
from sweeper.core.errors import ConfigurationError
from sweeper.postgres.binds import text_array
from sweeper.postgres.templates import fill
from sweeper.postgres.transaction import Transaction

_COLUMNS = {
    "refunds": "refund_id session_id account_id attempt again amount reason detail layer run_id created_at failed_at",
    "runs": "run_id version host db_role told as_of started_at ended_at outcome sessions credits already_refunded "
    "skipped held remaining batches",
    "holds": "hold_key session_id attempt account_id why sqlstate message constraint_name first_seen last_seen "
    "ended_at run_id",
    "reversals": "reversal_id refund_id amount reason made_by created_at",
    "locks": "name fingerprint",
}
_REMADE = {
    "refunds": "an empty one, and puts what was owed until then on hold (refund_missing)",
    "runs": "an empty one",
    "holds": "an empty one: the next run puts sessions on hold again",
    "locks": "a new one, as good as the old",
}


def find_missing(transaction: Transaction, mapping: Mapping) -> str:
    """What sweeper's own tables lack, and how to fix it, in one sentence; "" if nothing."""
    wanted = [(table, column) for table, columns in _COLUMNS.items() for column in columns.split()]
    binds = {
        "schema_name": mapping.schema,
        "tables": text_array([table for table, _ in wanted]),
        "columns": text_array([column for _, column in wanted]),
    }
    rows = transaction.rows(fill("list_missing_columns", {}), binds)
    if not rows:
        return ""
    tables = list(dict.fromkeys(row.table_name for row in rows if row.without_table))
    columns = [f"{row.table_name}.{row.column_name}" for row in rows if not row.without_table]
    remade = [f"{table}: {_REMADE[table]}" for table in tables if table in _REMADE]
    otherwise = ""
    if len(remade) == len(tables) and not columns:
        otherwise = f". Where that cannot be done, `sweeper install` makes {'; '.join(remade)}"
    return (
        f"sweeper's own tables in schema {mapping.schema} are not whole: {', '.join([*tables, *columns])} missing, "
        f"renamed or dropped by somebody. Bring that back, from a backup if need be{otherwise}"
    )


def require_whole(transaction: Transaction, mapping: Mapping) -> None:
    """Check that sweeper's own tables are there, with all their columns.

    Raises:
        ConfigurationError: they are not.
    """
    if missing := find_missing(transaction, mapping):
        raise ConfigurationError(f"{missing}. Nothing was paid", code="ledger_broken")


def require_complete(tables: Mapped[str, Collection[str]], mapping: Mapping, *, current: bool) -> None:
    """Check that an installation finds no incomplete ledger; ``tables`` are the existing ones, with their columns.

    Raises:
        ConfigurationError: it would make an empty table of reversals beside refunds that may have some, or, where the
            tables are of the ``current`` version, leave them without a column.
    """
    wanted = [(name, column) for name in tables for column in _COLUMNS.get(name, "").split()] if current else []
    lost = [f"{name}.{column}" for name, column in wanted if column not in tables[name]]
    if "refunds" in tables and "reversals" not in tables:
        lost = ["reversals (a new one would be empty, and what was taken back could be taken back again)", *lost]
    if lost:
        raise ConfigurationError(
            f"sweeper's own tables in schema {mapping.schema} are not whole: {', '.join(lost)} missing, renamed or "
            "dropped by somebody. Bring that back, from a backup if need be. Nothing was changed",
            code="ledger_broken",
        )
