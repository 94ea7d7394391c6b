"""The app's tables and columns in the server's catalog."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from sweeper.config.errors import nearest, nearest_of
from sweeper.core.errors import ConfigurationError
from sweeper.postgres.templates import quote_name

INTEGER_TYPES = ("smallint", "integer", "bigint")
EXACT_TYPES = (*INTEGER_TYPES, "numeric")
FLOATING_TYPES = ("real", "double precision")
JSON_TYPES = ("json", "jsonb")
# up to here each whole number has a value of its own in a floating type
LARGEST_EXACT = {"real": 2**24 - 1, "double precision": 2**53 - 1}
NUMBER_TYPES = (*EXACT_TYPES, *FLOATING_TYPES)
MONEY = "money"
TIME_TYPES = (WITHOUT_ZONE, WITH_ZONE) = ("timestamp without time zone", "timestamp with time zone")
TEXT_TYPES = ("text", "character varying", "character", "bpchar", "name")
_MISSING_COLUMN = re.compile(r'column (?:\w+\.)?"?([^"]+?)"? does not exist')
# syntax error, and no such column
_NO_SQL = ("SQLSTATE 42601", "SQLSTATE 42703")
_WORDS = re.compile(r"[^\W\d][\w ,.:!-]*")
_BARE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")
_LITERALS = re.compile(r"\b[Ee]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/|(\$\w*\$).*?\1", re.DOTALL)
_LITERAL = re.compile(r"[Ee]?'(?:[^']|'')*'")
_QUOTED_NAME = re.compile(r'"((?:[^"]|"")+)"')
# a name as SQL has it
NAME = r'"(?:[^"]|"")+"|[^\W\d][\w$]*'
_NAME = re.compile(NAME)
_QUALIFIER = re.compile(rf"({NAME})\s*\.")
_OPENING = re.compile(r"\((?=\s*(?:select|with|table)\b)", re.IGNORECASE)


@dataclass(frozen=True)
class Column:
    """One column of an app's table; ``collation`` is the COLLATE clause where it is not the database's own.

    ``computed`` is what a generated column is computed from, None for any other column. ``readable`` is whether this
    role may read it.
    """

    name: str
    full_type: str
    base_type: str
    domain: bool
    category: str
    nullable: bool
    required: bool
    generated: bool
    deterministic: bool
    labels: tuple[str, ...]
    collation: str = ""
    number: int = 0
    computed: str | None = None
    virtual: bool = False
    readable: bool = True

    @cached_property
    def quoted(self) -> str:
        """The column's name as SQL."""
        return quote_name(self.name)

    @property
    def expression(self) -> str | None:
        """What a virtual column is computed from, None for any other."""
        return self.computed if self.virtual else None

    @property
    def is_number(self) -> bool:
        """Whether it has numbers; an oid is one to the server, too, and cannot be added up."""
        return self.base_type in (*NUMBER_TYPES, MONEY)

    @property
    def is_whole(self) -> bool:
        """Whether it has whole numbers, such as a sequence gives in the order of the rows."""
        return self.base_type in INTEGER_TYPES

    @property
    def is_flag(self) -> bool:
        return self.base_type == "boolean"

    @property
    def is_time(self) -> bool:
        """Whether it has times, not only dates."""
        return self.base_type in TIME_TYPES

    @property
    def is_word(self) -> bool:
        """Whether it has texts, or the values of an enum."""
        return self.category in ("S", "E")

    @property
    def equal_as_text(self) -> bool:
        """Whether two values are equal exactly when their texts are, which is not so for citext."""
        whole = self.base_type in (*INTEGER_TYPES, "boolean")
        return self.category == "E" or whole or (self.base_type in TEXT_TYPES and self.deterministic)


@dataclass(frozen=True)
class Table:
    """One table of the app; ``partition_columns`` has None for an expression.

    ``tree_columns`` are the columns by which the table or one of its partitions is partitioned; ``shared_keys`` those
    that are unique together with these, or with ``distributed_by``, the column by which Citus has the rows on several
    nodes; ``without_key`` is a partition that keeps nothing unique where others do.
    """

    oid: int
    schema: str
    name: str
    partition_key: str | None
    partition_columns: tuple[str | None, ...]
    owned: bool
    owner: str
    columns: Mapping[str, Column]
    tree_columns: tuple[str, ...] = ()
    shared_keys: tuple[str, ...] = ()
    shard_group: int | None = None
    distributed_by: str | None = None
    without_key: str = ""

    @property
    def qualified(self) -> str:
        """The table's name as SQL, with its schema."""
        return quote_name(self.schema, self.name)

    def beside_refund(self, alias: str) -> dict[str, str]:
        """Its name and ``alias``, for a row that an expression over a refund may read."""
        return {"table": self.qualified, "alias": alias, "on_nodes": "yes" if self.distributed_by else ""}

    def recomputed(self, written: Collection[str]) -> dict[str, str]:
        """The generated columns that change with one of these, with what each is computed from."""
        read = {
            name: words_in(column.computed) & self.columns.keys()
            for name, column in self.columns.items()
            if column.computed
        }
        return {
            name: self.columns[name].computed or ""
            for name, words in read.items()
            if not words.isdisjoint(written) and all(self.columns[one].readable for one in {name, *words})
        }

    def column(self, text: str) -> Column | None:
        """The column that ``text`` names, as SQL would read it; also in the exact spelling without quotes."""
        if match := _QUOTED_NAME.fullmatch(text):
            return self.columns.get(match[1].replace('""', '"'))
        if _BARE_NAME.fullmatch(text):
            return self.columns.get(text.lower()) or self.columns.get(text)
        return None


def is_name(text: str) -> bool:
    """Whether ``text`` is a bare or a quoted name, not an expression."""
    return bool(_BARE_NAME.fullmatch(text) or _QUOTED_NAME.fullmatch(text))


def nearest_column(text: str, table: Table) -> str:
    near = nearest_of(text.strip('"'), list(table.columns))
    # as SQL reads it: a name with capitals needs its quotes
    return f"; did you mean {as_sql(near)}?" if near else nearest("", [as_sql(name) for name in table.columns])


def hint(text: str, message: str, table: Table | None) -> str:
    """What may be meant by an expression that the database refuses with this message; empty if unknown."""
    missing = _MISSING_COLUMN.search(message)
    if missing and table:
        return nearest_column(missing[1], table)
    if text.lower().startswith(("select ", "with ")):
        return ": put a subquery in parentheses"
    return text_hint(text) if table is None and any(state in message for state in _NO_SQL) else ""


def text_hint(text: str) -> str:
    """How to write as a text what consists of words; empty for anything else."""
    return f""": write a text in quotes of SQL, "'{text}'\"""" if _WORDS.fullmatch(text) else ""


def as_sql(name: str) -> str:
    """A name as SQL has it: in quotes only where it needs them."""
    return name if name == name.lower() and _BARE_NAME.fullmatch(name) else quote_name(name)


def is_literal(text: str) -> bool:
    """Whether an expression is a string literal and nothing else."""
    return _LITERAL.fullmatch(text) is not None


def without_literals(text: str) -> str:
    """An expression without its comments and the content of its strings: names and keywords are left."""
    return _LITERALS.sub("''", text)


def masked(text: str) -> str:
    """The same with spaces in place of comments, strings and quoted names, so that no position changes."""
    plain = _LITERALS.sub(lambda found: " " * len(found[0]), text)
    return _QUOTED_NAME.sub(lambda found: " " * len(found[0]), plain)


def closing(plain: str, opening: int) -> int:
    """The place behind the parenthesis that closes the one at ``opening`` of a masked text; its end where none does."""
    depth = 0
    for place in range(opening, len(plain)):
        depth += (plain[place] == "(") - (plain[place] == ")")
        if not depth:
            return place + 1
    return len(plain)


def as_stored(name: str) -> str:
    """A name as the catalog has it."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()


def words_in(text: str) -> set[str]:
    """Every word of an expression that may be a name, as the catalog has it."""
    return {as_stored(name) for name in _NAME.findall(without_literals(text))}


def subqueries(text: str) -> list[str]:
    """The outermost subqueries of an expression, in their parentheses."""
    plain, found, end = masked(text), list[str](), 0
    for opening in _OPENING.finditer(plain):
        if opening.start() >= end:
            end = closing(plain, opening.start())
            found.append(text[opening.start() : end])
    return found


def subqueries_within(text: str) -> list[tuple[int, int]]:
    """Where each subquery begins and ends in an expression, those in other subqueries too."""
    plain = masked(text)
    return [(opening.start(), closing(plain, opening.start())) for opening in _OPENING.finditer(plain)]


def qualifiers_in(text: str) -> set[str]:
    """The names of an expression that stand before a dot, as the catalog has them."""
    return {as_stored(name) for name in _QUALIFIER.findall(without_literals(text))}


def has_subquery(text: str) -> bool:
    """Whether an expression reads tables by a subquery."""
    return re.search(r"\b(?:select|table)\b", _QUOTED_NAME.sub('""', without_literals(text)), re.IGNORECASE) is not None


def reads_table(text: str, table: str) -> bool:
    """Whether a subquery of an expression seems to read the table of this name."""
    name = table.rpartition(".")[2].strip('"')
    return (
        has_subquery(text) and re.search(rf"\b{re.escape(name)}\b", without_literals(text), re.IGNORECASE) is not None
    )


def problem(key: str, value: str, what: str) -> ConfigurationError:
    return ConfigurationError(f"{key} = {value!r}: {what}", code="mapping")
