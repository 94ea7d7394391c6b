"""What the statements need to know about a session: its key, its status, its times, its amount."""

import re
from collections.abc import Callable
from functools import partial
from hashlib import sha256

from sweeper.app import catalog
from sweeper.app.catalog import Column, Table, problem
from sweeper.app.expression import Expression, as_number, check_type, default_collation, no_attempt
from sweeper.app.named import reads_clock
from sweeper.app.reader import Reader
from sweeper.app.slots.facts import Facts
from sweeper.app.slots.session_times import number_of_a_time, time_slots
from sweeper.app.status import Status, read_status, statuses_sql, texts_sql
from sweeper.config.model import SessionsSection, Settings
from sweeper.core.decimals import FLOATING_TOLERANCE
from sweeper.postgres.templates import Choices, Slots, fill, fill_part, quote_text
from sweeper.postgres.transaction import Transaction

# a column, or what stands for it where it is null
_PLAIN = re.compile(rf"(?:coalesce\s*\(\s*)?(?:s\s*\.\s*)?(?:{catalog.NAME})(?:\s*,\s*(?:'[^']*'|\d+)\s*\))?", re.I)


def session_slots(reader: Reader, own: SessionsSection, sessions: Table) -> tuple[Expression, Status, Facts]:
    """The key of a session, and how its status is read and closed.

    Raises:
        ConfigurationError: the id is not unique or may be null; the status, or a value of it, cannot be one.
    """
    key = reader.column("sessions.id", own.id, sessions)
    if key.name not in sessions.shared_keys:
        key = reader.unique_column("sessions.id", own.id, sessions)
    if key.nullable:
        raise problem(
            "sessions.id", own.id, "may be null, and sessions without an id cannot be distinguished: make it NOT NULL, "
            "and VALIDATE that where it was added as NOT VALID",
        )  # fmt: skip
    status = read_status(reader, own, sessions)
    equality = reader.equality("sessions.id", own.id, key.base_type)
    status_equality = reader.equality("sessions.status", own.status, status.type)
    key_value = Expression(f"s.{key.quoted}", key.base_type, key, key.collation)
    slots = {
        "sessions": sessions.qualified,
        "sessions_text": quote_text(sessions.qualified),
        "session_id": key_value.sql,
        "session_type": key.base_type,
        "session_collate": key.collation,
        "session_eq": equality.equal,
        "session_gt": equality.greater,
        # a comparison of rows looks up an operator for each of their values
        "place_gt": equality.greater if equality.is_of_server else ">",
        "status": status.sql,
        "status_type": status.type,
        # nothing is written to a status that is an expression
        "status_column": status.column.quoted if status.column else "",
        "status_eq": status_equality.equal,
        "key": key.quoted,
        "failed": statuses_sql(own.failed, status.type),
        "first_failed": quote_text(own.failed[0]),
        "running": statuses_sql(own.running, status.type),
        "succeeded": statuses_sql(own.succeeded, status.type),
        "live": statuses_sql([*own.failed, *own.running], status.type),
        "revived": statuses_sql([*own.running, *own.succeeded], status.type),
    }
    started_at = sessions.column(own.started_at)
    choices = {
        "status_written": status.written,
        "status_column": status.column is not None,
        # whether the server lets no session be without a start: a value of a domain may be null even if that forbids it
        "all_started": started_at is not None and not (started_at.nullable or started_at.domain or started_at.virtual),
    }
    return key_value, status, Facts(slots, choices) | _partition_facts(own, sessions, key)


def _partition_facts(own: SessionsSection, sessions: Table, key: Column) -> Facts:
    """Whether several partitions may have a session with one id, and whether a bound on the start leaves some out."""
    shared, started_at = key.name in sessions.shared_keys, sessions.column(own.started_at)
    bounded = started_at is not None and started_at.name in sessions.tree_columns
    # a slot, too: refund() depends on it, so it is part of what is installed
    choices = {"shared_ids": shared, "bounded": bounded}
    return Facts({"shared_ids": "yes"} if shared else {}, choices)


def live_slots(transaction: Transaction, settings: Settings, sessions: Table, status: Status, slots: Slots) -> Facts:
    """How live sessions are found, and what the fence stops.

    Where equal statuses have equal texts, both compare texts, so that the app may change the column's type. The index
    on live sessions has a function of ours for that; its name is made of the statuses. Without that index the statuses
    are compared as they are: it takes less.
    """
    own = settings.sessions
    function, indexed, live, revived = "", False, list[str](), list[str]()
    if status.equal_as_text:
        live = texts_sql(status, [*own.failed, *own.running])
        revived = texts_sql(status, [*own.running, *own.succeeded])
        name = f"live_{sha256(', '.join(live).encode()).hexdigest()[:10]}"
        function = f"{slots['schema']}.{name}"
        binds = {"table_oid": sessions.oid, "schema_name": settings.database.schema_, "function_name": name}
        indexed = transaction.row(fill("find_live_index", {}), binds).found
    own_slots = {"live_function": function, "live_status": status.indexed}
    condition = fill_part("live_condition", {**slots, **own_slots}, {"indexed": indexed})
    return Facts(
        own_slots | {"live_condition": condition},
        {
            "compared_as_text": status.equal_as_text,
            "unindexed": status.column is None and not indexed,
            "live_texts": [{"text": text} for text in live],
            "revived_texts": [{"text": text} for text in revived],
        },
    )


def live_predicate(slots: Slots) -> str:
    """The predicate of the index on live sessions, in the table's own SQL, without an alias."""
    bare = {name: slots[name].removeprefix("s.") for name in ("status", "live_status")}
    bare = {**slots, "bare_status": bare["status"], "live_status": bare["live_status"]}
    return fill_part("live_predicate", bare, {"function": bool(slots["live_function"])})


def expression_slots(reader: Reader, settings: Settings, sessions: Table) -> Facts:
    """The expressions of the file over a session: its account and attempt, its times, its amount.

    Raises:
        ConfigurationError: one of them is not SQL over the session's row, or of another type than it must have.
    """
    own, read = settings.sessions, partial(_read, reader, sessions)
    times = time_slots(own, sessions, read)
    amount = read("amount", own.amount, catalog.NUMBER_TYPES)
    account = read("account", own.account)
    charged = read("charged", own.charged, catalog.NUMBER_TYPES) if own.charged else None
    exclude = read("exclude", own.exclude, ("boolean",)) if own.exclude else None
    never = read("never", own.never, ("boolean",)) if own.never else None
    error = read("error", own.error) if own.error else None
    attempt = _read_attempt(reader, own.attempt, read)
    slots = {
        "account": account.sql,
        "account_type": account.type,
        # with its length, or Citus would not write a session's account to the refunds on the same node
        "shard_key_type": sessions.columns[sessions.distributed_by].full_type if sessions.distributed_by else "",
        "attempt": fill_part("typed", {"value": attempt.sql, "cast": attempt.compared_as(attempt)}),
        "attempt_type": attempt.type,
        "attempt_collate": attempt.collation,
        "attempt_eq": reader.equality("sessions.attempt", own.attempt or "", attempt.type).equal,
        "amount": _number(amount),
        "amount_type": _exact_type(amount),
        "amount_tolerance": _tolerance(amount),
        "exclude": fill_part(
            "excluded",
            {"exclude": exclude.sql if exclude else "false", "never": never.sql if never else ""},
            {"never": never is not None},
        ),
        "never": never.sql if never else "false",
        "error": fill_part(
            "error",
            {"error": error.sql if error else ""},
            {"mapped": error is not None, "collated": bool(error and error.collation)},
        ),
    }
    if charged:
        slots |= {"charged": _number(charged), "charged_type": _exact_type(charged)}
        slots["charged_tolerance"] = _tolerance(charged)
    return Facts(times | slots, _expression_choices(settings))


def _read(reader: Reader, sessions: Table, name: str, text: str, allowed: tuple[str, ...] | None = None) -> Expression:
    """An expression of ``[sessions]``, of one of the types that are ``allowed``."""
    expression = reader.expression(f"sessions.{name}", text, sessions)
    if allowed is catalog.TIME_TYPES and expression.type in catalog.NUMBER_TYPES:
        raise problem(f"sessions.{name}", text, number_of_a_time(reader.sample_number(expression, sessions), text))
    if allowed is catalog.NUMBER_TYPES:
        expression = as_number(expression)
    if allowed:
        check_type(f"sessions.{name}", text, expression, allowed)
    return expression


def _read_attempt(reader: Reader, text: str | None, read: Callable[..., Expression]) -> Expression:
    attempt = read("attempt", text) if text else no_attempt()
    if text and reads_clock(text):
        what = "reads the clock: the next run would take the same charge for another one, and pay it again"
        raise problem("sessions.attempt", text, what)
    if reader.labels(attempt.type):  # the app could not drop the enum while a column of ours had it
        return Expression(fill_part("as_text", {"value": attempt.sql}), "text", collation=default_collation())
    return attempt


def _expression_choices(settings: Settings) -> Choices:
    own = settings.sessions
    return {
        "attempts": bool(own.attempt),
        "never": bool(own.never),
        "deadlines": own.stuck_at is not None,
        "reasons": [{"pattern": quote_text(rule.error), "code": quote_text(rule.code)} for rule in settings.reasons],
        "charged": bool(own.charged),
        # what may come from other rows than the session's is read again once those are written
        "sums_charged": bool(own.charged) and not catalog.is_name(own.charged or ""),
        "sums_amount": catalog.has_subquery(own.amount),
        # what a full sweep saw in the app's ledger, which it reads in the order in which sessions start
        "notes_seen": settings.ledger is not None and catalog.is_name(own.started_at),
        # an expression may fail while a session is running, or read what a hook writes once it is closed
        "failed_at_in_row": catalog.is_name(own.failed_at or own.active_at or own.started_at),
        # a session that is charged again fails at another time, where the file names a column for that alone; and
        # what is read of all refunded sessions must not fail for one
        "attempt_moves": _PLAIN.fullmatch(own.attempt or "") is not None
        and own.failed_at not in (None, own.started_at, own.active_at),
    }


def _exact_type(expression: Expression) -> str:
    return expression.type if expression.type in catalog.EXACT_TYPES else "numeric"


def _tolerance(expression: Expression) -> str:
    return str(0 if expression.type in catalog.EXACT_TYPES else FLOATING_TOLERANCE)


def _number(expression: Expression) -> str:
    return fill_part("amount", {"amount": expression.sql}, {"inexact": expression.type not in catalog.EXACT_TYPES})
