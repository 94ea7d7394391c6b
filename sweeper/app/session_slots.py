"""What the statements must know of a session: its key, its status, its times, its amount."""

from collections.abc import Mapping, Sequence
from hashlib import sha256

from sweeper.app import catalog
from sweeper.app.catalog import Column, Table, problem
from sweeper.app.facts import Facts
from sweeper.app.reader import Expression, Reader, check_type, default_collation, no_attempt
from sweeper.config.model import SessionsSection, Settings
from sweeper.postgres.templates import Slots, fill, fill_part, quote_text
from sweeper.postgres.transaction import Transaction


def session_slots(reader: Reader, own: SessionsSection, sessions: Table) -> tuple[Expression, Facts]:
    """The key of a session, and how its status is read and closed.

    Raises:
        ConfigurationError: the id is not unique or may be null; a status is none of the column's; a column that is
            closed cannot be written.
    """
    key = reader.column("sessions.id", own.id, sessions)
    if key.name not in sessions.shared_keys:
        key = reader.unique_column("sessions.id", own.id, sessions)
    if key.nullable:
        raise problem("sessions.id", own.id, "may be null, and a session without an id cannot be told from another")
    status = reader.column("sessions.status", own.status, sessions)
    for name in ("failed", "running", "succeeded"):
        catalog.check_statuses(f"sessions.{name}", getattr(own, name), status)
    names = {"status_column": status.quoted, "status_type": status.base_type}
    equality = reader.equality("sessions.id", own.id, key.base_type)
    status_equality = reader.equality("sessions.status", own.status, status.base_type)
    closing: list[Slots] = []
    for text, value in own.close.items():
        column = reader.written_column("sessions.close", text, sessions)
        if column in (key, status):
            raise problem("sessions.close", text, "is set by the sweep itself, or is the key")
        closed = reader.expression(f"sessions.close.{text}", value, sessions).sql
        closing.append({"column": column.quoted, "value": closed, "name": f"value_{len(closing)}"})
    key_value = Expression(f"s.{key.quoted}", key.base_type, key, key.collation)
    slots = names | {
        "sessions": sessions.qualified,
        "session_id": key_value.sql,
        "session_type": key.base_type,
        "session_collate": key.collation,
        "session_eq": equality.equal,
        "session_gt": equality.greater,
        # a comparison of rows looks up an operator for each of their values
        "place_gt": equality.greater if equality.is_of_server else ">",
        "status": fill_part("status", names, {"domain": status.domain}),
        "status_eq": status_equality.equal,
        "key": key.quoted,
        "failed": _statuses(own.failed, status),
        "first_failed": quote_text(own.failed[0]),
        "running": _statuses(own.running, status),
        "succeeded": _statuses(own.succeeded, status),
        "live": _statuses([*own.failed, *own.running], status),
        "revived": _statuses([*own.running, *own.succeeded], status),
    }
    return key_value, Facts(slots, {"closing": closing}) | _partition_facts(own, sessions, key)


def _partition_facts(own: SessionsSection, sessions: Table, key: Column) -> Facts:
    """Whether several partitions may have a session with one id, and whether a bound on the start leaves some out."""
    shared, started_at = key.name in sessions.shared_keys, sessions.column(own.started_at)
    bounded = started_at is not None and started_at.name in sessions.tree_columns
    # a slot, too: refund() is another, so it is part of what is installed
    choices = {"shared_ids": shared, "bounded": bounded, "in_parts": shared or bounded}
    return Facts({"shared_ids": "yes"} if shared else {}, choices)


def _statuses(statuses: list[str], column: Column) -> str:
    return fill_part(
        "statuses",
        {"status_type": column.base_type},
        {"statuses": [{"status": quote_text(status)} for status in statuses]},
    )


def live_slots(transaction: Transaction, settings: Settings, sessions: Table, slots: Slots) -> Facts:
    """How live sessions are found, and what the fence stops.

    Where equal statuses have equal texts, both compare texts, so that the app may change the column's type. The index
    on live sessions has a function of ours for that; its name is made of the statuses. Without that index the statuses
    are compared as they are: it takes less.
    """
    own = settings.sessions
    status = sessions.column(own.status)
    assert status is not None  # noqa: S101 - session_slots has found it
    function, indexed, live, revived = "", False, list[str](), list[str]()
    if status.equal_as_text:
        live = _texts(status, [*own.failed, *own.running])
        revived = _texts(status, [*own.running, *own.succeeded])
        name = f"live_{sha256(', '.join(live).encode()).hexdigest()[:10]}"
        function = f"{slots['schema']}.{name}"
        binds = {"table_oid": sessions.oid, "schema_name": settings.database.schema_, "function_name": name}
        indexed = transaction.row(fill("find_live_index", {}), binds).found
    own_slots = {"live_function": function}
    condition = fill_part("live_condition", {**slots, **own_slots}, {"indexed": indexed})
    return Facts(
        own_slots | {"live_condition": condition},
        {
            "compared_as_text": status.equal_as_text,
            "live_texts": [{"text": text} for text in live],
            "revived_texts": [{"text": text} for text in revived],
        },
    )


def _texts(status: Column, statuses: list[str]) -> list[str]:
    # the blanks that fill a char(n) up are not in its text
    padded = status.base_type in ("character", "bpchar")
    return [quote_text(text) for text in sorted({text.rstrip(" ") if padded else text for text in statuses})]


def live_predicate(slots: Slots) -> str:
    """Of which rows the index on live sessions is: as that table's own SQL, without an alias."""
    bare = {**slots, "bare_status": slots["status"].removeprefix("s.")}
    return fill_part("live_predicate", bare, {"function": bool(slots["live_function"])})


def expression_slots(reader: Reader, settings: Settings, sessions: Table) -> Facts:
    """The expressions of the file over a session: its account and attempt, its times, its amount.

    Raises:
        ConfigurationError: one of them is not SQL over the session's row, or of another type than it must have.
    """
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
    amount = read("amount", own.amount, catalog.NUMBER_TYPES)
    inexact = amount.type not in catalog.EXACT_TYPES
    account = read("account", own.account)
    exclude = read("exclude", own.exclude, ("boolean",)) if own.exclude else None
    error = read("error", own.error) if own.error else None
    attempt = read("attempt", own.attempt) if own.attempt else no_attempt()
    if reader.labels(attempt.type):  # a column of ours with the enum would keep the app from dropping the type
        attempt = Expression(fill_part("as_text", {"value": attempt.sql}), "text", collation=default_collation())
    slots = {
        "account": account.sql,
        "account_type": account.type,
        "attempt": fill_part("typed", {"value": attempt.sql, "cast": attempt.compared_as(attempt)}),
        "attempt_type": attempt.type,
        "attempt_collate": attempt.collation,
        "attempt_eq": reader.equality("sessions.attempt", own.attempt or "", attempt.type).equal,
        "started_at": moments["started_at"].sql,
        "started_type": moments["started_at"].type,
        "active_at": _first_known(moments, ("active_at", "started_at")),
        "failed_at": _first_known(moments, ("failed_at", "active_at", "started_at")),
        "amount": fill_part("amount", {"amount": amount.sql}, {"inexact": inexact}),
        "amount_type": "numeric" if inexact else amount.type,
        "also_read": moments["ended_at"].sql if "ended_at" in moments else "",
        "exclude": exclude.sql if exclude else "false",
        "error": fill_part(
            "error",
            {"error": error.sql if error else ""},
            {"mapped": error is not None, "collated": bool(error and error.collation)},
        ),
    }
    reasons = [{"pattern": quote_text(rule.error), "code": quote_text(rule.code)} for rule in settings.reasons]
    return Facts(slots, {"attempts": bool(own.attempt), "reasons": reasons})


def _first_known(moments: Mapping[str, Expression], names: Sequence[str]) -> str:
    # a row that does not know when it failed, or was last active, falls back on what it does know
    known = [{"moment": moments[name].sql} for name in names if name in moments]
    return fill_part("first_known", {}, {"moments": known})
