"""Whether the sessions' charges changed a number in another table, which a refund would leave as it is."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sweeper.app.catalog import NUMBER_TYPES, Column, Table
from sweeper.check.context import failure, warning
from sweeper.check.rehearsal.accounts.costs import (
    SessionCosts,
    Totals,
    is_explained,
    read_costs_by,
    read_numbers,
    unsettled,
)
from sweeper.check.rehearsal.hooks import hook_may_write
from sweeper.check.rehearsal.samples import Samples
from sweeper.check.rehearsal.sessions import is_shared
from sweeper.check.rehearsal.tables import equal, fires_triggers, names_by_oid, references
from sweeper.check.rehearsal.words import GIVEN_BACK
from sweeper.check.result import Check
from sweeper.config.model import AccountsSection

_TABLES_AT_MOST, _NUMBERS_AT_MOST = 6, 8
_DOWN, _UP = "down", "up"


@dataclass(frozen=True)
class _Link:
    """A column by which sessions name the rows of another table."""

    column: Column
    table: Table
    key: Column


def check_other_moves(samples: Samples, accounts: Table, own: AccountsSection, *, explained: bool) -> Iterator[Check]:
    """Numbers that changed by what the sessions cost; ``explained`` is whether the mapped balances did so, too."""
    if own.add == {}:  # the app's own trigger changes it, and perhaps other numbers
        return
    for link in _links(samples, accounts, explained=explained):
        costs = read_costs_by(samples, link.column)
        if costs is None:
            continue
        key = {"key": f"a.{link.key.quoted}", "key_eq": equal(samples, link.key), "key_type": link.key.full_type}
        columns = [one for one in link.table.columns.values() if one.base_type in NUMBER_TYPES and one != link.key]
        columns = samples.seen(link.table, columns, noted=False)[:_NUMBERS_AT_MOST]
        _, numbers = read_numbers(samples, link.table, key, costs.owners, columns, balance=False)
        for column in columns if numbers else ():
            if said := _moved(costs, column, numbers):
                way, sure = said
                yield from _left(samples, link, column, own, down=way == _DOWN, sure=sure, explained=explained)
                break


def _links(samples: Samples, accounts: Table, *, explained: bool) -> Iterator[_Link]:
    """Foreign keys of the sessions to tables that the file does not mention."""
    mapping = samples.mapping
    sessions, known = mapping.sessions, {mapping.sessions.oid, accounts.oid}
    known |= {mapping.ledger.table.oid} if mapping.ledger else set()
    tables = names_by_oid(samples)
    found = [row for row in references(samples, of=sessions) if row.target_oid in tables.keys() - known]
    for row in found[:_TABLES_AT_MOST]:
        table = samples.table("table", tables[row.target_oid])
        if explained and hook_may_write(samples, [table.name]):
            continue
        column, key = sessions.columns.get(row.column_name), table.columns.get(row.target_column)
        seen = column and key and samples.sees(sessions, [column]) and samples.sees(table, [key])
        if column and key and seen and is_shared(samples, column.name):
            yield _Link(column, table, key)


def _moved(costs: SessionCosts, column: Column, numbers: Mapping[str, Totals]) -> tuple[str, bool] | None:
    """In which direction a number changed with the sessions' costs, if it did, and whether refunds changed it back."""
    mine = numbers[column.name]
    if len({row.amount for row in costs.rows if row.amount}) < 2 or not all(one.is_finite() for one in mine.values()):
        return None  # it may only count the sessions
    if len(set(mine.values())) < 2:
        return None  # nothing changes it
    left: Totals = {one: -value for one, value in mine.items()}
    below = [
        {one: given[one] - value for one, value in mine.items()}
        for name, given in numbers.items()
        if name != column.name and all(one.is_finite() for one in given.values())
    ]
    for way, targets in ((_DOWN, [left, *below]), (_UP, [mine])):
        if is_explained(costs, targets, unsettled(costs)):
            settled = [row for row in costs.rows if row.settled and row.amount]
            return way, bool(settled) and not is_explained(costs, targets, [costs.rows])
    return None


def _left(
    samples: Samples, link: _Link, column: Column, own: AccountsSection, *, down: bool, sure: bool, explained: bool
) -> Iterator[Check]:
    # a trigger of the app that a refund fires may change it
    sure = sure and not fires_triggers(samples)
    said = (
        f"{column.name} of {link.table.name}, which sessions name by {link.column.name}, has moved by exactly what "
        f"they took{' and were given back' if sure else ''}"
    )
    counts_refunds = re.search(GIVEN_BACK, column.name, re.IGNORECASE)  # and is nobody's balance
    if counts_refunds and hook_may_write(samples, [link.table.name]):
        return
    if explained or counts_refunds:
        said += ", and a refund leaves it as it is"
        fix = f"a trigger on sweeper's refunds that moves {column.name} of {link.table.name} (docs/mapping.md)"
    else:
        said += f", and accounts.balance = {own.balance!r} has not: who was charged?"
        fix = (
            f'sessions.account = "{link.column.name}", accounts.table = "{link.table.name}" and accounts.balance = '
            f'"{column.name}", if that is who was charged; else a trigger on sweeper\'s refunds that moves it'
        )
    yield (failure if sure and (explained or (down and not counts_refunds)) else warning)("balances", said, fix)
