"""The kinds of rows of a ledger: which column has them, and what each value means."""

from dataclasses import dataclass

from sweeper.init import words
from sweeper.init.evidence import Column, Evidence, Table
from sweeper.init.values import values_of

_FEW_VALUES = 12


@dataclass(frozen=True)
class RowKind:
    """A value of the column for the kind of a row: the sign of its amounts, and whether its rows name sessions."""

    value: str
    down: bool
    names_sessions: bool

    @property
    def words(self) -> frozenset[str]:
        return frozenset(words.words(self.value))

    @property
    def is_refund(self) -> bool:
        return bool(self.words & words.REFUND)

    @property
    def is_charge(self) -> bool:
        """Whether such a row takes credits for a session."""
        return not self.is_refund and (bool(self.words & words.CHARGE) or (self.down and self.names_sessions))


def says_what(column: Column, link: Column) -> bool:
    """Whether a column says what kind of thing another one refers to: ``source_type`` beside ``source_id``."""
    return bool(link.words & column.words & words.POLYMORPHIC) or words.says_kind_of(column.words, link.words)


def kind_column(evidence: Evidence, table: Table, session: Column) -> tuple[Column | None, list[str]]:
    """The column for the kind of a row, and its values; a column with a value for refunds comes first."""
    found: list[tuple[int, Column | None, list[str]]] = [(0, None, [])]
    for column in table.columns:
        if not (column.category == "E" or column.is_text) or not column.words & words.KIND:
            continue
        values = values_of(evidence, table, column)
        about = says_what(column, session)
        speaks = any(frozenset(words.words(value)) & words.REFUND for value in values)
        if about and not speaks:  # what a row is about may say that it is a refund, such as 'render_refund'
            continue
        named = bool({"type", "kind"} & column.words)
        few = 1 < len(values) <= _FEW_VALUES  # what every row has one of a few of, under a name such as reason
        found.append((4 * speaks + 2 * named + few - about, column, values))
    best = max(found, key=lambda scored: scored[0])
    return best[1], best[2]


def says_kind(table: Table) -> list[Column]:
    """The texts that each row must have: one may give its kind, in unknown words."""
    return [one for one in table.columns if one.required and (one.is_text or one.category == "E") and not one.is_unique]


def code_columns(table: Table, session: Column) -> list[Column]:
    """The columns with the kind of a row as a number, such as an enum of Rails; only rows show what each means."""
    return [
        column
        for column in table.columns
        if column.is_integer and column.words & words.KIND and not column.is_unique and "id" not in column.words
        and not says_what(column, session)
    ]  # fmt: skip


def read_kinds(
    evidence: Evidence, table: Table, column: Column | None, values: list[str], amount: Column, session: Column
) -> list[RowKind]:
    """What each kind means, as far as rows show it; without a column for it, all negative rows are one kind."""
    kind = column or f"sign({amount.as_sql})"
    signs = evidence.rows("sample_signs", table, kind=kind, amount=amount, session=session)
    seen = {str(value): (int(below) > int(above), int(named) > 0) for value, above, below, named in signs}
    kinds = [RowKind(value, *seen.get(value, (False, False))) for value in (values if column else seen)]
    return [kind for kind in kinds if not kind.words & words.OTHER_MONEY]
