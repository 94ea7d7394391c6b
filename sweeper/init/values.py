"""The values of a column, where it has few: states, kinds of rows, and kinds of what a row is about."""

from sweeper.init.evidence import Column, Evidence, Table

_MOST_VALUES = 40


def values_of(evidence: Evidence, table: Table, column: Column) -> list[str]:
    """The values of a column, if there are few."""
    values = list(column.labels or column.literals)
    if not column.labels:
        values += [str(value) for value, _ in evidence.rows("sample_values", table, column=column)]
    return list(dict.fromkeys(values)) if len(values) < _MOST_VALUES else []


def labels_of(evidence: Evidence, column: Column, called: frozenset[str]) -> dict[str, str]:
    """What the table that a column refers to calls each of its keys, best in a column with one of these names."""
    reference = evidence.reference(column)
    texts = [one for one in reference.target.columns if one.is_text] if reference else []
    if reference is None or not texts:
        return {}
    # the model of a content type
    label = min(texts, key=lambda one: ("model" not in one.words, not one.words & called))
    labels = evidence.rows("draft_labels", reference.target, key=reference.target_column, label=label)
    return {str(value): str(label) for value, label in labels}


def is_ever(evidence: Evidence, table: Table, condition: str) -> bool:
    """Whether a condition is true of any of the newest rows; also if there is no row."""
    rows, so = evidence.count_true(table, condition) or (0, 0)
    return bool(so) or not rows


def is_ever_set(evidence: Evidence, table: Table, column: Column) -> bool:
    """Whether any of the newest rows has something in a column; also if there is no row."""
    return column.not_null or is_ever(evidence, table, f"{column.as_sql} IS NOT NULL")
