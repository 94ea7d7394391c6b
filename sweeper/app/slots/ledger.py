"""What the statements need to know about the app's own ledger: what a refund writes, and which rows are refunds."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sweeper.app import catalog
from sweeper.app.catalog import Table, is_literal, problem, without_literals
from sweeper.app.expression import Expression, no_attempt
from sweeper.app.over_refund import CHAIN, OverRefund, names_in, reads
from sweeper.app.reader import Reader
from sweeper.app.slots.facts import Facts
from sweeper.app.slots.ledger_columns import amount_slots, as_before, is_amount, moment_slots
from sweeper.app.slots.ledger_rules import require_indexable, require_of_refund
from sweeper.app.slots.marks import kept_columns
from sweeper.app.slots.row_times import chain_slots
from sweeper.app.slots.shares import rounded
from sweeper.config.model import LedgerSection
from sweeper.postgres.templates import Slots, fill_part

# the statements' conditions where the app keeps no ledger
NO_LEDGER = Facts(
    {"ledger_rounds": "false"},
    {
        "ledger_guarded": True,
        "chained": False, "spaced": False, "reverse_chained": False, "reverse_spaced": False,
        "ledger_reads_session": False, "reverse_reads_session": False, "reverse_meant": False,
        "ledger_amount": False, "ledger_moment": False, "past": False, "net": False,
    },
)  # fmt: skip
_CALL = re.compile(r'[\w"]\s*\(')


class Ledger(NamedTuple):
    """The app's own table of refunds; ``key`` and ``guard`` are what its unique index is made of.

    Where it cannot be ``guarded``, no unique index on the key can hold over all of its partitions.
    """

    table: Table
    key: str
    guard: str
    where: str
    insert: Mapping[str, str]
    reverse: Mapping[str, str]
    guarded: bool


class _Link(NamedTuple):
    """The session and attempt in a row of the ledger, and the casts that compare a refund's with them."""

    session: Expression
    attempt: Expression
    session_as: str
    attempt_as: str

    def key(self, *, attempts: bool) -> str:
        """The columns and expressions of the unique index, without its condition."""
        # nulls in an attempt may repeat in the index, and a session without an attempt is held
        expressions = (self.session, self.attempt) if attempts else (self.session,)
        return ", ".join(one.column.quoted if one.column else f"({one.sql})" for one in expressions)

    def can_be_unique(self, table: Table, *, attempts: bool) -> bool:
        """Whether a unique index on the key can hold over all partitions: only where it has all partition columns."""
        columns = {one.column.name for one in (self.session, self.attempt)[: 1 + attempts] if one.column}
        return columns.issuperset((*table.partition_columns, *table.tree_columns))


def map_ledger(
    reader: Reader, own: LedgerSection, facts: Facts, key_value: Expression, sessions: Table
) -> tuple[Ledger, Facts]:
    """The app's ledger, and what the statements need to know about it.

    Raises:
        ConfigurationError: a column or an expression does not fit; what links a row to its session is not written.
    """
    table = reader.table("ledger.table", own.table)
    if table.shard_group is not None and table.distributed_by is None:
        require_of_refund(own)
    require_indexable(own)
    over = OverRefund(reader, facts.slots, {"s": sessions}, chained=True)
    chained = _is_chained(own, facts)
    where = reader.condition("ledger.where", own.where, table, "l")
    guard = reader.condition("ledger.guard", own.guard, table, "l") if own.guard else where
    link = _read_link(reader, own, facts.slots, key_value, table, over.sample)
    values, amounts, meant = _ledger_values(over, "ledger.insert", own.insert, table)
    meant = as_before(meant, kept_columns(sessions, facts))
    for name, linked in (("session", link.session), ("attempt", link.attempt)):
        if linked.column and linked.column.quoted not in values:
            raise problem("ledger.insert", ", ".join(own.insert), f"must set {linked.column.name}, the ledger.{name}")
    back = _ledger_values(over, "ledger.reverse", own.reverse, table) if own.reverse else None
    reverse, _, reverse_meant = back or ({}, [], [])
    ledger = Ledger(
        table=table,
        key=link.key(attempts=bool(own.attempt)),
        guard=guard.removeprefix("l."),
        where=where.removeprefix("l."),
        insert=values,
        reverse=reverse,
        guarded=link.can_be_unique(table, attempts=bool(own.attempt)),
    )
    slots = {
        **_link_slots(reader, own, link),
        "refund_sample": over.sample,
        "ledger": table.qualified,
        "ledger_key": ledger.key,
        "ledger_guard": ledger.guard,
        "ledger_where": ledger.where,
        "ledger_rounds": fill_part("rounds", {}, {"amounts": [one for one in amounts if not one["of_chain"]]}),
        "chain_rounds": fill_part("rounds", {}, {"amounts": [one for one in amounts if one["of_chain"]]}),
    }
    lists: dict[str, bool | Sequence[Slots]] = {
        "ledger_values": assigned(values),
        "reverse_values": assigned(reverse),
        "meant": meant,
        "reverse_meant": reverse_meant,
        "ledger_guarded": ledger.guarded,
        "ledger_amount": amount_slots(own.insert, table, meant),
        "ledger_moment": moment_slots(own.insert, table),
        # an audit fills in which rows are past refunds, and whether they are subtracted from the amount
        "past": False,
        "net": False,
    }
    spacing = chain_slots(reader, table, "insert", own.insert, chained=chained["chained"])
    spacing |= chain_slots(reader, table, "reverse", own.reverse, chained=chained["reverse_chained"])
    return ledger, Facts(slots, {**lists, **chained, **_beside(own)}) | spacing


def _read_link(
    reader: Reader, own: LedgerSection, slots: Mapping[str, str], key_value: Expression, table: Table, refund: str
) -> _Link:
    """What links a row to its session.

    Raises:
        ConfigurationError: it does not keep sessions apart, or cannot be compared with them.
    """
    session = reader.expression("ledger.session", own.session, table, "l")
    attempt = reader.expression("ledger.attempt", own.attempt, table, "l") if own.attempt else no_attempt()
    key_value.require_kept("ledger.session", own.session, session, "what links a row to its session")
    key_value.require_distinct("ledger.session", own.session, session)
    session_as = key_value.compared_as(session)
    reader.castable("ledger.session", own.session, f"session_id{session_as}", refund, "refund")
    charge = Expression("", slots["attempt_type"], None, slots["attempt_collate"])
    attempt_as = charge.compared_as(attempt)
    if own.attempt:
        charge.require_distinct("ledger.attempt", own.attempt, attempt)
        charge.require_kept("ledger.attempt", own.attempt, attempt, "ledger.attempt")
        reader.castable("ledger.attempt", own.attempt, f"attempt{attempt_as}", refund, "refund")
    return _Link(session, attempt, session_as, attempt_as)


def _link_slots(reader: Reader, own: LedgerSection, link: _Link) -> dict[str, str]:
    return {
        "ledger_session": link.session.sql,
        "ledger_session_type": link.session.type,
        "ledger_session_as": link.session_as,
        "ledger_session_eq": reader.equality("ledger.session", own.session, link.session.type).equal,
        "ledger_attempt": link.attempt.sql,
        "ledger_attempt_type": link.attempt.type,
        "ledger_attempt_as": link.attempt_as,
        "ledger_attempt_eq": reader.equality("ledger.attempt", own.attempt or "", link.attempt.type).equal,
    }


def _beside(own: LedgerSection) -> dict[str, bool]:
    """Which expressions read the session's row beside the refund."""
    return {
        "ledger_reads_session": any(reads(value, "s") for value in own.insert.values()),
        "reverse_reads_session": any(reads(value, "s") for value in own.reverse.values()),
    }


def _is_chained(own: LedgerSection, facts: Facts) -> dict[str, bool]:
    """Whether rows hold the running balance.

    Raises:
        ConfigurationError: they do, and there is no account whose balance could be read under a lock.
    """
    chained = {}
    for name, values in (("insert", own.insert), ("reverse", own.reverse)):
        words = [text for text, value in values.items() if CHAIN & names_in(value)]
        if words and not facts.choices["has_balance"]:
            raise problem(
                f"ledger.{name}.{words[0]}",
                values[words[0]],
                "balance_before and balance_after are of an account that can be locked: map it, with its balance, in "
                "[accounts]; [accounts.add] may be empty",
            )
        chained[name] = bool(words)
    return {"chained": chained["insert"], "reverse_chained": chained["reverse"]}


def assigned(values: Mapping[str, str]) -> list[Slots]:
    """Columns and their values, as statements repeat them."""
    return [{"column": column, "value": value} for column, value in values.items()]


def _ledger_values(
    over: OverRefund, section: str, given: Mapping[str, str], table: Table
) -> tuple[dict[str, str], list[Slots], list[Slots]]:
    """What is written to each column, which columns would round it, and which say how much went to whom.

    Those are read back and compared with what was written: as numbers, or as texts of the column's type.
    """
    values: dict[str, str] = {}
    amounts: list[Slots] = []
    meant: list[Slots] = []
    for text, value in given.items():
        column = over.reader.written_column(section, text, table)
        kind = over.type_of(f"{section}.{text}", value)
        written = {"expression": value, "column_type": column.base_type}
        names = names_in(value)
        # in a row of its own a literal would be of type text
        cast = column.category == "E" or is_literal(value)
        values[column.quoted] = fill_part("written_value", written, {"cast": cast})
        of_chain = bool(CHAIN & names)
        number = {"column": column.quoted, "value": values[column.quoted], "name": f"value_{len(meant)}"}
        of_time = "at" in names and "amount" not in names  # such as seconds since 1970: what is rounded is no amount
        # a quotient has no exact value in a floating type: there only the amount itself is compared
        floating = column.base_type in catalog.FLOATING_TYPES and is_amount(value)
        exact = column.base_type in (*catalog.EXACT_TYPES, catalog.MONEY)
        # what is computed from the time, or by a function, may be another when it is compared
        of_account = "account_id" in names and not (of_chain or "at" in names or _CALL.search(without_literals(value)))
        if (exact or floating) and kind in catalog.NUMBER_TYPES and not of_time:
            of_account = of_account and "amount" not in names and not catalog.has_subquery(value)
            amounts += [
                {**one, "of_chain": "yes" if of_chain else ""}
                for one in rounded(fill_part("expression", written), kind, [column])
            ]
            if "amount" in names and not of_chain:
                meant.append({**number, "type": column.base_type if floating else "numeric", "as_text": ""})
        if of_account:
            meant.append({**number, "type": column.full_type, "as_text": "yes"})
    left_out = [name for name, column in table.columns.items() if column.required and column.quoted not in values]
    if left_out:
        raise problem(section, ", ".join(left_out), "must have a value: NOT NULL and without a default")
    return values, amounts, meant
