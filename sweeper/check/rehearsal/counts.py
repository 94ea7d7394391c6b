"""Counts in how many of a table's newest rows a column is neither null nor empty."""

from collections.abc import Sequence

from sweeper.app.catalog import Column, Table
from sweeper.check.rehearsal.samples import NO_ITEM, Samples, numbered
from sweeper.postgres.templates import Slots


def count_rows(
    samples: Samples, table: Table, columns: Sequence[Column], how: str, condition: str | None = None
) -> tuple[int, list[int]]:
    """The number of rows read, and for each column how many of them have a value."""
    key = samples.key_of(table)
    if key is None or not (columns or condition) or not samples.sees(table, [key]):
        return 0, []
    looked: list[Slots] = [{**NO_ITEM, how: "yes", "column": column.quoted} for column in columns]
    looked += [{**NO_ITEM, "condition": condition, "column": ""}] if condition else []
    slots = {"table": table.qualified, "key": key.quoted, "filter": "true", "down": ""}
    (row,) = samples.ask("sample_columns", slots, {"looked": numbered(looked), "down": ""})
    return row.rows, list(row.counts)
