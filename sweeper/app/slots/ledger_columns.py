"""The columns of the app's ledger by which a refund is recognized and compared: its amount, and its time."""

import re
from collections.abc import Collection, Mapping

from sweeper.app import catalog
from sweeper.app.catalog import Column, Table
from sweeper.app.over_refund import columns_read, reads
from sweeper.postgres.templates import Slots

_AT = re.compile(r"(refund\.)?at", re.IGNORECASE)


def is_amount(value: str) -> bool:
    """Whether a value of [ledger.insert] is the amount, of whatever sign."""
    return value.replace(" ", "").removeprefix("-").removeprefix("refund.") == "amount"


def amount_columns(written: Mapping[Column, str]) -> list[Column]:
    """These columns, whose values are made of the amount: what has all of it first, and last what shares it out."""
    return sorted(written, key=lambda one: (not is_amount(written[one]), reads(written[one], "s")))


def amount_slots(insert: Mapping[str, str], table: Table, meant: list[Slots]) -> list[Slots]:
    """The column with the amount of a refund, if there is one, and what is written there; for an audit."""
    compared = {one["column"]: one for one in meant if one["type"] == "numeric" and not one["as_text"]}
    written = {
        column: value
        for text, value in insert.items()
        if (column := table.column(text)) and column.quoted in compared and not catalog.has_subquery(value)
    }
    return [{**compared[column.quoted], "column_type": column.full_type} for column in amount_columns(written)[:1]]


def moment_slots(insert: Mapping[str, str], table: Table) -> list[Slots]:
    """The column with the time of a refund, if there is one."""
    moments = [table.column(text) for text, value in insert.items() if _AT.fullmatch(value.strip())]
    found: list[Slots] = [
        {"column": column.quoted} for column in moments if column and column.base_type in catalog.TIME_TYPES
    ]
    return found[:1]


def as_before(meant: list[Slots], kept: Collection[str]) -> list[Slots]:
    """Those that are the same after the refund, as they read no columns of the session but those that it keeps."""
    return [one for one in meant if columns_read(one["value"], "s").issubset(kept)]
