"""What the app's own rules and triggers do when a refund writes to its tables, and whether these survive a crash."""

from collections.abc import Iterator
from typing import Any

from sweeper.check.context import CheckContext
from sweeper.check.result import Check, failure, ok, warning
from sweeper.postgres.templates import fill

_INSERTS, _UPDATES = 4, 16  # pg_trigger.tgtype


def check_rules(context: CheckContext) -> Iterator[Check]:
    """Whether a rule rewrites what a refund writes: Postgres allows no rule where the statement that pays writes."""
    written = dict(_written(context))
    with context.reading() as transaction:
        binds = {"names": list(written), "inserted": list(written.values())}
        found = transaction.rows(fill("list_rules", {}), binds)
    if found:
        listed = ", ".join(f"{row.name} on {row.table_name}" for row in found)
        yield failure(f"Postgres refuses to pay because of the rule {listed}: replace it with a trigger", found[0].fix)
    else:
        yield ok("no table that a refund writes to has a rule")


def check_unlogged(context: CheckContext) -> Iterator[Check]:
    """Whether a crash of the server would empty a table that the file reads or a refund writes."""
    key, ledger = context.mapping.key, context.mapping.ledger
    oids = {key.table_oid, key.accounts_oid, ledger and ledger.table.oid, *key.tables.values()}
    with context.reading() as transaction:
        found = transaction.rows(fill("list_unlogged", {}), {"table_oids": [oid for oid in oids if oid]})
    if found:
        listed = ", ".join(row.name for row in found)
        yield warning(
            f"the server empties {listed} when it restarts after a crash, and a standby has none of it: "
            "what was refunded by that alone would be owed again",
            "\n".join(row.fix for row in found),
        )
    else:
        yield ok("no table of the file is emptied by a crash")


def check_triggers(context: CheckContext) -> Iterator[Check]:
    with context.reading() as transaction:
        found = transaction.rows(fill("list_triggers", {}), fired_by_refund(context))
    if not found:
        yield ok("a refund sets off no trigger of the app")
        return
    listed = ", ".join(f"{row.name} on {row.table_name} ({row.function_name})" for row in found)
    late = ", ".join(row.name for row in found if row.deferred)
    late = late and (
        f"; {late} fires at the COMMIT, after sweeper.refund() has compared what was written: a handler sends SET "
        "CONSTRAINTS ALL IMMEDIATE before it calls that"
    )
    own = context.settings.accounts
    others = "none of the others" if own is not None and own.add == {} else "none of them"  # else one moves the balance
    yield warning(
        f"a refund sets off {listed}; make sure that {others} moves credits or raises an error{late}",
        f"SELECT pg_get_functiondef('{found[0].function_name}'::regproc);",
    )


def fired_by_refund(context: CheckContext) -> dict[str, Any]:
    """What a refund writes to, as the binds of `list_triggers`."""
    written = _written(context)
    return {
        "tables": [name for name, _ in written],
        "events": [_INSERTS if inserted else _UPDATES for _, inserted in written],
        "own_schema": context.mapping.schema,
    }


def _written(context: CheckContext) -> list[tuple[str, bool]]:
    """The app's tables to which a refund writes, and whether it inserts."""
    there = {"sessions": True, "accounts": context.mapping.has_accounts, "ledger": context.mapping.ledger is not None}
    return [(context.mapping.slots[slot], slot == "ledger") for slot, written in there.items() if written]
