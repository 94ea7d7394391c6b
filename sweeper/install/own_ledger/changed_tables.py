"""Checks that the sessions table is the one that refunds were written for, and not another with its name.

An app may rename a full table and begin a new one under its name, with ids from 1: refunds of the one would pass for
refunds of the other, and no session would be paid. A restored dump, or a copy that was put in the table's place,
has the same sessions under another oid.
"""

import json
from typing import NamedTuple

from sweeper.app.charge_key import ChargeKey
from sweeper.app.mapping import Mapping
from sweeper.postgres.templates import fill
from sweeper.postgres.transaction import Transaction

# a few sessions may have been started again since, or have moved to another account
_STRANGERS_ALLOWED = 0.05
WHERE_ANEW = (
    "Refunds of the old sessions would pass for refunds of the new ones: uninstall this schema so that the record is "
    "kept, as docs/operations.md says, and name another one in database.schema"
)
WHERE_ROTATED = (
    "Refunds of the old table would pass for refunds of the new one: name another schema in database.schema for the "
    "new one. If both have the same sessions under the same ids, as after a copy and a swap, `sweeper install --rekey` "
    "goes on with the ledger"
)


class OldLedger(NamedTuple):
    """A ledger whose refunds are compared with the existing sessions.

    ``session_id`` is the column of the sessions that its ids are of, as SQL. ``as_text``: its ids may have
    another type than the mapping's, ``same_accounts``: its accounts have the same.
    """

    refunds: str
    session_id: str
    as_text: bool = True
    same_accounts: bool = True


def strangers(transaction: Transaction, mapping: Mapping, ledger: OldLedger) -> str:
    """Why a ledger's refunds must be of other sessions, in words; "" if they may be of these."""
    slots = {"other_refunds": ledger.refunds, "old_session_id": ledger.session_id}
    choices = {"ids_as_text": ledger.as_text, "same_accounts": ledger.same_accounts}
    row = transaction.row(mapping.statement("compare_refunded", slots, choices))
    table = mapping.sessions.qualified
    if row.refunds and not row.known:
        return f"none of the {row.refunds} newest refunds is of a session that is in {table}"
    if row.strangers > row.known * _STRANGERS_ALLOWED:
        return (
            f"of {row.known} refunds whose ids are in {table}, {row.strangers} are not of the sessions there, which "
            f"have another account or were started after the refund ({', '.join(row.samples)})"
        )
    return ""


def rotated(transaction: Transaction, mapping: Mapping, bound: ChargeKey) -> str:
    """The new name of the bound table, if another has taken its name; else ""."""
    key = mapping.key
    if key.table != bound.table or key.table_oid == bound.table_oid:
        return ""
    binds = {
        "bound_oid": bound.table_oid,
        "table_oid": key.table_oid,
        "id_name": bound.id_name,
        "id_number": bound.id_number,
        "id_type": bound.id_type.partition(" COLLATE ")[0],
        "status_name": mapping.status.column.name if mapping.status.column else bound.id_name,
    }
    rows = transaction.rows(fill("find_rotated", {}), binds)
    return rows[0].name if rows else ""


def replaced_table(transaction: Transaction, mapping: Mapping, bound: ChargeKey) -> str:
    """Which table that a subquery reads is another than at installation, in words; "" if none, or if that was dropped.

    An app may begin a new table under the name of one that it keeps: what it refunded is in the old one alone.
    """
    for name, oid in bound.tables.items():
        if (now := mapping.key.tables.get(name, oid)) != oid:
            for row in transaction.rows(fill("find_renamed_table", {}), {"bound_oid": oid, "table_oid": now}):
                return (
                    f"{name}, which the file reads, is not the same table as at installation, which is now {row.name}"
                )
    return ""


def swapped_column(transaction: Transaction, mapping: Mapping, bound: ChargeKey) -> str:
    """Which column of the file is another than at installation, in words; "" if none, or if that was dropped."""
    if mapping.key.columns == bound.columns:
        return ""
    binds = {"bound_columns": json.dumps(bound.columns)}
    for row in transaction.rows(fill("find_swapped_column", {}), binds):
        return (
            f"{row.name}, which the file names, is not the same column as at installation, which is now {row.renamed}"
        )
    return ""


def changed_table(transaction: Transaction, mapping: Mapping, bound: ChargeKey, ledger: OldLedger) -> str:
    """Why the table with the bound one's name must be another, in words; "" if it has the same sessions."""
    if mapping.key.table != bound.table or mapping.key.table_oid == bound.table_oid:
        return ""
    was = rotated(transaction, mapping, bound)
    if was:
        return f"{bound.table} is not the same table as before, which is now {was}"
    reason = strangers(transaction, mapping, ledger)
    return f"{bound.table} is not the same table as before: {reason}" if reason else ""
