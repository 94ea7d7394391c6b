"""What the statements must know of a session: its key, its status, its times, its amount."""

from collections.abc import Mapping
from hashlib import sha256

from sweeper.app import catalog
from sweeper.app.catalog import Column, Table, problem
from sweeper.app.reader import DEFAULT_COLLATION, NO_ATTEMPT, Expression, Reader, check_type
from sweeper.config.settings import SessionsSection, Settings
from sweeper.postgres.database import Transaction
from sweeper.postgres.templates import fill, quote_text


def session_slots(reader: Reader, own: SessionsSection, sessions: Table) -> tuple[Expression, dict[str, str]]:
    key = reader.unique_column("sessions.id", own.id, sessions)
    if key.nullable:
        raise problem("sessions.id", own.id, "may be null, and a session without an id cannot be told from another")
    status = reader.column("sessions.status", own.status, sessions)
    for name in ("failed", "running", "succeeded"):
        catalog.check_statuses(f"sessions.{name}", getattr(own, name), status)
    # the operators of an enum do not take a domain over it
    status_sql = f"s.{status.quoted}::{status.base_type}" if status.domain else f"s.{status.quoted}"
    running = _literals(own.running, status.base_type)
    equality = reader.equality("sessions.id", own.id, key.base_type)
    status_equality = reader.equality("sessions.status", own.status, status.base_type)
    is_running = f"{status_sql} {status_equality.equal} ANY ({running})"
    assignments = []
    for text, value in own.close.items():
        column = reader.written_column("sessions.close", text, sessions)
        if column in (key, status):
            raise problem("sessions.close", text, "is set by the sweep itself, or is the key")
        assignments.append((column.quoted, reader.expression(f"sessions.close.{text}", value, sessions).sql))
    key_value = Expression(f"s.{key.quoted}", key.base_type, key, key.collation)
    return key_value, {
        "sessions": sessions.qualified,
        "session_id": key_value.sql,
        "session_type": key.base_type,
        "session_collate": key.collation,
        "session_eq": equality.equal,
        "session_gt": equality.greater,
        # a comparison of rows looks up an operator for each of their values
        "place_gt": equality.greater if "pg_catalog." in equality.greater else ">",
        "status": status_sql,
        "status_type": status.base_type,
        "status_eq": status_equality.equal,
        "key": key.quoted,
        "status_column": status.quoted,
        "failed": _literals(own.failed, status.base_type),
        "first_failed": quote_text(own.failed[0]),
        "running": running,
        "succeeded": _literals(own.succeeded, status.base_type),
        "live": _literals([*own.failed, *own.running], status.base_type),
        "closed_values": ", ".join(f"{sql} AS value_{number}" for number, (_, sql) in enumerate(assignments)),
        "closed_columns": ", ".join([status.quoted, *(column for column, _ in assignments)]),
        "close_assignments": "".join(f",\n        {column} = {sql}" for column, sql in assignments),
        "close_or_keep": "".join(
            f",\n        {column} = CASE WHEN {is_running} THEN {sql} ELSE s.{column} END"
            for column, sql in assignments
        ),
        "revived": _literals([*own.running, *own.succeeded], status.base_type),
    }


def _literals(statuses: list[str], status_type: str) -> str:
    return f"ARRAY[{', '.join(quote_text(status) for status in statuses)}]::{status_type}[]"


def live_slots(
    transaction: Transaction, settings: Settings, sessions: Table, slots: Mapping[str, str]
) -> dict[str, str]:
    """How live sessions are found, and what the fence stops.

    Where equal statuses have equal texts, both compare texts, so that the app may change the column's type. The index
    on live sessions has a function of ours for that; its name tells the statuses. Without that index the statuses are
    compared as they are: it takes less.
    """
    own = settings.sessions
    status = sessions.column(own.status)
    assert status is not None  # noqa: S101 - session_slots has found it
    plain = {
        "live_condition": f"{slots['status']} {slots['status_eq']} ANY ({slots['live']})",
        "live_function": "",
        "live_texts": "",
        "revives": f"{slots['status']} {slots['status_eq']} ANY ({slots['revived']})",
    }
    if not status.equal_as_text:
        return plain
    live = _texts(status, [*own.failed, *own.running])
    revived = _texts(status, [*own.running, *own.succeeded])
    name = f"live_{sha256(live.encode()).hexdigest()[:10]}"
    function = f"{slots['schema']}.{name}"
    binds = {"table_oid": sessions.oid, "schema_name": settings.database.schema_, "function_name": name}
    indexed = transaction.row(fill("find_live_index", {}), binds).found
    its_text = f"s.{status.quoted}::pg_catalog.text"
    return plain | {
        "live_condition": f"{function}(s.{status.quoted})" if indexed else plain["live_condition"],
        "live_function": function,
        "live_texts": live,
        "revives": f"{its_text} OPERATOR(pg_catalog.=) ANY (ARRAY[{revived}]::pg_catalog.text[])",
    }


def _texts(status: Column, statuses: list[str]) -> str:
    # the blanks that fill a char(n) up are not in its text
    padded = status.base_type in ("character", "bpchar")
    return ", ".join(quote_text(text) for text in sorted({text.rstrip(" ") if padded else text for text in statuses}))


def live_predicate(slots: Mapping[str, str]) -> str:
    """Of which rows the index on live sessions is: as that table's own SQL, without an alias."""
    if slots["live_function"]:
        return f"{slots['live_function']}({slots['status_column']})"
    return f"{slots['status'].removeprefix('s.')} {slots['status_eq']} ANY ({slots['live']})"


def expression_slots(reader: Reader, settings: Settings, sessions: Table) -> dict[str, str]:
    own = settings.sessions

    def read(name: str, text: str, allowed: tuple[str, ...] | None = None) -> Expression:
        expression = reader.expression(f"sessions.{name}", text, sessions)
        if allowed:
            check_type(f"sessions.{name}", text, expression, allowed)
        return expression

    moments = {
        name: read(name, text, catalog.TIME_TYPES)
        for name in ("started_at", "active_at", "failed_at", "ended_at")
        if (text := getattr(own, name))
    }
    # a row that does not know when it failed, or was last active, falls back on what it does know
    chain = [moments[name] for name in ("failed_at", "active_at", "started_at") if name in moments]
    active = [moments[name] for name in ("active_at", "started_at") if name in moments]
    also_read = [moments["ended_at"]] if "ended_at" in moments else []
    amount = read("amount", own.amount, catalog.NUMBER_TYPES)
    inexact = amount.type not in catalog.EXACT_TYPES
    account = read("account", own.account)
    exclude = read("exclude", own.exclude, ("boolean",)) if own.exclude else None
    error = read("error", own.error) if own.error else None
    attempt = read("attempt", own.attempt) if own.attempt else NO_ATTEMPT
    if reader.labels(attempt.type):  # a column of ours with the enum would keep the app from dropping the type
        attempt = Expression(f"{attempt.sql}::text", "text", collation=DEFAULT_COLLATION)
    return {
        "account": account.sql,
        "account_type": account.type,
        "attempt": f"({attempt.sql}){attempt.compared_as(attempt)}",
        "attempt_type": attempt.type,
        "attempt_collate": attempt.collation,
        "attempt_default": "" if own.attempt else " DEFAULT 0",
        "attempt_set_default": "" if own.attempt else "ALTER COLUMN attempt SET DEFAULT 0,\n    ",
        "attempt_eq": reader.equality("sessions.attempt", own.attempt or "", attempt.type).equal,
        "started_at": moments["started_at"].sql,
        "started_type": moments["started_at"].type,
        "active_at": _first_known(active),
        "failed_at": _first_known(chain),
        # its shortest exact text: a cast keeps six digits of a real, and fifteen of a double
        "amount": f"({amount.sql})::text::numeric" if inexact else amount.sql,
        "amount_type": "numeric" if inexact else amount.type,
        "also_read": ", ".join(expression.sql for expression in also_read),
        "exclude": exclude.sql if exclude else "false",
        # LIKE does not take every collation
        "error": f"({error.sql})::text{DEFAULT_COLLATION if error.collation else ''}" if error else "NULL::text",
    }


def _first_known(moments: list[Expression]) -> str:
    # the transaction's TimeZone is the mapping's, so a timestamp without zone is read in it
    return f"coalesce({', '.join(f'({moment.sql})::timestamptz' for moment in moments)})"


def reason(settings: Settings, running: str, equal: str) -> str:
    rules = "".join(
        f"\n            WHEN v.error LIKE {quote_text(rule.error)} THEN {quote_text(rule.code)}"
        for rule in settings.reasons
    )
    return f"CASE WHEN v.status {equal} ANY ({running}) THEN 'stuck'{rules}\n            ELSE 'workflow_failure' END"
