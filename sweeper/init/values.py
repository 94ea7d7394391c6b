"""The values of a column, where it has few: states, kinds of rows, and kinds of what a row is about."""

from sweeper.init.evidence import Column, Evidence, Table

_MOST_VALUES = 40


def values_of(evidence: Evidence, table: Table, column: Column) -> list[str]:
    """The values of a column, if there are few."""
    values = list(column.labels or column.literals)
    if not column.labels:
        values += [str(value) for value, _ in evidence.rows("sample_values", table, column=column)]
    return list(dict.fromkeys(values)) if len(values) < _MOST_VALUES else []


def is_ever(evidence: Evidence, table: Table, condition: str) -> bool:
    """Whether a condition is true of any of the newest rows; also if there is no row."""
    rows, so = evidence.counts("sample_condition", table, condition=condition) or (0, 0)
    return bool(so) or not rows


def is_ever_set(evidence: Evidence, table: Table, column: Column) -> bool:
    """Whether any of the newest rows has something in a column; also if there is no row."""
    return column.not_null or is_ever(evidence, table, f"{column.as_sql} IS NOT NULL")
