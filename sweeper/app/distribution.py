"""What Citus has made of a table."""

from sweeper.app.catalog import problem
from sweeper.postgres.templates import fill, quote_name
from sweeper.postgres.transaction import Row, Transaction

# why no refund can be exact there, by how the table is distributed
_WHY = {
    "column": "Citus distributes its rows over several nodes by {column}: sessions and accounts are locked, paid and "
    "compared in one transaction, and a session refunded once, only where all of them are on one server",
    "schema": "Citus keeps its schema on a node of its own: no trigger stands there that keeps refunds from being "
    "edited, and a table of sweeper's in another schema cannot be joined with it",
    "reference": "it is a reference table of Citus: every node has a copy, and none takes a trigger",
    "local": "Citus has it among its own (a local table that its other tables refer to), and plans statements over it "
    "in parts, which do not see one state of the rows",
}


def require_undistributed(transaction: Transaction, key: str, text: str, found: Row) -> None:
    """Check that a table that ``find_table`` has found is on this server alone.

    Raises:
        ConfigurationError: Citus has distributed it.
    """
    if not found.has_citus:
        return
    for row in transaction.rows(fill("find_distribution", {}), {"table_oid": found.oid}):
        why = _WHY[row.kind].format(column=quote_name(row.column_name or ""))
        raise problem(key, text, f"is not supported: {why}")
