"""Which numbers of a table may be what its rows moved, and what rows that look like refunds say of sessions."""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from sweeper.app.catalog import EXACT_TYPES, Column, Table
from sweeper.check.rehearsal.samples import Samples
from sweeper.check.rehearsal.words import speaks_of_refund, words_of
from sweeper.postgres.templates import Slots
from sweeper.postgres.transaction import Row

# a log may mention refunds, too, but a row of a refund has an amount
AMOUNT = re.compile(
    r"amount|credit|delta|value|point|sum|price|cost|unit|token|change|second|minute|quantity|qty|usage|used|micro|milli"
    r"|cent|dollar|money|fee|total|page|monto|importe|importo|montant|betrag|bedrag|valor|kingaku"
    r"|sekund|segund|punkt|punto|menge|anzahl|cantidad|kosten|preis|prix|prezzo|precio|preço|preco",
    re.IGNORECASE,
)
# a table of what customers ask for, whether they get it or not
ASKED = re.compile(r"request|ticket|claim|appeal|dispute|complain|inquir", re.IGNORECASE)
_AMOUNTS_AT_MOST = 3
# credits, cents, micros
_UNITS = [Fraction(10) ** digits for digits in range(-9, 10)]
# names of two columns for what came in and what went out
_CAME = {"in", "credit", "credits", "credited", "plus", "incoming", "inflow", "deposit", "deposited"}
_WENT = {"out", "debit", "debits", "debited", "minus", "outgoing", "outflow", "withdrawal", "withdrawn"}
_NEARLY, _ENOUGH = 0.8, 3


def row_amounts(samples: Samples, table: Table, others: Collection[Column | None]) -> list[Slots] | None:
    """The exact numbers that may be what a row moved; None where no column of the table may be an amount.

    What came in and what went out may have a column each.
    """
    speaks = speaks_of_refund(table.name)  # a table of refunds may use any unit
    numbers = [one for one in table.columns.values() if one.is_number and one not in others]
    amounts = [one for one in numbers if speaks or AMOUNT.search(one.name)]
    exact = [column for column in samples.seen(table, amounts) if column.base_type in EXACT_TYPES][:_AMOUNTS_AT_MOST]
    came, went = ([one for one in exact if _says(one, words) and not _says(one, others)]
                  for words, others in ((_CAME, _WENT), (_WENT, _CAME)))  # fmt: skip
    down = went[0].quoted if len(came) == len(went) == 1 else ""
    items: list[Slots] = [
        {"column": one.quoted, "name": f"amount_{place}", "down": down if one in came else ""}
        for place, one in enumerate(exact)
    ]
    return items if amounts else None


def unnamed_amounts(samples: Samples, table: Table, others: Collection[Column | None]) -> list[Slots]:
    """The first exact numbers of a table of which none is named as an amount, and that refer to no other row."""
    links = {row.column_name for row in samples.references(of=table)}
    exact = [one for one in table.columns.values() if one.base_type in EXACT_TYPES and one not in others]
    numbers = [one for one in exact if one.name not in links and not one.name.lower().endswith("id")]
    exact = samples.seen(table, numbers[:_AMOUNTS_AT_MOST])
    return [{"column": one.quoted, "name": f"amount_{place}", "down": ""} for place, one in enumerate(exact)]


def agree(numbers: Mapping[str, Collection[Decimal]], amounts: Mapping[str, Decimal]) -> bool:
    """Whether most sessions have a number that is their amount, maybe in cents, or the same part of different ones."""
    sessions = defaultdict[Fraction, set[str]](set)
    for one, found in numbers.items():
        for number in found if amounts.get(one) else ():
            sessions[Fraction(number) / Fraction(amounts[one])].add(one)
    return any(
        len(those) * 2 > len(numbers) and (part in _UNITS or len({amounts[one] for one in those}) > 1)
        for part, those in sessions.items()
    )


def are_parts(numbers: Mapping[str, Collection[Decimal]], amounts: Mapping[str, Decimal]) -> bool:
    """Whether sessions have different numbers that are at most their amounts, as refunds in part are."""
    most = {one: max(found) for one, found in numbers.items() if found and one in amounts}
    return len(set(most.values())) > 1 and all(number <= amounts[one] for one, number in most.items())


def _says(column: Column, words: Collection[str]) -> bool:
    return not words_of(column.name).isdisjoint(words)


@dataclass
class Given:
    """What rows of a table that look like refunds say of a session: their numbers, and if one gives back all."""

    amounts: set[Decimal] = field(default_factory=set)
    exact: bool = False
    rows: int = 0


# by table or column, the sessions that have such a row there
Rows = dict[str, dict[str, Given]]


def by_session(rows: Sequence[Row], known: Mapping[str, str]) -> dict[str, Given]:
    """The rows of each session, by the texts that name one."""
    found = defaultdict[str, Given](Given)
    for row in rows:
        one = found[known[row.session_id]]
        one.amounts |= {abs(Decimal(amount)) for amount in row.amounts if amount is not None}
        one.exact |= row.exact
        one.rows = max(one.rows, row.rows)
    return found


def without_usual(rows: Rows, failed: int, settled: Rows, succeeded: int) -> Rows:
    """Leave out rows that sessions that succeeded have as well: terms, tags, or both sides of a charge."""
    unusual = {}
    for where, found in rows.items():
        others = settled.get(where, {})
        usual = {
            exact for exact in (True, False) if is_usual(_count(found, exact), failed, _count(others, exact), succeeded)
        }
        unusual[where] = {one: given for one, given in found.items() if given.exact not in usual}
    return {where: found for where, found in unusual.items() if found}


def is_usual(found: int, failed: int, others: int, succeeded: int) -> bool:
    """Whether sessions that succeeded have such rows nearly as often as those that failed, so that they are no refunds.

    What was tried again may have been refunded before it succeeded: fewer have a row then.
    """
    return succeeded >= _ENOUGH and others / succeeded >= found / failed * _NEARLY


def _count(found: Mapping[str, Given], exact: bool) -> int:
    return sum(given.exact is exact for given in found.values())
