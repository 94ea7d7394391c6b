"""A value of the file as SQL: its type, and how such values are compared."""

from typing import NamedTuple

from sweeper.app.catalog import FLOATING_TYPES, INTEGER_TYPES, MONEY, TEXT_TYPES, Column, problem
from sweeper.postgres.templates import fill_part

# types that cut off what they have no room for, and those that hold only part of a timestamp
_CUTS = ("name", '"char"', "boolean")
_PARTS = ("date", "time without time zone", "time with time zone")
# the types whose values a floating type holds to the last digit
_KEPT = {
    "real": ("smallint",),
    "double precision": ("smallint", "integer", "real"),
}


class Expression(NamedTuple):
    """A value of the file as SQL, its type, and the COLLATE clause that its comparisons need, empty without one."""

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

    def may_be_rounded(self, other: "Expression") -> bool:
        """Whether the cast to the type of ``other`` would round a value that has a fraction."""
        return other.type in INTEGER_TYPES and self.type in ("numeric", *FLOATING_TYPES)

    def require_kept(self, key: str, text: str, other: "Expression", name: str) -> None:
        """Check that the cast to the type of ``other``, called ``name``, never makes two values the same.

        Raises:
            ConfigurationError: it may.
        """
        if self._is_cut(other.type) or self.may_be_rounded(other):
            raise problem(
                key,
                text,
                f"is {self.type}, and {name} is {other.type}, which does not keep every such value: one may pass for "
                "another. Write an expression of that type which is null where there is no such value",
            )

    def require_distinct(self, key: str, text: str, other: "Expression") -> None:
        """Check that values that differ here differ for ``other``, too, and not by letter case alone.

        Raises:
            ConfigurationError: they may not.
        """
        told_apart = self.type in TEXT_TYPES and (self.column is None or self.column.deterministic)
        if told_apart and other.takes_for_equal:
            raise problem(
                key,
                text,
                "treats values as equal that the sessions distinguish, such as by letter case: the refund of one would "
                "pass for that of another. Name an expression that distinguishes them, such as a citext cast to text",
            )

    @property
    def takes_for_equal(self) -> bool:
        """Whether its type or its column's collation may treat different texts as equal."""
        return self.type.rpartition(".")[2] == "citext" or (self.column is not None and not self.column.deterministic)

    def _is_cut(self, wanted: str) -> bool:
        if self.type == wanted:
            return False
        if wanted in FLOATING_TYPES:
            return self.type not in _KEPT[wanted]
        if wanted == "numeric":
            return self.type in FLOATING_TYPES
        return wanted in _CUTS or (wanted in _PARTS and self.type not in (*TEXT_TYPES, *_PARTS))


def default_collation() -> str:
    """The COLLATE clause for the database's own collation."""
    return fill_part("default_collation", {})


def no_attempt() -> Expression:
    """What takes the place of the attempt where the file has no ``sessions.attempt``."""
    return Expression(fill_part("no_attempt", {}), "integer")


class Equality(NamedTuple):
    """The operators that compare two values of one type, each with its schema, so that the server finds no other."""

    equal: str
    greater: str
    is_of_server: bool

    @classmethod
    def of(cls, schema: str = "pg_catalog", equal: str = "=", greater: str = ">") -> "Equality":
        """The operators with these names in a schema, by default the server's own."""
        names = {"operator_schema": schema}
        first, second = (fill_part("operator", {**names, "operator": one}) for one in (equal, greater))
        return cls(first, second, is_of_server=schema == "pg_catalog")


def as_number(expression: Expression) -> Expression:
    """The same operators, with money converted to a number, because nothing else can be compared with money."""
    if expression.type != MONEY:
        return expression
    return Expression(fill_part("of_money", {"value": expression.sql}), "numeric", expression.column)


def check_type(key: str, text: str, expression: Expression, allowed: tuple[str, ...]) -> None:
    """Check an expression's type.

    Raises:
        ConfigurationError: it is not one of ``allowed``.
    """
    if expression.type not in allowed:
        raise problem(key, text, f"must be {' or '.join(allowed)}, and is {expression.type}")
