"""The guard of sweeper's own ledger, and whether the statement that pays would use it."""

from typing import Any

from sweeper.app.mapping import Mapping
from sweeper.core.errors import ConfigurationError, SweeperError
from sweeper.postgres.errors import Refusal
from sweeper.postgres.templates import fill, quote_name
from sweeper.postgres.transaction import Row, Transaction

# the prefixes of index names that this installation, or another one, has created
OURS = "sweeper_"


def has_own_guard(transaction: Transaction, mapping: Mapping) -> bool:
    """Whether sweeper's own ledger has its unique index: valid, immediate, on all rows."""
    indexes = transaction.rows(fill("list_unique_indexes", {}), {"table_name": mapping.slots["refunds"]})
    return any(index.usable and index.whole and index.keys == sorted(mapping.guard_keys) for index in indexes)


class ReorderedGuardError(ConfigurationError):
    """The system's collation changed since the guard's index was built, so that it may not find its rows."""

    def __init__(self, changed: Row) -> None:
        super().__init__(
            f"the guard may not find what is in it: its index has text in the order of {changed.name}, which was "
            f"version {changed.built} and is {changed.now} now, as after an update of the system's libraries: what "
            f"is refunded could be paid again; nothing was paid. Run: {changed.fix}",
            code="collation_changed",
        )
        self.fix: str = changed.fix


def require_order(transaction: Transaction, mapping: Mapping) -> None:
    """Check that the guard's index is in the order in which the server searches it.

    Raises:
        ReorderedGuardError: the collation of its text is another version by now.
    """
    for changed in transaction.rows(mapping.statement("find_changed_collation"), {"refunds": mapping.slots["refunds"]}):
        raise ReorderedGuardError(changed)


class DeferrableGuardError(ConfigurationError):
    """A deferrable constraint of the app covers the guard's columns: then no other index helps."""

    def __init__(self, table: str, name: str) -> None:
        super().__init__(
            f"the unique constraint {quote_name(name)} on {table} covers the columns of the guard and is deferrable: "
            "Postgres then refuses ON CONFLICT on them, even with a guard of sweeper's own; nothing was paid. Have "
            "the constraint recreated without DEFERRABLE, then run `sweeper install`",
            code="guard_missing",
        )
        self.fix = f"have {quote_name(name)} recreated without DEFERRABLE; then: sweeper install"


def require_own_guard(transaction: Transaction, mapping: Mapping) -> None:
    """Check the guard of sweeper's own ledger.

    Raises:
        ConfigurationError: it is missing, not valid, deferrable, partial, or in another order by now.
    """
    require_order(transaction, mapping)
    if not has_own_guard(transaction, mapping):
        raise ConfigurationError(
            f"the guard is missing: {mapping.schema}.refunds has no unique index on ({', '.join(mapping.guard_keys)}) "
            "that is valid and not deferrable; nothing was paid. Run `sweeper install`",
            code="guard_missing",
        )


def require_payable(transaction: Transaction, mapping: Mapping, binds: dict[str, object]) -> None:
    """Let the server plan the statement that pays: its error names a missing privilege, column or guard.

    Raises:
        ConfigurationError: the guard that the plan would use is missing or not valid.
        DeferrableGuardError: a constraint of the app's own is in its way.
        FailedError: the role may not do what the statement does.
    """
    plan = transaction.row(mapping.statement("explain_pay"), binds)[0]
    if mapping.ledger and not mapping.ledger.guarded:
        return  # the guard is that of sweeper's own ledger
    names = set(_arbiters(plan))
    table = mapping.slots["ledger" if mapping.ledger and not mapping.is_sharded else "refunds"]
    indexes = transaction.rows(fill("list_unique_indexes", {}), {"table_name": table})
    if mapping.is_sharded:  # its plan covers only the coordinator; a shard without the index refuses the insert
        chosen = [index for index in indexes if index.whole and index.keys == sorted(mapping.guard_keys)]
    else:
        chosen = [index for index in indexes if index.name in names]
    if deferrable := [index.name for index in chosen if index.deferrable and not index.name.startswith(OURS)]:
        raise DeferrableGuardError(table, deferrable[0])
    if not chosen or not all(index.usable for index in chosen):
        raise ConfigurationError(
            f"the guard on {table} is missing, not valid or deferrable; nothing was paid. Run `sweeper install`",
            code="guard_missing",
        )


def find_app_guard(transaction: Transaction, mapping: Mapping) -> str | None:
    """The name of a unique index of the app that guards its ledger as ours would; None without one.

    The server says which of them cover every row that the guard must cover, as it does for the statement that pays.
    """
    if mapping.is_sharded:  # the plan covers only the coordinator, and an error on a node ends the whole transaction
        return None
    try:
        with transaction.savepoint():
            plan = transaction.row(mapping.statement("probe_guard"))[0]
    except (Refusal, SweeperError):  # there is no such index, or this role may not write there: then install builds one
        return None
    found = transaction.rows(fill("list_unique_indexes", {}), {"table_name": mapping.slots["ledger"]})
    usable = {index.name for index in found if index.usable}
    return min((name for name in _arbiters(plan) if name in usable and not name.startswith(OURS)), default=None)


def _arbiters(plan: Any) -> list[str]:
    if isinstance(plan, list):
        return [name for part in plan for name in _arbiters(part)]
    if isinstance(plan, dict):
        found = list(plan.get("Conflict Arbiter Indexes", []))
        return found + [name for part in plan.values() for name in _arbiters(part)]
    return []
