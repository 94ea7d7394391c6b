"""From the file to checked SQL: everything that the statements need to know of the app."""

import json
import re
from collections.abc import Mapping as Mapped
from dataclasses import dataclass, field, replace
from hashlib import sha256

from sweeper.app import catalog
from sweeper.app.catalog import Column, Expression, Reader, Table, problem
from sweeper.app.charge_key import ChargeKey
from sweeper.app.status_labels import StatusLabels
from sweeper.config.model import LedgerSection, SessionsSection, Settings
from sweeper.postgres.templates import Choices, fill, fill_script, quote_name, quote_text
from sweeper.postgres.transaction import Transaction

# The sections of the file that decide who is paid and how much, without the keys in them that do not. With the types of
# what they name they are what is installed: a server may write the same SQL in several ways, a file is what it is.
_DECISIVE = {"sessions": {"ended_at"}, "accounts": {"invariant"}, "ledger": {"reverse"}}
_BOUND = (
    "sessions", "accounts", "ledger", "session_type", "session_collate", "account_type", "account_collate",
    "attempt_type", "attempt_collate", "status_type", "amount_type", "started_type", "balance_type",
    "ledger_session_type", "ledger_attempt_type",
)  # fmt: skip
_AMOUNT = re.compile(r"\bamount\b", re.IGNORECASE)
_ACCOUNT = re.compile(r"\baccount_id\b", re.IGNORECASE)
_NO_ATTEMPT = Expression("0::integer", "integer")


@dataclass(frozen=True)
class Meant:
    """A column of the app's ledger that is compared with what a refund meant, as values of one type."""

    column: str
    kind: str


@dataclass(frozen=True)
class Ledger:
    """The app's own table of refunds; ``key`` and ``guard`` are what its unique index is made of.

    ``refund`` is a made-up row, as SQL, with the names that ``insert`` and ``reverse`` may use.
    """

    table: Table
    key: str
    refund: str
    guard: str
    where: str
    insert: Mapped[str, str]
    reverse: Mapped[str, str]


@dataclass(frozen=True)
class Mapping:
    """The app's tables and expressions, checked, and as the statements' slots."""

    schema: str
    search_path: str
    timezone: str
    sessions: Table
    session_type: str
    amount_type: str
    running: tuple[str, ...]
    live_key: str
    live_predicate: str
    has_accounts: bool
    exact_balance: bool
    key: ChargeKey
    fingerprint: str
    exact_spent: bool
    ledger: Ledger | None
    slots: Mapped[str, str] = field(repr=False)
    live_statuses: tuple[str, ...]
    status_labels: StatusLabels | None
    fenced: bool = False

    @property
    def integer_amounts(self) -> bool:
        """Whether amounts are whole numbers."""
        return self.amount_type in catalog.INTEGER_TYPES

    @property
    def has_zoned_starts(self) -> bool:
        """Whether the times at which sessions start have a zone, so that none of them may mean two moments."""
        return self.slots["started_type"] == "timestamp with time zone"

    def takes_any_attempt(self, *, empty: bool) -> bool:
        """Whether the type of an attempt takes the text of one of another type: an ``empty`` one, or else a 0."""
        numbers = () if empty else catalog.EXACT_TYPES
        return self.slots["attempt_type"] in ("text", "character varying", "bpchar", *numbers)

    @property
    def is_read_back(self) -> bool:
        """Whether there is more to read back of a refund than the status of its session."""
        return self.ledger is not None or self.key.attempt is not None

    @property
    def choices(self) -> Choices:
        """What the statements' conditions ask for."""
        return {
            "ledger": self.ledger is not None,
            "accounts": self.has_accounts,
            "fence": self.fenced,
            "reversal_rows": self.ledger is not None and bool(self.ledger.reverse),
            "zoned_starts": self.has_zoned_starts,
        }

    def before_install(self) -> "Mapping":
        """The same where sweeper has no tables yet: whoever reads them finds nothing in them."""
        stand_ins = {
            "refunds": "no_refunds",
            "holds": "no_holds",
            "reversals": "no_reversals",
            "runs": "no_runs",
        }
        empty = {table: fill_script(name, self.slots) for table, name in stand_ins.items()}
        return replace(self, slots={**self.slots, **empty})

    def statement(self, name: str, **more: str) -> str:
        """The statement ``name``, filled with the app's names, and with ``more`` that are of this one alone."""
        return fill(name, {**self.slots, **more}, self.choices)


def read_mapping(transaction: Transaction, settings: Settings, search_path: str) -> Mapping:
    """Hold a file against the catalogue; ``search_path`` is the one in force in ``transaction``.

    Raises:
        ConfigurationError: naming the key that does not fit, its value and the nearest right one.
    """
    reader = Reader(transaction, settings.database.schema_)
    own = settings.sessions
    sessions = reader.table("sessions.table", own.table)
    slots = _own_slots(settings.database.schema_)
    key, key_slots = _session_slots(reader, own, sessions)
    slots |= key_slots
    slots |= _live_slots(transaction, settings, sessions, slots)
    slots |= _expression_slots(reader, settings, sessions)
    slots["reason"] = _reason(settings, slots["running"], slots["status_eq"])
    slots |= _account_slots(reader, settings, sessions, slots)
    ledger = None
    if settings.ledger:
        ledger, ledger_slots = _map_ledger(reader, settings.ledger, slots, key)
        slots |= ledger_slots
    else:
        slots["ledger_rounds"] = "false"
    started_at = sessions.column(own.started_at)
    return Mapping(
        schema=settings.database.schema_,
        search_path=search_path,
        timezone=own.timezone,
        sessions=sessions,
        key=_charge_key(reader, own, sessions, slots),
        fingerprint=_fingerprint(settings, slots, search_path),
        session_type=slots["session_type"],
        amount_type=slots["amount_type"],
        running=tuple(own.running),
        live_key=", ".join(column.quoted for column in (started_at, key.column) if column),
        live_predicate=_live_predicate(slots),
        has_accounts=settings.accounts is not None,
        exact_balance=slots["balance_type"] in catalog.EXACT_TYPES,
        exact_spent=slots["spent_type"] in catalog.EXACT_TYPES,
        ledger=ledger,
        slots=slots,
        live_statuses=(*own.failed, *own.running),
        # the index compares names only where it has a function for that
        status_labels=reader.status_labels(slots["status_type"]) if slots["live_function"] else None,
    )


def _own_slots(schema: str) -> dict[str, str]:
    prefix = quote_name(schema)
    tables = ("refunds", "runs", "holds", "reversals", "settings", "locks")
    return {
        "schema": prefix,
        "schema_text": quote_text(schema),
        "refunds_text": quote_text(f"{prefix}.refunds"),
        "holds_text": quote_text(f"{prefix}.holds"),
        **{table: f"{prefix}.{table}" for table in tables},
    }


def _charge_key(reader: Reader, own: SessionsSection, sessions: Table, slots: Mapped[str, str]) -> ChargeKey:
    attempt = sessions.column(own.attempt) if own.attempt else None
    words = set(re.findall(r"\w+", (own.attempt or "").lower()))
    read = [column for name, column in sessions.columns.items() if name.lower() in words]
    types = {slots["session_type"], *(column.base_type for column in read)}
    key = next(column for column in sessions.columns.values() if column.quoted == slots["key"])
    return ChargeKey(
        table=sessions.qualified,
        table_oid=sessions.oid,
        id=slots["key"],
        id_type=slots["session_type"] + slots["session_collate"],
        attempt=own.attempt,
        attempt_type=slots["attempt_type"] + slots["attempt_collate"],
        timezone=own.timezone if own.attempt else None,
        labels={name: list(labels) for name in sorted(types) if (labels := reader.labels(name))},
        id_number=key.number,
        attempt_number=attempt.number if attempt else None,
        reads={column.name: column.full_type for column in read},
    )


def _fingerprint(settings: Settings, slots: Mapped[str, str], search_path: str) -> str:
    """A digest of all that decides who is paid, and how much; the reasons and the policy are not part of it."""
    file = settings.model_dump(
        mode="json", by_alias=True, exclude_none=True, exclude_defaults=True, include=set(_DECISIVE), exclude=_DECISIVE
    )
    bound = {name: slots[name] for name in _BOUND if name in slots}
    return sha256(json.dumps([file, bound, search_path], sort_keys=True).encode()).hexdigest()


def _literals(statuses: list[str], status_type: str) -> str:
    return f"ARRAY[{', '.join(quote_text(status) for status in statuses)}]::{status_type}[]"


def _session_slots(reader: Reader, own: SessionsSection, sessions: Table) -> tuple[Expression, dict[str, str]]:
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


def _live_slots(
    transaction: Transaction, settings: Settings, sessions: Table, slots: Mapped[str, str]
) -> dict[str, str]:
    """How live sessions are found, and what the fence stops.

    Where equal statuses have equal texts, both compare texts, so that the app may change the column's type. The index
    on live sessions has a function of ours for that; its name tells the statuses. Without that index the statuses are
    compared as they are: it takes less.
    """
    own = settings.sessions
    status = sessions.column(own.status)
    assert status is not None  # noqa: S101 - _session_slots has found it
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


def _live_predicate(slots: Mapped[str, str]) -> str:
    """Of which rows the index on live sessions is: as that table's own SQL, without an alias."""
    if slots["live_function"]:
        return f"{slots['live_function']}({slots['status_column']})"
    return f"{slots['status'].removeprefix('s.')} {slots['status_eq']} ANY ({slots['live']})"


def _expression_slots(reader: Reader, settings: Settings, sessions: Table) -> dict[str, str]:
    own = settings.sessions

    def read(name: str, text: str, allowed: tuple[str, ...] | None = None) -> Expression:
        expression = reader.expression(f"sessions.{name}", text, sessions)
        if allowed:
            catalog.check_type(f"sessions.{name}", text, expression, allowed)
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
    attempt = read("attempt", own.attempt) if own.attempt else _NO_ATTEMPT
    if reader.labels(attempt.type):  # a column of ours with the enum would keep the app from dropping the type
        attempt = Expression(f"{attempt.sql}::text", "text", collation=catalog.DEFAULT_COLLATION)
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
        "error": f"({error.sql})::text{catalog.DEFAULT_COLLATION if error.collation else ''}"
        if error
        else "NULL::text",
    }


def _first_known(moments: list[Expression]) -> str:
    # the transaction's TimeZone is the mapping's, so a timestamp without zone is read in it
    return f"coalesce({', '.join(f'({moment.sql})::timestamptz' for moment in moments)})"


def _reason(settings: Settings, running: str, equal: str) -> str:
    rules = "".join(
        f"\n            WHEN v.error LIKE {quote_text(rule.error)} THEN {quote_text(rule.code)}"
        for rule in settings.reasons
    )
    return f"CASE WHEN v.status {equal} ANY ({running}) THEN 'stuck'{rules}\n            ELSE 'workflow_failure' END"


def _account_slots(reader: Reader, settings: Settings, sessions: Table, slots: Mapped[str, str]) -> dict[str, str]:
    own, text = settings.accounts, settings.sessions.account
    payer = reader.expression("sessions.account", text, sessions)
    if own is None:
        return {
            "balance_rounds": "false",
            "balance_type": "numeric",
            "spent_type": "numeric",
            "account_as": payer.compared_as(payer),
            "account_collate": payer.collation,
            "account_eq": reader.equality("sessions.account", text, payer.type).equal,
        }
    accounts = reader.table("accounts.table", own.table)
    key = reader.unique_column("accounts.id", own.id, accounts)
    key_value = Expression(f"a.{key.quoted}", key.base_type, key, key.collation)
    account_as = payer.compared_as(key_value)
    reader.castable("sessions.account", text, f"({slots['account']}){account_as}", sessions.qualified, "s")
    moved = [("balance", "+", reader.written_column("accounts.balance", own.balance, accounts))]
    if own.spent:
        moved.append(("spent", "-", reader.written_column("accounts.spent", own.spent, accounts)))
    assignments, written = [], [column for _, _, column in moved]
    for name, sign, column in moved:
        catalog.check_type(f"accounts.{name}", column.name, Expression("", column.base_type), catalog.NUMBER_TYPES)
        # both of one type, for whose sum nobody can put an operator of their own
        exact = column.base_type in catalog.EXACT_TYPES
        kind = "numeric" if exact else column.base_type
        assignments.append(f"{column.quoted} = a.{column.quoted}::{kind} {sign} owed.amount::{kind}")
    if own.updated_at:
        column = reader.written_column("accounts.updated_at", own.updated_at, accounts)
        catalog.check_type("accounts.updated_at", column.name, Expression("", column.base_type), catalog.TIME_TYPES)
        assignments.append(f"{column.quoted} = owed.at")
        written.append(column)
    invariant = reader.condition("accounts.invariant", own.invariant, accounts, "a") if own.invariant else "true"
    return {
        "accounts": accounts.qualified,
        "accounts_id": f"a.{key.quoted}",
        "account_type": key.base_type,
        "account_as": account_as,
        "account_collate": key.collation,
        "account_eq": reader.equality("accounts.id", own.id, key.base_type).equal,
        "balance_type": moved[0][2].base_type,
        "balance": f"a.{moved[0][2].quoted}",
        "spent_type": moved[-1][2].base_type if own.spent else "numeric",
        "spent": f"a.{moved[-1][2].quoted}" if own.spent else "NULL",
        "account_condition": invariant,
        "moved_columns": ", ".join(column.quoted for column in written),
        "moved_values": ", ".join(f"a.{column.quoted}" for column in written),
        "move_assignments": ",\n        ".join(assignments),
        "balance_rounds": _rounds("v.amount", slots["amount_type"], [column for _, _, column in moved]),
    }


def _rounds(amount: str, amount_type: str, columns: list[Column]) -> str:
    """The condition that one of ``columns`` would keep an amount other than it is."""
    if amount_type in catalog.INTEGER_TYPES:
        columns = [column for column in columns if column.base_type == "numeric"]  # a scale below zero rounds too
    return (
        " OR ".join(f"{amount}::numeric <> {amount}::{column.full_type}::text::numeric" for column in columns)
        or "false"
    )


def _map_ledger(
    reader: Reader, own: LedgerSection, slots: Mapped[str, str], key_value: Expression
) -> tuple[Ledger, dict[str, str]]:
    table = reader.table("ledger.table", own.table)
    session = reader.expression("ledger.session", own.session, table, "l")
    attempt = reader.expression("ledger.attempt", own.attempt, table, "l") if own.attempt else _NO_ATTEMPT
    where = reader.condition("ledger.where", own.where, table, "l")
    guard = reader.condition("ledger.guard", own.guard, table, "l") if own.guard else where
    refund = (
        f"(SELECT NULL::uuid AS refund_id, NULL::{slots['session_type']} AS session_id, "
        f"NULL::{slots['account_type']} AS account_id, NULL::{slots['attempt_type']} AS attempt, "
        f"NULL::{slots['amount_type']} AS amount, NULL::text AS reason, NULL::text AS detail, "
        "NULL::text AS layer, NULL::uuid AS run_id, NULL::timestamptz AS at)"
    )
    session_as = key_value.compared_as(session)
    reader.castable("ledger.session", own.session, f"session_id{session_as}", refund, "refund")
    charge = Expression("", slots["attempt_type"], None, slots["attempt_collate"])
    attempt_as = charge.compared_as(attempt)
    if own.attempt:
        reader.castable("ledger.attempt", own.attempt, f"attempt{attempt_as}", refund, "refund")
    values, rounds, amounts = _ledger_values(reader, "ledger.insert", own.insert, table, refund)
    if session.column and session.column.quoted not in values:
        raise problem("ledger.insert", ", ".join(own.insert), f"must set {session.column.name}, the ledger.session")
    if attempt.column and attempt.column.quoted not in values:
        raise problem("ledger.insert", ", ".join(own.insert), f"must set {attempt.column.name}, the ledger.attempt")
    reverse = _ledger_values(reader, "ledger.reverse", own.reverse, table, refund)[0] if own.reverse else {}
    key = [session.column.quoted if session.column else f"({session.sql})"]
    if own.attempt:  # nulls in it repeat for ever, and a session without an attempt is held
        key.append(attempt.column.quoted if attempt.column else f"({attempt.sql})")
    meant = [(told, values[told.column]) for told in amounts]
    ledger = Ledger(
        table=table,
        key=", ".join(key),
        refund=refund,
        guard=guard.removeprefix("l."),
        where=where.removeprefix("l."),
        insert=values,
        reverse=reverse,
    )
    return ledger, {
        "ledger": table.qualified,
        "ledger_columns": ", ".join(values),
        "ledger_values": ",\n           ".join(values.values()),
        "reverse_columns": ", ".join(reverse),
        "reverse_values": ",\n           ".join(reverse.values()),
        "ledger_key": ledger.key,
        "ledger_guard": ledger.guard,
        "ledger_where": ledger.where,
        "ledger_session": session.sql,
        "ledger_session_type": session.type,
        "ledger_session_as": session_as,
        "ledger_session_eq": reader.equality("ledger.session", own.session, session.type).equal,
        "ledger_attempt": attempt.sql,
        "ledger_attempt_type": attempt.type,
        "ledger_attempt_as": attempt_as,
        "ledger_attempt_eq": reader.equality("ledger.attempt", own.attempt or "", attempt.type).equal,
        "ledger_amounts": ", ".join(f"l.{told.column}" for told, _ in meant) or "true",
        "ledger_meant": ", ".join(f"{sql} AS value_{number}" for number, (_, sql) in enumerate(meant)) or "1",
        "ledger_as_meant": " AND ".join(
            f"l.{told.column}::{told.kind}::text IS NOT DISTINCT FROM meant.value_{number}::{told.kind}::text"
            if told.kind != "numeric"
            else f"l.{told.column}::numeric IS NOT DISTINCT FROM meant.value_{number}::numeric"
            for number, (told, _) in enumerate(meant)
        )
        or "true",
        "ledger_rounds": " OR ".join(rounds) or "false",
    }


def _ledger_values(
    reader: Reader, section: str, given: Mapped[str, str], table: Table, refund: str
) -> tuple[dict[str, str], list[str], list[Meant]]:
    """What is written to each column, where it would not fit to the digit, and which say how much went to whom."""
    values: dict[str, str] = {}
    rounds, amounts = [], []
    for text, value in given.items():
        column = reader.written_column(section, text, table)
        kind = reader.type_over(f"{section}.{text}", value, refund)
        sql = f"(\n{value}\n)"
        values[column.quoted] = f"{sql}::{column.base_type}" if column.category == "E" else sql
        if column.base_type in catalog.EXACT_TYPES and kind in catalog.NUMBER_TYPES:
            rounds.append(_rounds(sql, kind, [column]))
            if _AMOUNT.search(value):
                amounts.append(Meant(column.quoted, "numeric"))
        elif _ACCOUNT.search(value):
            amounts.append(Meant(column.quoted, column.full_type))
    left_out = [name for name, column in table.columns.items() if column.required and column.quoted not in values]
    if left_out:
        raise problem(section, ", ".join(left_out), "must have a value: NOT NULL and without a default")
    return values, rounds, amounts
