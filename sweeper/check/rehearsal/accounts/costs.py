"""What the sessions of some accounts cost by the file, for comparison with the balances."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from sweeper.app.catalog import NUMBER_TYPES, Column, Table
from sweeper.check.rehearsal.samples import Samples
from sweeper.postgres.templates import Slots, quote_text
from sweeper.postgres.transaction import Row

Totals = Mapping[str, Decimal]
# of a table with more rows than this for each owner each may be a charge
_ROWS_EACH = 2
_OWNERS_AT_MOST, _ROWS_AT_MOST, _NUMBERS_AT_MOST, _WORDS_AT_MOST, _KINDS_AT_MOST = 20, 2000, 16, 30, 8
# this many accounts must agree, to the last credit, and at least this many of them must have another total
ENOUGH, _NEARLY, _DIFFERENT = 5, 0.95, 4


@dataclass(frozen=True)
class Owner:
    """What groups sessions: the owner that each names, as SQL, and how owners are compared."""

    sql: str
    equal: str
    type: str
    column: Column | None


@dataclass(frozen=True)
class SessionCost:
    """One session: its owner, its cost by the file, and whether it would be paid, or is settled already."""

    session_id: str
    owner: str
    status: str
    amount: Decimal
    settled: bool
    never: bool
    owed: bool
    numbers: tuple[Decimal | None, ...]
    words: tuple[str | None, ...]


@dataclass(frozen=True)
class SessionCosts:
    """All sessions of some owners, with the columns of their numbers and words."""

    rows: Sequence[SessionCost]
    owners: Sequence[str]
    numbers: Sequence[Column]
    words: Sequence[Column]

    @cached_property
    def kinds(self) -> Mapping[tuple[str, str], Sequence[SessionCost]]:
        """Sessions by column and value, where several have the same one; else by whether the column is set."""
        found: dict[tuple[str, str], Sequence[SessionCost]] = {}
        for place, column in enumerate(self.words):
            many = len({row.words[place] for row in self.rows}) > _KINDS_AT_MOST
            said: dict[str | None, list[SessionCost]] = defaultdict(list)
            for row in self.rows:
                said["" if many and row.words[place] is not None else row.words[place]].append(row)
            found |= {(column.name, describe(column, word)): rows for word, rows in said.items()}
        return {kind: rows for kind, rows in found.items() if len(rows) < len(self.rows)}


def describe(column: Column, word: str | None) -> str:
    """The value of a column for some sessions, as a condition."""
    if not word:
        return f"{column.quoted} IS {'' if word is None else 'NOT '}NULL"
    return f"{'' if word == 'true' else 'NOT '}{column.quoted}" if column.is_flag else (
        f"{column.quoted} = {quote_text(word)}"
    )  # fmt: skip


def total(
    costs: SessionCosts, rows: Sequence[SessionCost], place: int | None = None, *, where_set: bool = False
) -> Totals:
    """The cost of some sessions by owner: by the file, or by one of their numbers, perhaps only ``where_set``."""
    totals = dict.fromkeys(costs.owners, Decimal(0))
    for row in rows:
        by_file = where_set and place is not None and row.numbers[place] is None
        totals[row.owner] += cost_of(row, None if by_file else place)
    return totals


def cost_of(row: SessionCost, place: int | None = None) -> Decimal:
    """What one session cost: by the file, or by one of its numbers."""
    return row.amount if place is None else row.numbers[place] or Decimal(0)


def unsettled(costs: SessionCosts) -> list[list[SessionCost]]:
    """The sets of sessions that may have been charged: all, or without some of those that owe nothing at any cost."""
    live = {row.status for row in costs.rows if row.owed}
    over = sorted({row.status for row in costs.rows} - live, key=str)  # null is none that a file names
    found = []
    for without in ([], *([one] for one in over), over):
        rows = [row for row in costs.rows if row.status not in without and not row.settled]
        found += [rows, [row for row in rows if not row.never]]
    return found


def agree(target: Totals, totals: Totals) -> frozenset[str]:
    """The owners for whom two totals changed alike: the largest group with the same difference."""
    if not target:
        return frozenset()
    differences = {one: value - totals[one] for one, value in target.items()}
    ((usual, _),) = Counter(differences.values()).most_common(1)
    return frozenset(one for one, difference in differences.items() if difference == usual)


def is_proof(agreed: frozenset[str], totals: Totals, target: Totals) -> bool:
    """Whether enough owners with different totals agree to rule out chance."""
    distinct = {totals[one] for one in agreed}
    return len(agreed) >= max(ENOUGH, len(target) * _NEARLY) and len(distinct) >= _DIFFERENT


def part_of(totals: Totals, target: Totals, *, or_more: bool = False) -> tuple[Decimal, Decimal] | None:
    """By how much the targets differ where the totals differ by how much, when that is the same part for all."""
    known = sorted(target, key=lambda one: totals[one])
    took = totals[known[-1]] - totals[known[0]] if known else Decimal(0)
    moved = target[known[-1]] - target[known[0]] if known else Decimal(0)
    if not moved > 0 or not (moved < took or (or_more and 0 < took < moved)):
        return None
    both = {one: value * took for one, value in target.items()}, {one: totals[one] * moved for one in target}
    return (moved, took) if is_proof(agree(*both), *reversed(both)) else None


def is_explained(
    costs: SessionCosts,
    targets: Sequence[Totals],
    choices: Sequence[Sequence[SessionCost]],
    *,
    at_start: bool = False,
    place: int | None = None,
) -> bool:
    """Whether one of the targets changed by the cost of one set of the sessions.

    With ``at_start``, also for most owners of what is owed: what is counted on success changed alike for the others,
    and nothing shows the difference where nothing is owed.
    """
    owed = {row.owner for row in costs.rows if row.owed and cost_of(row, place)} if at_start else set()
    if at_start and not owed:
        return False
    for rows in choices:
        totals = total(costs, rows, place)
        for target in targets:
            agreed = agree(target, totals)
            if is_proof(agreed, totals, target) and len(owed - agreed) * 2 <= len(owed):
                return True
    return False


def accounts_of_newest(samples: Samples) -> list[str]:
    rows = [row for some in (samples.failed, samples.running) for row in samples.read("list_accounts_of", some)]
    return list(dict.fromkeys(row.account_id for row in rows))


def readable_columns(
    samples: Samples, owner: Column | None, *, noted: bool = False
) -> tuple[list[Column], list[Column]]:
    """The numbers of the sessions, and the columns that may name their kind; ``noted``: as for `Samples.seen`."""
    sessions = samples.sessions
    known = (owner, sessions.column(samples.own.amount))
    others = [one for one in sessions.columns.values() if one not in known]
    numbers = samples.seen(sessions, [one for one in others if one.base_type in NUMBER_TYPES], noted=noted)
    words = samples.seen(sessions, [one for one in others if one.nullable or _is_said(one)], noted=noted)
    return numbers[:_NUMBERS_AT_MOST], words[:_WORDS_AT_MOST]


def read_costs(samples: Samples, owner: Owner, owners: Sequence[str]) -> SessionCosts | None:
    """All sessions of some of these owners; None where reading takes too long, or there are too few."""
    if not samples.is_quick_by(samples.sessions, owner.column):
        return None
    numbers, words = readable_columns(samples, owner.column)
    owner_of = _sessions_of(samples, owner, owners)
    kinds: list[Slots] = [{"column": one.quoted, "said": "yes" if _is_said(one) else ""} for one in words]
    rows = samples.try_read("read_amounts", list(owner_of), owner=owner.sql, numbers=numbers, kinds=kinds)
    costs = [_cost(samples, row) for row in rows]
    # nothing is known about owners with a session that the database refuses, or with amounts such as NaN
    odd = {owner_of[one] for one in owner_of.keys() - {row.session_id for row in costs}}
    odd |= {row.owner for row in costs if not row.amount.is_finite()}
    kept = [row for row in costs if row.owner not in odd]
    return SessionCosts(kept, sorted({row.owner for row in kept}), numbers, words)


def read_costs_by(samples: Samples, column: Column) -> SessionCosts | None:
    """All sessions of what some failed ones name in a column; None also where nothing of them is owed."""
    owners = list(dict.fromkeys(samples.texts(column, samples.failed).values()))[:_OWNERS_AT_MOST]
    owner = Owner(f"s.{column.quoted}", samples.equal(column), column.full_type, column)
    costs = read_costs(samples, owner, owners)
    return costs if costs and any(row.owed for row in costs.rows) else None


def _sessions_of(samples: Samples, owner: Owner, owners: Sequence[str]) -> dict[str, str]:
    """The sessions, each with its owner, of as many owners as have few enough together to be read."""
    some, given = list(owners), {"owner": owner.sql, "owner_eq": owner.equal, "owner_type": owner.type}
    while len(some) >= ENOUGH:
        rows = samples.try_ask("list_sessions_of", ids=some, most=_ROWS_AT_MOST + 1, **given)
        if len(rows) <= _ROWS_AT_MOST:
            samples.learn_starts(rows)
            return {row.session_id: row.owner for row in rows}
        busiest = [one for one, _ in Counter(row.owner for row in rows).most_common(max(1, len(some) // 4))]
        some = [one for one in some if one not in busiest]
    return {}


def _cost(samples: Samples, row: Row) -> SessionCost:
    own, mapping = samples.settings, samples.mapping
    stuck = own.sessions.stuck_at is None and own.stuck_after(row.status) is not None
    payable = row.status in mapping.live_statuses and (row.status not in mapping.running or stuck)
    amount = Decimal(row.amount or 0)
    owed = payable and amount > 0 and not row.settled and not row.never
    numbers = tuple(_finite(one) for one in row.numbers)
    return SessionCost(
        row.session_id, row.owner, row.status, amount, row.settled, bool(row.never), owed, numbers, tuple(row.words)
    )


def read_numbers(
    samples: Samples, table: Table, ids: Sequence[str], columns: Sequence[Column], key: Slots | None = None
) -> tuple[Totals, Mapping[str, Totals]]:
    """The balances of accounts and their numbers by column; with the ``key`` of another table the numbers of its rows.

    The numbers of several rows with one id are added up; nothing where it has many.
    """
    own, of_accounts = samples.mapping.slots, key is None
    key = key or {"key": own["accounts_id"], "key_eq": own["account_eq"], "key_type": own["account_type"]}
    rows = samples.try_ask("read_numbers", table=table, numbers=columns, balance=of_accounts, ids=list(ids), **key)
    if len(rows) > len(ids) * _ROWS_EACH:
        rows = []
    rows = sorted((row for row in rows if row.id in ids), key=lambda row: str(row.id))
    balances = {row.id: Decimal(row.balance) for row in rows if row.balance is not None}
    numbers = {column.name: {row.id: Decimal(0) for row in rows} for column in columns}
    for row in rows:
        for column, number in zip(columns, row.numbers, strict=True):
            numbers[column.name][row.id] += Decimal(number or 0)
    return balances, numbers


def _is_said(column: Column) -> bool:
    """Whether a column may have the kind of a session, and not only be set or not."""
    return column.category in ("S", "E", "B") or column.is_number


def _finite(text: str | None) -> Decimal | None:
    found = Decimal(text or 0)
    return found if text is not None and found.is_finite() else None
