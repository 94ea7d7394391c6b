"""What Citus has made of a table."""

from collections.abc import Sequence

from sweeper.app.catalog import Table, problem
from sweeper.core.errors import ConfigurationError
from sweeper.postgres.templates import fill, quote_name
from sweeper.postgres.transaction import Row, Transaction

# why no refund can be exact there, by how the table is distributed
_WHY = {
    "column": "Citus distributes its rows over several nodes by {column}: sessions and accounts are locked, paid and "
    "compared in one transaction, and a session refunded once, only where all of them are on one node. Citus's "
    "sharding by schema, a schema for each tenant, is supported",
    "reference": "it is a reference table of Citus: every node has a copy, and none takes a trigger",
    "local": "Citus has it among its own (a local table that its other tables refer to), and plans statements over it "
    "in parts, which do not see one state of the rows",
}


def read_shard_group(transaction: Transaction, key: str, text: str, found: Row, own_schema: str) -> int | None:
    """The group of shards, on one node, to which a table that ``find_table`` has found belongs; none without Citus.

    Raises:
        ConfigurationError: Citus has distributed it in a way in which no refund can be exact.
    """
    if not found.has_citus:
        return None
    for row in transaction.rows(fill("find_distribution", {}), {"table_oid": found.oid}):
        if row.kind != "schema":
            why = _WHY[row.kind].format(column=quote_name(row.column_name or ""))
            raise problem(key, text, f"is not supported: {why}")
        if found.schema_name != own_schema:
            raise problem(
                key, text, "lies in a schema that Citus keeps on one node: sweeper's own tables must lie in it, too, "
                f'so that they are on that node. Set database.schema = "{found.schema_name}"',
            )  # fmt: skip
        return int(row.shard_group)
    return None


def named_zone(table: Table, type_name: str, timezone: str) -> str:
    """The zone that a moment of a column of ``table`` has to name; "" where the transaction's own is the mapping's.

    Where it writes, Citus takes no cast that depends on a setting.
    """
    return timezone if table.shard_group is not None and type_name == "timestamp without time zone" else ""


def require_together(tables: Sequence[Table], *, ledger: bool, shares: bool) -> None:
    """Check that the mapped tables are on one node, and that what is mapped of them can be paid there.

    Raises:
        ConfigurationError: Citus has them on several, or plans what is mapped in parts that do not see one state.
    """
    groups = {table.shard_group for table in tables}
    if len(groups) > 1:
        named = ", ".join(table.qualified for table in tables)
        raise ConfigurationError(f"{named}: they are on different nodes of Citus, a refund is a transaction on one",
                                 code="mapping")  # fmt: skip
    if groups == {None}:
        return
    for key, mapped in (("[ledger]", ledger), ("[accounts.add]", shares)):
        if mapped:
            raise ConfigurationError(
                f"{key} is not supported in a schema of Citus: Citus reads the session's row for it after closing it, "
                "in another part of the statement",
                code="mapping",
            )
