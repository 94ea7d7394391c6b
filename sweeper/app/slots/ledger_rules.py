"""What a file may not say of the app's ledger: what no index can have, and what Citus cannot send in one statement."""

from sweeper.app.catalog import has_subquery, problem
from sweeper.app.over_refund import reads
from sweeper.config.model import LedgerSection


def require_indexable(own: LedgerSection) -> None:
    """Refuse what no index can have before an install tries to build it.

    Raises:
        ConfigurationError: it reads other rows.
    """
    for name, part in (("session", "expression"), ("attempt", "expression"), ("where", "predicate"),
                       ("guard", "predicate")):  # fmt: skip
        text = getattr(own, name)
        if text and has_subquery(text):
            raise problem(
                f"ledger.{name}", text, "Postgres cannot build the index that sweeper needs: cannot use subquery in "
                f"index {part}",
            )  # fmt: skip


def require_of_refund(own: LedgerSection) -> None:
    """Check that the rows are made of the refund alone, for a schema that Citus keeps on one node.

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
