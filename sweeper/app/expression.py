"""A value of the file as SQL: its type, and how values of it are compared."""

from typing import NamedTuple

from sweeper.app.catalog import Column, problem
from sweeper.postgres.templates import fill_part


class Expression(NamedTuple):
    """A value of the file as SQL, its type, and the COLLATE clause that its comparisons need, or none."""

    sql: str
    type: str
    column: Column | None = None
    collation: str = ""

    def compared_as(self, other: "Expression") -> str:
        """The cast that lets this value be compared with ``other``: to its type, and by its collation."""
        wanted = other.collation or default_collation()
        known = self.column is not None and (self.collation or default_collation()) == wanted
        collated = not known and bool(self.collation or other.collation)
        return fill_part("cast", {"type": other.type, "collation": wanted}, {"collated": collated})


def default_collation() -> str:
    """The COLLATE clause for the database's own collation."""
    return fill_part("default_collation", {})


def no_attempt() -> Expression:
    """What stands for the attempt where the file has none."""
    return Expression(fill_part("no_attempt", {}), "integer")


class Equality(NamedTuple):
    """The operators that compare two values of one type, each with its schema, so that no other is meant."""

    equal: str
    greater: str
    is_of_server: bool = True


def check_type(key: str, text: str, expression: Expression, allowed: tuple[str, ...]) -> None:
    """Check an expression's type.

    Raises:
        ConfigurationError: it is none of ``allowed``.
    """
    if expression.type not in allowed:
        raise problem(key, text, f"must be {' or '.join(allowed)}, and is {expression.type}")
