"""The functions that an installation creates in the database, with the mapping in them: refund() and the fence."""

from decimal import Decimal

from sweeper.app.mapping import Mapping
from sweeper.core.decimals import FLOATING_TOLERANCE
from sweeper.postgres.binds import text_array
from sweeper.postgres.templates import fill, fill_part, fill_script, quote_name, quote_text
from sweeper.postgres.transaction import Transaction

_STATEMENTS = {"pay": "pay", "refunded": "list_refunded", "read_back": "read_back"}


def has_fence(transaction: Transaction, mapping: Mapping) -> bool:
    """Whether the fence is on the app's sessions table."""
    binds = {"table_name": mapping.sessions.qualified, "trigger_name": fence_name(mapping)}
    return bool(transaction.row(fill("find_fence", {}), binds).found)


def functions(mapping: Mapping, *, max_amount: Decimal | None) -> str:
    """The SQL that creates refund(), and the fence if the mapping has one."""
    slots = function_slots(mapping)
    parts = [refund_function(mapping, max_amount=max_amount), fill_script("drop_other_refunds", slots)]
    if mapping.fenced:
        parts.append(fill_script("fence", slots, mapping.choices))
    return "\n\n".join(parts)


def refund_function(mapping: Mapping, *, max_amount: Decimal | None) -> str:
    binds = _binds(mapping, max_amount)
    statements = {name: mapping.statement(statement) % binds for name, statement in _STATEMENTS.items()}
    # as before each run: what gives the same attempts as before has changed nothing
    attempts = {"old_session_id": mapping.slots["session_id"], "old_attempt": mapping.slots["attempt"]}
    kept = mapping.statement("compare_attempts", attempts, {"only_failed": True})
    statements["keeps_attempts"] = kept % binds
    choices = {**mapping.choices, "same_accounts": True}
    return fill("refund", {**function_slots(mapping), **statements}, choices) % binds


def function_slots(mapping: Mapping) -> dict[str, str]:
    """The slots of the functions, besides the statements in refund()."""
    status = mapping.status.column
    tables = [mapping.slots[name] for name in ("sessions", "accounts", "ledger") if name in mapping.slots]
    return {
        **mapping.slots,
        "ledger_text": quote_text(mapping.slots.get("ledger", "")),
        "table_texts": quote_text(text_array(tables)),
        "key_text": quote_text(mapping.key.id_name),
        "known_by_text": quote_text(status.name if status else mapping.key.id_name),
        "path": mapping.search_path,
        "timezone": quote_text(mapping.timezone),
        "fingerprint": quote_text(mapping.fingerprint),
        "refund_text": quote_text(f"{mapping.slots['schema']}.refund({mapping.slots['refund_types']})"),
        "spent_tolerance": "0" if mapping.exact_spent else str(FLOATING_TOLERANCE),
        "fence": quote_name(fence_name(mapping)),
    }


def fence_name(mapping: Mapping) -> str:
    # one fence for each mapping: several may share a table
    return f"{mapping.schema}_fence"


def _binds(mapping: Mapping, max_amount: Decimal | None) -> dict[str, str]:
    """The expressions that refund() uses for the binds of the statements that it shares with a sweep."""
    slots = {
        **function_slots(mapping),
        "stuck_before": quote_text(text_array(["infinity"] * len(mapping.running))),
        "max_amount": "NULL" if max_amount is None else str(max_amount),
    }
    part = fill_part("refund_binds", slots, mapping.choices)
    lines = (line.rstrip(",").rpartition(" AS ") for line in part.splitlines())
    return {name: expression for expression, _, name in lines}
