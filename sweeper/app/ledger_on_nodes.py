"""What a row of the app's ledger may be made of, if Citus keeps its whole schema on one node."""

from sweeper.app.catalog import has_subquery, problem
from sweeper.app.over_refund import reads
from sweeper.config.model import LedgerSection


def require_of_refund(own: LedgerSection) -> None:
    """Check that the rows are made of the refund alone.

    Raises:
        ConfigurationError: one is made of the session's row, or of others.
    """
    for name, values in (("insert", own.insert), ("reverse", own.reverse)):
        for column, value in values.items():
            if reads(value, "s") or has_subquery(value):
                raise problem(
                    f"ledger.{name}.{column}", value, "may read nothing but the refund in a schema of Citus, which "
                    "reads the session's row after it was closed, in another part of the statement",
                )  # fmt: skip
