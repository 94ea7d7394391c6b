"""How the rows of one account get different times, if only the time orders the app's ledger."""

import re
from collections.abc import Mapping

from sweeper.app import catalog
from sweeper.app.catalog import Column, Table
from sweeper.app.over_refund import names_in
from sweeper.app.reader import Reader
from sweeper.app.slots.facts import Facts
from sweeper.postgres.templates import fill_part

_ACCOUNT = re.compile(r"(?:refund\s*\.\s*)?account_id", re.IGNORECASE)
_DIGITS = re.compile(r"\((\d)\)")
_PREFIXES = {"insert": "", "reverse": "reverse_"}


def chain_slots(reader: Reader, table: Table, name: str, given: Mapping[str, str], *, chained: bool) -> Facts:
    """Whether the rows of one account in one batch have different times, and by how much these differ.

    Where a column that is left out draws from a sequence, that orders the rows, and all have the same time. ``name`` is
    that of the section of the ledger, ``insert`` or ``reverse``.
    """
    prefix = _PREFIXES[name]
    not_spaced = Facts({}, {f"{prefix}spaced": False})
    if not chained or reader.draws_from_sequence(table, [_column(table, text).name for text in given]):
        return not_spaced
    moments = [_column(table, text) for text, value in given.items() if "at" in names_in(value)]
    moments = [column for column in moments if column.base_type in catalog.TIME_TYPES]
    payers = [(_column(table, text), value) for text, value in given.items() if _ACCOUNT.fullmatch(value.strip())]
    if not moments or not payers:
        return not_spaced
    moment, (payer, _) = moments[0], payers[0]
    slots = {
        "ledger": table.qualified,
        "at_column": f"l.{moment.quoted}",
        "at_step": f"{10.0 ** -_digits(moment):.6f} s",
        "payer_column": f"l.{payer.quoted}",
        "payer_type": payer.base_type,
        "payer_eq": reader.equality(f"ledger.{name}", payer.name, payer.base_type).equal,
    }
    read = {one: slots[one] for one in ("at_column", "at_step", "payer_column")} if name == "insert" else {}
    parts = {f"{prefix}{part}": fill_part(part, slots) for part in ("room", "moment_of_row")}
    return Facts({**read, **parts}, {f"{prefix}spaced": True})


def _column(table: Table, text: str) -> Column:
    column = table.column(text)
    assert column is not None  # noqa: S101 - the ledger's values were read before
    return column


def _digits(column: Column) -> int:
    """How many digits of a second the column has."""
    match = _DIGITS.search(column.full_type)
    return int(match[1]) if match else 6
