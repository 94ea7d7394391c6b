"""Whether charges changed another number than the mapped balance: in another table, or in another row of the owner."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sweeper.app.catalog import NUMBER_TYPES, Column, Table
from sweeper.check.rehearsal.accounts.app_accounts import AppAccounts
from sweeper.check.rehearsal.accounts.costs import (
    SessionCosts,
    Totals,
    agree,
    cost_of,
    is_explained,
    is_proof,
    read_costs_by,
    read_numbers,
    total,
    unsettled,
)
from sweeper.check.rehearsal.samples import Samples, named
from sweeper.check.rehearsal.tables import adds_later
from sweeper.check.rehearsal.words import speaks_of_refund
from sweeper.check.result import Check, failure, warning
from sweeper.postgres.templates import Slots

_TABLES_AT_MOST, _NUMBERS_AT_MOST = 6, 8
DOWN, UP = "down", "up"
# in which direction a number changed with the costs, and whether refunds changed it back
_Moved = tuple[str, bool]
_GIVEN_AT_MOST, _ROWS_AT_MOST, _ACCOUNTS_AT_LEAST = 4, 1000, 5
# a job of the app's works these out of the sessions again, so that a refund need not move them
_REPORT = re.compile(r"stat(s|istics)(_|$)|summar(y|ies)|roll_?up|aggregate|analytics|metrics|snapshot", re.IGNORECASE)
_WORKED_OUT = re.compile(r"^(re)?(comput|calculat|aggregat|refresh)ed_?(at|on)$", re.IGNORECASE)


@dataclass(frozen=True)
class _Link:
    """A column by which sessions name the rows of another table, or name what such rows name as well."""

    column: Column
    table: Table
    key: Column
    beside: bool = False


def check_other_moves(samples: Samples, accounts: AppAccounts | None, *, explained: bool) -> Iterator[Check]:
    """Numbers that changed by what the sessions cost; ``explained`` is whether the mapped balances did so, too."""
    ledger = samples.mapping.ledger if accounts is None else None
    if (accounts is not None and accounts.is_moved_by_app) or (ledger and adds_later(ledger.table)):
        return  # the app's own trigger or job changes it, and perhaps other numbers
    for link in _links(samples, accounts, explained=explained):
        costs = None if is_report(link.table) else read_costs_by(samples, link.column)
        if costs is None:
            continue
        columns = [one for one in link.table.columns.values() if one.base_type in NUMBER_TYPES and one != link.key]
        columns = samples.seen(link.table, columns, noted=False)[:_NUMBERS_AT_MOST]
        _, numbers = read_numbers(samples, link.table, costs.owners, columns, _key(samples, link.key))
        for column in columns:
            if said := moved(costs, column, numbers):
                yield from _left(samples, link, column, accounts, said, explained=explained)
                break


def _key(samples: Samples, key: Column) -> Slots:
    """How rows are found by the column that names their owner."""
    return {"key": f"a.{key.quoted}", "key_eq": samples.equal(key), "key_type": key.full_type}


def is_report(table: Table) -> bool:
    times = [one.name for one in table.columns.values() if one.is_time]
    return bool(_REPORT.search(table.name)) or any(map(_WORKED_OUT.search, times))


def _links(samples: Samples, accounts: AppAccounts | None, *, explained: bool) -> Iterator[_Link]:
    """Foreign keys of the sessions to tables that the file does not mention."""
    mapping = samples.mapping
    sessions, known = mapping.sessions, {mapping.sessions.oid, accounts.oid if accounts else 0}
    known |= {mapping.ledger.table.oid} if mapping.ledger else set()
    tables = samples.readable_oids()
    found = [row for row in samples.references(of=sessions) if row.target_oid in tables - known]
    for row in found[:_TABLES_AT_MOST]:
        table = samples.table(row.target_oid)
        if explained and samples.hook_may_write([table.name]):
            continue
        column, key = sessions.columns.get(row.column_name), table.columns.get(row.target_column)
        seen = column and key and samples.sees(sessions, [column]) and samples.sees(table, [key])
        if column and key and seen and samples.is_shared(column.name):
            yield _Link(column, table, key)
    yield from _beside(samples, known, tables)


def _beside(samples: Samples, known: set[int], tables: set[int]) -> Iterator[_Link]:
    """Tables such as that of an organisation's members, which refer to what sessions refer to, and to no session."""
    sessions = samples.sessions
    named = {(row.target_oid, row.target_column): row.column_name for row in samples.references(of=sessions)}
    skipped = known | {row.table_oid for row in samples.references(to=sessions)}
    found = [row for row in samples.references() if (row.target_oid, row.target_column) in named
             and row.table_oid in tables - skipped]  # fmt: skip
    for row in found[:_TABLES_AT_MOST]:
        table = samples.table(row.table_oid)
        column, key = sessions.columns[named[row.target_oid, row.target_column]], table.columns[row.column_name]
        seen = column in samples.readable(sessions) and key in samples.readable(table)
        quick = samples.is_quick_by(table, key) and not samples.hook_may_write([table.name])
        if seen and quick and samples.is_shared(column.name):
            yield _Link(column, table, key, beside=True)


def moved(
    costs: SessionCosts, column: Column, numbers: Mapping[str, Totals], place: int | None = None
) -> _Moved | None:
    """In which direction a number changed with the sessions' costs, if it did, and whether refunds changed it back.

    With the ``place`` of one of their numbers, with that number.
    """
    mine, cost = numbers[column.name], {row.session_id: cost_of(row, place) for row in costs.rows}
    if len({one for one in cost.values() if one}) < 2 or not all(one.is_finite() for one in mine.values()):
        return None  # it may only count the sessions
    if len(set(mine.values())) < 2:
        return None  # nothing changes it
    left: Totals = {one: -value for one, value in mine.items()}
    below = [
        {one: given[one] - value for one, value in mine.items()}
        for name, given in numbers.items()
        if name != column.name and all(one.is_finite() for one in given.values())
    ]
    choices = unsettled(costs) if place is None else unsettled(costs)[:2]  # what succeeded has a part of them as well
    for way, targets in ((DOWN, [left, *below]), (UP, [mine])):
        if is_explained(costs, targets, choices, at_start=True, place=place):
            settled = [row for row in costs.rows if row.settled and cost[row.session_id]]
            return way, bool(settled) and not is_explained(costs, targets, [costs.rows], place=place)
    return None


def _left(
    samples: Samples, link: _Link, column: Column, accounts: AppAccounts | None, said: _Moved, *, explained: bool
) -> Iterator[Check]:
    way, sure = said
    # a trigger of the app that a refund fires may change it
    sure = sure and not samples.trigger_may_write(link.table.name)
    if (link.beside or accounts is None) and not sure:  # it may count all that was ever used
        return
    how = f"whose {link.key.name} is" if link.beside else "which sessions name by"
    message = (
        f"{column.name} of {link.table.name}, {how} {link.column.name}{' of sessions' if link.beside else ''}, has "
        f"moved by exactly what they took{' and were given back' if sure else ''}"
    )
    explained = explained or link.beside
    counts_refunds = speaks_of_refund(column.name)  # and is nobody's balance
    if counts_refunds and samples.hook_may_write([link.table.name]):
        return
    if accounts is None or explained or counts_refunds:
        message += ", and a refund leaves it as it is"
        fix = f"a trigger on sweeper's refunds that moves {column.name} of {link.table.name} (docs/mapping.md)"
    else:
        message += f", and accounts.balance = {accounts.own.balance!r} has not: who was charged?"
        fix = (
            f'sessions.account = "{link.column.name}", accounts.table = "{link.table.name}" and accounts.balance = '
            f'"{column.name}", if that is who was charged; else a trigger on sweeper\'s refunds that moves it'
        )
    # where the file has no accounts, a job of the app's may add up the rows of its ledger
    sure = sure and (accounts is not None or samples.mapping.ledger is None)
    is_sure = explained or ((way == DOWN or never_moves(samples, accounts)) and not counts_refunds)
    yield (failure if sure and is_sure else warning)(message, fix)


def never_moves(samples: Samples, accounts: AppAccounts | None) -> bool:
    """Whether the mapped balance is the same for all accounts, so that no charge was taken from it."""
    if accounts is None or accounts.balance is None:
        return False
    rows, different = samples.count_different(accounts, [accounts.balance])
    return rows >= _ACCOUNTS_AT_LEAST and different.get(accounts.balance) == 1


def check_several_rows(
    samples: Samples, accounts: AppAccounts, costs: SessionCosts | None, targets: Sequence[Totals]
) -> Iterator[Check]:
    """The rows of each owner together have moved by what the sessions took, and not each by what the file says.

    ``costs`` and ``targets`` are those of the accounts of the file, which do not agree. An owner may have one row.
    """
    payer, own = samples.sessions.column(samples.own.account), accounts.own
    if costs is None and not samples.is_quick_by(samples.sessions, payer):
        return  # theirs were not read, and may agree as well
    unique = samples.unique_names(accounts)
    for of_accounts, of_sessions in owner_columns(samples, accounts):
        together, alone = read_costs_by(samples, of_sessions), of_accounts.name in unique
        if together is None:
            continue
        sums = _sums(samples, accounts, of_accounts, together.owners, alone=alone)
        if any(_is_spent(together, target, alone=alone) for target in sums):
            wrong = min((_differing(costs, target) for target in targets), key=len, default=[]) if costs else []
            such = f", such as {named(wrong)}" if wrong else ""
            yield warning(  # the app may give back to another row than the one that it took from
                f"the rows of {own.table} with the same {of_accounts.name} have together moved by exactly what "
                f"sessions of that {of_sessions.name} took, and not each by what sessions.account leads to it{such}: "
                "another row was charged; does the app give back to this one?",
                f"sessions.account: the row of {own.table} that a session was charged to, such as that of its period",
            )
            return


def _is_spent(costs: SessionCosts, target: Totals, *, alone: bool) -> bool:
    """Whether exactly what went from what the owners were given is what their sessions took, and nothing else.

    A row that is ``alone`` may have begun with anything, as others did.
    """
    for rows in unsettled(costs):
        totals = total(costs, rows)
        agreed = agree(target, totals)
        if is_proof(agreed, totals, target) and (alone or all(target[one] == totals[one] for one in agreed)):
            return True
    return False


def _differing(costs: SessionCosts, target: Totals) -> list[str]:
    """The accounts that have not moved by what their sessions took."""
    best = max((agree(target, total(costs, rows)) for rows in unsettled(costs)), key=len, default=frozenset[str]())
    return sorted(set(target) - best)


def owner_columns(samples: Samples, accounts: Table) -> Iterator[tuple[Column, Column]]:
    """Foreign keys of both tables to the same rows."""
    sessions = samples.sessions
    theirs = [(row.target_oid, row.target_column, row.column_name) for row in samples.references(of=sessions)]
    both = [(row.column_name, name) for row in samples.references(of=accounts)
            for oid, column, name in theirs if (oid, column) == (row.target_oid, row.target_column)]  # fmt: skip
    for name, other in both:
        of_accounts, of_sessions = accounts.columns.get(name), sessions.columns.get(other)
        if of_accounts is None or of_sessions is None or of_accounts.full_type != of_sessions.full_type:
            continue
        readable = of_accounts in samples.readable(accounts) and of_sessions in samples.readable(sessions)
        if readable and samples.is_quick_by(accounts, of_accounts):
            yield of_accounts, of_sessions


def _sums(samples: Samples, accounts: AppAccounts, key: Column, owners: Sequence[str], *, alone: bool) -> list[Totals]:
    """What went from all rows of each owner, for each number that may be what they were given.

    Without such a number, rows may have begun with more or less than others; not so where each owner has one ``alone``.
    """
    moved = {
        accounts.column(text) for text in filter(None, (accounts.own.balance, accounts.own.spent, *accounts.added))
    }
    others = [one for one in samples.readable(accounts) if one not in moved and one != key]
    given = [one for one in others if one.base_type in NUMBER_TYPES][:_GIVEN_AT_MOST]
    rows = samples.try_ask(
        "read_numbers", table=accounts, numbers=given, balance=True, ids=list(owners), **_key(samples, key)
    )
    one_each = len({row.id for row in rows}) == len(rows)
    if len(rows) == _ROWS_AT_MOST or one_each != alone:  # or not all of them
        return []
    sums = [defaultdict[str, Decimal](Decimal) for _ in range(len(given) + alone)]
    for row in rows:
        for place, number in enumerate([*row.numbers, "0"][: len(sums)]):
            sums[place][row.id] += Decimal(number or 0) - Decimal(row.balance or 0)
    return [one for one in sums if set(one) == set(owners) and all(number.is_finite() for number in one.values())]
