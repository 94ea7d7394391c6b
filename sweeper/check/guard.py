"""Whether the database stops a second refund: the unique index of sweeper's own ledger, and that of the app's."""

from collections.abc import Iterator

import uuid_utils

from sweeper.app.catalog import Table
from sweeper.app.mapping import Mapping
from sweeper.check.context import CheckContext
from sweeper.check.installed import scope
from sweeper.check.result import Check, failure, ok, warning
from sweeper.check.rights import denied
from sweeper.core.errors import ConfigurationError, FailedError
from sweeper.install.checks import check_ledger_rows
from sweeper.install.guard import DeferrableGuardError, ReorderedGuardError, require_order, require_payable
from sweeper.install.state import Installation
from sweeper.postgres.templates import fill
from sweeper.postgres.transaction import Transaction
from sweeper.sweep.selection import binds_for_nobody


def check_guard_before_install(context: CheckContext) -> Iterator[Check]:
    """Whether rows or partitions of the app's ledger will keep `sweeper install` from building the guard."""
    try:
        with context.reading() as transaction:
            check_ledger_rows(transaction, context.mapping, context.settings, context.as_of)
    except ConfigurationError as error:
        yield failure(error.message, "take one of the refunds back, or set ledger.guard")
    if context.mapping.ledger and not context.mapping.ledger.guarded:
        yield _left_open(context.mapping.ledger.table)


def check_guard(context: CheckContext, installation: Installation, *, may_pay: bool) -> Iterator[Check]:
    """Whether the database itself stops a second refund; a role that may pay has the server plan one."""
    mapping, lacking = context.mapping, None
    with context.reading() as transaction:
        own = _own_guard(transaction, mapping)
        found = own or (_app_guard(transaction, installation) if mapping.ledger else None)
        if found:
            yield found
            return
        try:
            require_order(transaction, mapping)
            if may_pay:
                binds = binds_for_nobody(scope(context), mapping, str(uuid_utils.uuid7()))
                with transaction.savepoint():
                    require_payable(transaction, mapping, binds)
        except ConfigurationError as error:
            fix = error.fix if isinstance(error, DeferrableGuardError | ReorderedGuardError) else "sweeper install"
            yield failure(error.message, fix)
            return
        except FailedError as error:
            if error.code != "privilege":
                raise
            lacking = error
    if lacking:
        written = {"sessions": "SELECT, UPDATE", "accounts": "SELECT, UPDATE", "ledger": "SELECT, INSERT"}
        privileges = {mapping.slots[slot]: what for slot, what in written.items() if slot in mapping.slots}
        yield denied(context.database, lacking, context.role, privileges)
    if mapping.ledger and not mapping.ledger.guarded:
        yield _left_open(mapping.ledger.table)
        return
    narrow = mapping.ledger is not None and mapping.ledger.guard != mapping.ledger.where
    covers = "; it covers only the rows that ledger.guard names" if narrow else ", on every refund"
    yield ok(f"in place and valid{covers}")


def _left_open(table: Table) -> Check:
    """What sweeper's own guard does not prevent, where the app's ledger cannot have a guard."""
    return warning(
        f"in place and valid in sweeper's own ledger, so neither a sweep nor refund() refunds a charge twice. But "
        f"{table.name} is partitioned by {table.partition_key}, and no unique index without that can hold over its "
        "partitions: nothing stops code of the app that looks for a refund, and writes one, at the same moment as a "
        "sweep, unless it locks the session's row before it looks",
        "in the app's refund code, SELECT the session FOR UPDATE before it looks for a refund; or call refund() there",
    )


def _own_guard(transaction: Transaction, mapping: Mapping) -> Check | None:
    refunds, wanted = mapping.slots["refunds"], mapping.guard_keys
    indexes = transaction.rows(fill("list_unique_indexes", {}), {"table_name": refunds})
    candidates = [index for index in indexes if index.keys == sorted(wanted)]
    if not candidates:
        return failure(f"missing: {refunds} has no unique index on ({', '.join(wanted)})", "sweeper install")
    if not any(index.usable and index.whole for index in candidates):
        return failure(f"the unique index on {refunds} is not valid, or it is deferrable or partial", "sweeper install")
    return None


def _app_guard(transaction: Transaction, installation: Installation) -> Check | None:
    name = installation.guard_index
    found = transaction.rows(fill("read_index", {}), {"name": name}) if name else []
    if not found:
        return failure(
            f"missing: {name} is gone. Tools that compare schemas (Prisma, `drizzle-kit push`, Alembic and others) "
            "drop indexes that they do not know: make the next migration keep it, as docs/operations.md shows",
            "sweeper install",
        )
    if not found[0].valid:
        return failure(f"{name} is not valid: its build was not completed", "sweeper install")
    return None
