"""Finds other installations over the same sessions table: each would pay what the other has paid."""

from collections.abc import Sequence
from contextlib import suppress

from sweeper.app.charge_key import ChargeKey
from sweeper.app.mapping import Mapping
from sweeper.core.errors import ConfigurationError, SweeperError
from sweeper.install.own_ledger.changed_tables import OldLedger, changed_table
from sweeper.postgres.errors import Refusal
from sweeper.postgres.templates import fill, quote_name
from sweeper.postgres.transaction import Row, Transaction


def require_only_installation(transaction: Transaction, mapping: Mapping, bound: ChargeKey | None) -> None:
    """Check that no other schema is installed over this table, a part of it, or a table that it is a part of.

    ``bound`` is the key that is installed here. What this role may not read is left to the role that installs.

    Raises:
        ConfigurationError: one is; both would pay every session.
    """
    for other in other_schemas(transaction, mapping, "list_other_installations"):
        if _pays_the_same(transaction, mapping, bound, other):
            raise ConfigurationError(
                f"schema {other} is installed over {mapping.sessions.qualified}, too: both would pay every session. "
                f"Nothing was changed. Go on with database.schema = {other!r}, or uninstall that one to go on with "
                f"{mapping.schema!r}: as docs/operations.md says, or, where it has no refunds, "
                f"DROP SCHEMA {quote_name(other)} CASCADE",
                code="second_ledger",
            )
        if bound is None:
            _require_not_refunded(transaction, mapping, other)


def other_schemas(transaction: Transaction, mapping: Mapping, statement: str) -> list[str]:
    """The schemas that ``statement`` lists, without those of a stranger, whose content may be made up.

    Whoever owns a mapped table is none: without its rights nothing is installed over it.
    """
    listed = [row.schema_name for row in transaction.rows(fill(statement, {}), {"schema_name": mapping.schema})]
    if not listed:
        return []
    tables = [mapping.slots[name] for name in ("sessions", "accounts", "ledger") if name in mapping.slots]
    binds = {"schemas": listed, "own_schema": mapping.schema, "tables": tables}
    strange = {row.schema_name for row in transaction.rows(fill("list_strange_schemas", {}), binds)}
    return [schema for schema in listed if schema not in strange]


def have_rows_in_common(transaction: Transaction, mapping: Mapping, other: ChargeKey) -> bool:
    """Whether the table of the other refunds is a part of the mapped one, or the other way round."""
    binds = {"table_oid": mapping.key.table_oid, "other_oid": other.table_oid, "other_name": other.table}
    found: bool = transaction.row(fill("find_overlap", {}), binds).overlaps
    return found


def _pays_the_same(transaction: Transaction, mapping: Mapping, bound: ChargeKey | None, schema: str) -> bool:
    prefix = quote_name(schema)
    rows = transaction.rows(fill("read_installation", {"settings": f"{prefix}.settings"}))
    if not rows or not rows[0].fingerprint or not rows[0].charge_key:
        return False
    other = ChargeKey.from_json(rows[0].charge_key)
    if other.table_oid in (mapping.key.table_oid, bound and bound.table_oid):
        return True
    if have_rows_in_common(transaction, mapping, other):
        return True
    # a table with this one's name: after a restore, it is this one
    if other.table != mapping.key.table:
        return False
    ids = [column.quoted for column in mapping.sessions.columns.values() if column.quoted == other.id]
    if not ids:
        return True
    try:
        with transaction.savepoint():
            ledger = OldLedger(f"{prefix}.refunds", f"s.{ids[0]}")
            return not changed_table(transaction, mapping, other, ledger)
    except SweeperError as error:
        if error.code == "privilege":
            return True
        raise


def _require_not_refunded(transaction: Transaction, mapping: Mapping, schema: str) -> None:
    """Check that sessions of a table that has no ledger yet are not refunded in that of another schema.

    Raises:
        ConfigurationError: some are, as those of a part that was taken out of the other's table.
    """
    refunds = f"{quote_name(schema)}.refunds"
    rows: Sequence[Row] = ()
    # ids of another type are of other sessions, and so are those in rows that cannot be read
    with suppress(SweeperError, Refusal), transaction.savepoint():
        rows = transaction.rows(mapping.statement("find_same_refunded", {"other_refunds": refunds}))
    if rows:
        samples = ", ".join(row.session_id for row in rows)
        raise ConfigurationError(
            f"{rows[0].sessions} failed sessions of {mapping.sessions.qualified} were refunded by schema {schema} "
            f"({samples}), as those of a partition that was detached: they would be paid again. Nothing was changed. "
            f"Name them in sessions.exclude, by a subquery over {refunds}",
            code="second_ledger",
        )
