"""From the file to checked SQL: everything that the statements need to know of the app."""

from collections.abc import Mapping as Mapped
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256

from sweeper import catalogue
from sweeper.catalogue import Column, Expression, Reader, Table, problem
from sweeper.database import Transaction
from sweeper.settings import AccountsSection, LedgerSection, SessionsSection, Settings
from sweeper.statements import fill, quote_name, quote_text

# slots that may change without a new installation: they decide neither who is paid nor how much
_PAYS_NOBODY = frozenset({"reason", "account_condition", "reverse_columns", "reverse_values"})


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
    live_status: str
    has_accounts: bool
    exact_balance: bool
    ledger: Ledger | None
    slots: Mapped[str, str] = field(repr=False)
    fenced: bool = False

    @property
    def integer_amounts(self) -> bool:
        """Whether amounts are whole numbers."""
        return self.amount_type in catalogue.INTEGER_TYPES

    @cached_property
    def fingerprint(self) -> str:
        """A digest of all that decides who is paid, and how much; the reasons and the policy are not part of it."""
        decisive = sorted(self.slots.keys() - _PAYS_NOBODY)
        parts = [f"{key}={self.slots[key]}" for key in decisive]
        return sha256("\x00".join([*parts, self.search_path, self.timezone]).encode()).hexdigest()

    @property
    def variants(self) -> tuple[tuple[str, str], ...]:
        """The part to take in where a statement includes one of several."""
        ledger, accounts = self.ledger is not None, self.has_accounts
        reverse = self.ledger is not None and bool(self.ledger.reverse)
        return (
            ("book", "book_in_app_ledger" if ledger else "book_own"),
            ("refunded_by_app", "refunded_by_app" if ledger else "nowhere"),
            ("not_in_app_ledger", "not_in_app_ledger" if ledger else "grant_nothing"),
            ("move", "move_balance" if accounts else "move_nothing"),
            ("account_unknown", "account_unknown" if accounts else "nowhere"),
            ("lock_account", "lock_account" if accounts else "no_account"),
            ("check_balance", "check_balance" if accounts else "no_account"),
            ("close", "close_and_touch" if self.fenced else "close_stuck"),
            ("own_fence", "own_fence" if self.fenced else "grant_nothing"),
            ("grant_balances", "grant_balances" if accounts else "grant_nothing"),
            ("grant_ledger", "grant_ledger" if ledger else "grant_nothing"),
            ("read_account", "read_account" if accounts else "grant_nothing"),
            ("read_ledger", "read_ledger" if ledger else "grant_nothing"),
            ("doubled_in_ledger", "doubled_in_app_ledger" if ledger else "doubled_nowhere"),
            ("account", "account_of_refund" if accounts else "account_of_ledger"),
            ("reverse", "reverse_in_app_ledger" if reverse else "reverse_own"),
        )

    def statement(self, name: str, **more: str) -> str:
        """The statement ``name``, filled with the app's names, and with ``more`` that are of this one alone."""
        return fill(name, {**self.slots, **more}, self.variants)


def read_mapping(transaction: Transaction, settings: Settings, search_path: str) -> Mapping:
    """Hold a file against the catalogue; ``search_path`` is the one in force in ``transaction``.

    Raises:
        ConfigurationError: naming the key that does not fit, its value and the nearest right one.
    """
    reader = Reader(transaction, settings.database.schema_)
    own = settings.sessions
    sessions = reader.table("sessions.table", own.table)
    slots = _own_slots(settings.database.schema_)
    slots |= _session_slots(reader, own, sessions)
    slots |= _expression_slots(reader, settings, sessions)
    slots["reason"] = _reason(settings, slots["running"])
    slots |= _account_slots(reader, settings.accounts, slots)
    account = f"{slots['account']}::{slots['account_type']}"
    reader.castable("sessions.account", own.account, account, sessions.qualified, "s")
    ledger = None
    if settings.ledger:
        ledger, ledger_slots = _map_ledger(reader, settings.ledger, slots)
        slots |= ledger_slots
    else:
        slots["ledger_rounds"] = "false"
    started_at = sessions.column(own.started_at)
    id_column = sessions.column(own.id)
    assert id_column is not None  # noqa: S101 - _session_slots has found it
    return Mapping(
        schema=settings.database.schema_,
        search_path=search_path,
        timezone=own.timezone,
        sessions=sessions,
        session_type=slots["session_type"],
        amount_type=slots["amount_type"],
        running=tuple(own.running),
        live_key=", ".join(column.quoted for column in (started_at, id_column) if column),
        live_status=slots["status"].removeprefix("s."),
        has_accounts=settings.accounts is not None,
        exact_balance=slots["balance_type"] in catalogue.EXACT_TYPES,
        ledger=ledger,
        slots=slots,
    )


def _own_slots(schema: str) -> dict[str, str]:
    prefix = quote_name(schema)
    tables = ("refunds", "runs", "holds", "reversals", "settings")
    digest = sha256(f"sweeper caps {schema}".encode()).digest()
    return {
        "schema": prefix,
        "schema_text": quote_text(schema),
        # one lock a mapping: another schema has its own caps
        "caps_lock": str(int.from_bytes(digest[:8], signed=True)),
        **{table: f"{prefix}.{table}" for table in tables},
    }


def _literals(statuses: list[str], status_type: str) -> str:
    # IN (NULL) would be null where false is meant, IN () is not SQL
    return ", ".join(quote_text(status) for status in statuses) or f"SELECT NULL::{status_type} WHERE false"


def _session_slots(reader: Reader, own: SessionsSection, sessions: Table) -> dict[str, str]:
    key = reader.unique_column("sessions.id", own.id, sessions)
    if key.nullable:
        raise problem("sessions.id", own.id, "may be null, and a session without an id cannot be told from another")
    status = reader.column("sessions.status", own.status, sessions)
    for name in ("failed", "running", "succeeded"):
        catalogue.check_statuses(f"sessions.{name}", getattr(own, name), status)
    # the operators of an enum do not take a domain over it
    status_sql = f"s.{status.quoted}::{status.base_type}" if status.domain else f"s.{status.quoted}"
    running = _literals(own.running, status.base_type)
    assignments = []
    for text, value in own.close.items():
        column = reader.written_column("sessions.close", text, sessions)
        if column in (key, status):
            raise problem("sessions.close", text, "is set by the sweep itself, or is the key")
        assignments.append((column.quoted, reader.expression(f"sessions.close.{text}", value, sessions).sql))
    return {
        "sessions": sessions.qualified,
        "session_id": f"s.{key.quoted}",
        "session_type": key.base_type,
        "status": status_sql,
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
            f",\n        {column} = CASE WHEN {status_sql} IN ({running}) THEN {sql} ELSE s.{column} END"
            for column, sql in assignments
        ),
        "revived": _literals([*own.running, *own.succeeded], status.base_type),
    }


def _expression_slots(reader: Reader, settings: Settings, sessions: Table) -> dict[str, str]:
    own = settings.sessions

    def read(name: str, text: str, allowed: tuple[str, ...] | None = None) -> Expression:
        expression = reader.expression(f"sessions.{name}", text, sessions)
        if allowed:
            catalogue.check_type(f"sessions.{name}", text, expression, allowed)
        return expression

    moments = {
        name: read(name, text, catalogue.TIME_TYPES)
        for name in ("started_at", "active_at", "failed_at", "ended_at")
        if (text := getattr(own, name))
    }
    # a row that does not know when it failed, or was last active, falls back on what it does know
    chain = [moments[name] for name in ("failed_at", "active_at", "started_at") if name in moments]
    active = [moments[name] for name in ("active_at", "started_at") if name in moments]
    also_read = [moments["ended_at"]] if "ended_at" in moments else []
    amount = read("amount", own.amount, catalogue.NUMBER_TYPES)
    inexact = amount.type not in catalogue.EXACT_TYPES
    account = read("account", own.account)
    exclude = read("exclude", own.exclude, ("boolean",)) if own.exclude else None
    error = read("error", own.error) if own.error else None
    attempt = read("attempt", own.attempt) if own.attempt else None
    return {
        "account": account.sql,
        "account_type": account.type,
        "attempt": f"coalesce(({attempt.sql})::text, '')" if attempt else "''::text",
        "started_at": moments["started_at"].sql,
        "started_type": moments["started_at"].type,
        "active_at": _first_known(active),
        "failed_at": _first_known(chain),
        "amount": f"{amount.sql}::numeric" if inexact else amount.sql,
        "amount_type": "numeric" if inexact else amount.type,
        "also_read": ", ".join(expression.sql for expression in also_read),
        "exclude": exclude.sql if exclude else "false",
        "error": f"({error.sql})::text" if error else "NULL::text",
    }


def _first_known(moments: list[Expression]) -> str:
    # the transaction's TimeZone is the mapping's, so a timestamp without zone is read in it
    return f"coalesce({', '.join(f'({moment.sql})::timestamptz' for moment in moments)})"


def _reason(settings: Settings, running: str) -> str:
    rules = "".join(
        f"\n            WHEN v.error LIKE {quote_text(rule.error)} THEN {quote_text(rule.code)}"
        for rule in settings.reasons
    )
    return f"CASE WHEN v.status IN ({running}) THEN 'stuck'{rules}\n            ELSE 'workflow_failure' END"


def _account_slots(reader: Reader, own: AccountsSection | None, slots: Mapped[str, str]) -> dict[str, str]:
    if own is None:
        return {"balance_rounds": "false", "balance_type": "numeric"}
    accounts = reader.table("accounts.table", own.table)
    key = reader.unique_column("accounts.id", own.id, accounts)
    moved = [("balance", "+", reader.written_column("accounts.balance", own.balance, accounts))]
    if own.spent:
        moved.append(("spent", "-", reader.written_column("accounts.spent", own.spent, accounts)))
    assignments, written = [], [column for _, _, column in moved]
    for name, sign, column in moved:
        catalogue.check_type(f"accounts.{name}", column.name, Expression("", column.base_type), catalogue.NUMBER_TYPES)
        assignments.append(f"{column.quoted} = a.{column.quoted} {sign} owed.amount")
    if own.updated_at:
        column = reader.written_column("accounts.updated_at", own.updated_at, accounts)
        catalogue.check_type("accounts.updated_at", column.name, Expression("", column.base_type), catalogue.TIME_TYPES)
        assignments.append(f"{column.quoted} = owed.at")
        written.append(column)
    invariant = reader.condition("accounts.invariant", own.invariant, accounts, "a") if own.invariant else "true"
    return {
        "accounts": accounts.qualified,
        "accounts_id": f"a.{key.quoted}",
        "account_type": key.base_type,
        "balance_type": moved[0][2].base_type,
        "balance": f"a.{moved[0][2].quoted}",
        "account_condition": invariant,
        "moved_columns": ", ".join(column.quoted for column in written),
        "moved_values": ", ".join(f"a.{column.quoted}" for column in written),
        "move_assignments": ",\n        ".join(assignments),
        "balance_rounds": _rounds("v.amount", slots["amount_type"], [column for _, _, column in moved]),
    }


def _rounds(amount: str, amount_type: str, columns: list[Column]) -> str:
    """The condition that one of ``columns`` would keep an amount other than it is."""
    if amount_type in catalogue.INTEGER_TYPES:
        columns = [column for column in columns if column.base_type == "numeric"]  # a scale below zero rounds too
    return " OR ".join(f"{amount}::numeric <> {amount}::{column.full_type}::numeric" for column in columns) or "false"


def _map_ledger(reader: Reader, own: LedgerSection, slots: Mapped[str, str]) -> tuple[Ledger, dict[str, str]]:
    table = reader.table("ledger.table", own.table)
    session = reader.expression("ledger.session", own.session, table, "l")
    attempt = reader.expression("ledger.attempt", own.attempt, table, "l") if own.attempt else None
    where = reader.condition("ledger.where", own.where, table, "l")
    guard = reader.condition("ledger.guard", own.guard, table, "l") if own.guard else where
    refund = (
        f"(SELECT NULL::uuid AS refund_id, NULL::{slots['session_type']} AS session_id, "
        f"NULL::{slots['account_type']} AS account_id, NULL::text AS attempt, "
        f"NULL::{slots['amount_type']} AS amount, NULL::text AS reason, NULL::text AS detail, "
        "NULL::text AS layer, NULL::uuid AS run_id, NULL::timestamptz AS at)"
    )
    reader.castable("ledger.session", own.session, f"session_id::{session.type}", refund, "refund")
    values, rounds = _ledger_values(reader, "ledger.insert", own.insert, table, refund)
    if session.column and session.column.quoted not in values:
        raise problem("ledger.insert", ", ".join(own.insert), f"must set {session.column.name}, the ledger.session")
    reverse, _ = _ledger_values(reader, "ledger.reverse", own.reverse, table, refund) if own.reverse else ({}, [])
    key = [session.column.quoted if session.column else f"({session.sql})"]
    attempt_sql = f"coalesce(({attempt.sql})::text, '')" if attempt else "''::text"
    if attempt:
        # NULLs in a unique key repeat for ever
        bare = attempt.column.quoted if attempt.column else attempt.sql
        key.append(f"(coalesce(({bare})::text, ''))")
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
        "ledger_attempt": attempt_sql,
        "ledger_rounds": " OR ".join(rounds) or "false",
    }


def _ledger_values(
    reader: Reader, section: str, given: Mapped[str, str], table: Table, refund: str
) -> tuple[dict[str, str], list[str]]:
    """What is written to each column, and where a value would not fit it to the digit."""
    values: dict[str, str] = {}
    rounds = []
    for text, value in given.items():
        column = reader.written_column(section, text, table)
        kind = reader.type_over(f"{section}.{text}", value, refund)
        sql = f"(\n{value}\n)"
        values[column.quoted] = f"{sql}::{column.base_type}" if column.category == "E" else sql
        if column.base_type in catalogue.EXACT_TYPES and kind in catalogue.NUMBER_TYPES:
            rounds.append(_rounds(sql, kind, [column]))
    left_out = [name for name, column in table.columns.items() if column.required and column.quoted not in values]
    if left_out:
        raise problem(section, ", ".join(left_out), "must have a value: NOT NULL and without a default")
    return values, rounds
