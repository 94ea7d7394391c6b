"""Whether the app's ledger has room for a reversal beside the refund's own row."""

import re

from sweeper.app.mapping import Mapping
from sweeper.app.over_refund import names_in
from sweeper.postgres.templates import fill
from sweeper.postgres.transaction import Transaction

# what a refund and its reversal have in common; never null
_SHARED = {"session_id", "account_id", "refund_id", "attempt", "reason", "layer"}
_CALL = re.compile(r"\w\s*\(")
_CAST = re.compile(r"::\s*\"?\w+\"?(?:\s*\[\s*\])?")


def find_full_key(transaction: Transaction, mapping: Mapping) -> str | None:
    """The unique index of the app's ledger in which a refund and its reversal have the same value; None without one."""
    ledger = mapping.ledger
    if ledger is None or not ledger.reverse:
        return None
    same = {_plain(column) for column, value in ledger.reverse.items() if _is_same(value, ledger.insert.get(column))}
    found = transaction.rows(fill("list_unique_indexes", {}), {"table_name": mapping.slots["ledger"]})
    return min((one.name for one in found if one.whole and same.issuperset(map(_plain, one.keys))), default=None)


def full_key(mapping: Mapping, index: str) -> str:
    """The problem, in words."""
    assert mapping.ledger is not None  # noqa: S101 - it has the key
    return (
        f"{mapping.ledger.table.name} takes no row that takes a refund back: its unique index {index} has the same "
        "value for what [ledger.insert] writes and for what [ledger.reverse] writes"
    )


FULL_KEY_FIX = (
    "write something else into its columns in [ledger.reverse]; or, where the table has room for one row a session, "
    "leave [ledger.reverse] out and create a trigger on sweeper's reversals that marks that row"
)


def _plain(column: str) -> str:
    return column.strip('"').replace('""', '"')


def _is_same(value: str, inserted: str | None) -> bool:
    """Whether both rows have the same value in it, and it is never null."""
    one, other = (_CAST.sub("", text or "").strip("() ") for text in (value, inserted))
    return one == other and not _CALL.search(value) and names_in(one) <= _SHARED
