"""What the indexes on the app's ledger can have."""

from sweeper.app.catalog import has_subquery, problem
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
