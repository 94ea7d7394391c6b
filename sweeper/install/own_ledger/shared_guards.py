"""Finds what else pays these sessions, or others into the same rows of the app's ledger: an installation, a database.

Where two sessions have the same id, the refund of one would count as that of the other, which is then never paid.
"""

import re

from sweeper.app.charge_key import ChargeKey
from sweeper.app.mapping import Mapping
from sweeper.core.errors import ConfigurationError, SweeperError
from sweeper.install.own_ledger.other_installations import other_schemas, require_only_installation
from sweeper.postgres.errors import Refusal
from sweeper.postgres.templates import fill, quote_name
from sweeper.postgres.transaction import Transaction

# the second is used if no unique index can cover all partitions of the ledger
_DEFINITION = re.compile(r"sweeper_(guard|refunds)_[0-9a-f]+_([0-9a-f]+)")


def require_alone(transaction: Transaction, mapping: Mapping, bound: ChargeKey | None, guard: str | None) -> None:
    """Check that no other schema pays these sessions, or others with the same ids into the same rows of the ledger.

    Nor another database, whose rows these are. ``bound`` and ``guard`` are what is installed here: the key, and the
    index on the app's ledger, as SQL.

    Raises:
        ConfigurationError: one does.
    """
    _require_origin(transaction, mapping)
    require_only_installation(transaction, mapping, bound)
    require_own_guard_rows(transaction, mapping, guard)


def require_own_guard_rows(transaction: Transaction, mapping: Mapping, guard: str | None) -> None:
    """Check that the guard is on this ledger, and that no other installation uses its rows for others with these ids.

    What this role may not read is left to the role that installs.

    Raises:
        ConfigurationError: one does.
    """
    if mapping.ledger is None or guard is None:
        return
    binds = {"guard": guard, "table_oid": mapping.ledger.table.oid}
    for row in transaction.rows(fill("find_guarded_table", {}), binds):
        raise ConfigurationError(
            f"ledger.table = {mapping.ledger.table.name}: it is not the table with the guard, which is now "
            f"{row.name}. The refunds of the app are there, and would be paid again. Nothing was paid. Record them "
            f"(`sweeper adopt --where` with a subquery over {row.name}) or raise policy.since, then drop the "
            f"index {guard} and run `sweeper install`",
            code="ledger_changed",
        )
    for schema in other_schemas(transaction, mapping, "list_other_installations"):
        settings = f"{quote_name(schema)}.settings"
        for other in transaction.rows(fill("read_installation", {"settings": settings})):
            if not other.guard_index or not other.charge_key or not _same(guard, other.guard_index):
                continue
            key = ChargeKey.from_json(other.charge_key)
            if key.of_table(mapping.key) or key.id_type != mapping.key.id_type:
                continue
            if shared := _shared_ids(transaction, mapping, key):
                raise ConfigurationError(
                    f"ledger.where means rows of both {mapping.sessions.qualified} and {key.table}, whose refunds "
                    f"schema {schema} pays, and both have sessions with one id ({', '.join(shared)}): a "
                    "refund of the one would pass for one of the other. Add what distinguishes the two to ledger.where "
                    "and [ledger.insert] of both files, such as the kind of what the row is for",
                    code="shared_ledger",
                )


def _same(guard: str, other: str) -> bool:
    """Whether two guards are one index, or have one definition: the same names after the schema's mark."""
    ours, theirs = _DEFINITION.search(guard), _DEFINITION.search(other)
    return guard == other or bool(ours and theirs and ours.groups() == theirs.groups())


def _shared_ids(transaction: Transaction, mapping: Mapping, other: ChargeKey) -> list[str]:
    slots = {"other_sessions": other.table, "other_id": other.id}
    try:
        with transaction.savepoint():
            return list(transaction.row(mapping.statement("find_shared_ids", slots)).session_ids)
    except (Refusal, SweeperError):  # it is gone, or this role may not read it
        return []


def _require_origin(transaction: Transaction, mapping: Mapping) -> None:
    """Check that no enabled subscription writes to a mapped table: its rows must be swept where they come from.

    A refund in the copy reaches no customer, and stops the replication once a sweep there writes its own.

    Raises:
        ConfigurationError: one does.
    """
    key, ledger = mapping.key, mapping.ledger
    oids = [oid for oid in (key.table_oid, key.accounts_oid, ledger and ledger.table.oid) if oid]
    for row in transaction.rows(fill("find_subscription", {}), {"table_oids": oids}):
        raise ConfigurationError(
            f"the rows of {row.table_name} come from another database, by the subscription {row.name}: a refund here "
            "would reach nobody, and would stop the replication. Nothing was paid. Sweep that database; once this one "
            f"takes its place: {row.disable}",
            code="subscriber",
        )
