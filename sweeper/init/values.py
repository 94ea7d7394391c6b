"""The values of a column, where it has few: states, kinds of rows, and kinds of what a row is about."""

from sweeper.init.evidence import Column, Evidence, Table

_MOST_VALUES = 40


def values_of(evidence: Evidence, table: Table, column: Column) -> list[str]:
    """The values of a column, if there are few."""
    values = list(column.labels or column.literals)
    if not column.labels:
        values += [str(value) for value, _ in evidence.rows("sample_values", table, column=column)]
    return list(dict.fromkeys(values)) if len(values) < _MOST_VALUES else []
