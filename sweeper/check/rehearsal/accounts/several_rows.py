"""Whether a session was charged to another row of its owner than the file leads to, where an owner has several."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sweeper.app.catalog import NUMBER_TYPES, Column, Table
from sweeper.check.context import warning
from sweeper.check.rehearsal.accounts.costs import (
    SessionCosts,
    Totals,
    agree,
    is_proof,
    read_costs_by,
    total,
    unsettled,
)
from sweeper.check.rehearsal.samples import Samples, named
from sweeper.check.rehearsal.tables import equal, is_quick_by, references, unique_names
from sweeper.check.result import Check
from sweeper.config.model import AccountsSection
from sweeper.postgres.templates import Slots

_GIVEN_AT_MOST, _ROWS_AT_MOST = 4, 1000


@dataclass(frozen=True)
class _Link:
    """A column of the accounts and one of the sessions that name the same owner."""

    of_accounts: Column
    of_sessions: Column


def check_several_rows(
    samples: Samples, accounts: Table, own: AccountsSection, costs: SessionCosts, targets: Sequence[Totals]
) -> Iterator[Check]:
    """The rows of each owner together have moved by what the sessions took, and not each by what the file says.

    ``costs`` and ``targets`` are those of the accounts of the file, which do not agree.
    """
    for link in _links(samples, accounts):
        together = read_costs_by(samples, link.of_sessions)
        if together is None:
            continue
        sums = _sums(samples, accounts, own, link, together.owners)
        if any(_is_spent(together, target) for target in sums):
            others = [_differing(costs, target) for target in targets]
            wrong = min(others, key=len, default=[])
            yield warning(  # the app may give back to another row than the one that it took from
                "balances",
                f"the rows of {own.table} with the same {link.of_accounts.name} have together moved by exactly what "
                f"sessions of that {link.of_sessions.name} took, and not each by what sessions.account leads to it, "
                f"such as {named(wrong)}: another row was charged; does the app give back to this one?",
                f"sessions.account: the row of {own.table} that a session was charged to, such as that of its period",
            )
            return


def _is_spent(costs: SessionCosts, target: Totals) -> bool:
    """Whether exactly what went from what the owners were given is what their sessions took, and nothing else."""
    for rows in unsettled(costs):
        totals = total(costs, rows)
        agreed = agree(target, totals)
        if is_proof(agreed, totals, target) and all(target[one] == totals[one] for one in agreed):
            return True
    return False


def _differing(costs: SessionCosts, target: Totals) -> list[str]:
    """The accounts that have not moved by what their sessions took."""
    best = max((agree(target, total(costs, rows)) for rows in unsettled(costs)), key=len, default=frozenset[str]())
    return sorted(set(target) - best)


def _links(samples: Samples, accounts: Table) -> Iterator[_Link]:
    """Foreign keys of both tables to the same rows, which several accounts may name."""
    sessions = samples.mapping.sessions
    unique = unique_names(samples, accounts)
    theirs = {(row.target_oid, row.target_column): row.column_name for row in references(samples, of=sessions)}
    for row in [row for row in references(samples, of=accounts) if row.column_name not in unique]:
        of_accounts = accounts.columns.get(row.column_name)
        of_sessions = sessions.columns.get(theirs.get((row.target_oid, row.target_column), ""))
        if of_accounts is None or of_sessions is None or of_accounts.full_type != of_sessions.full_type:
            continue
        readable = of_accounts in samples.readable(accounts) and of_sessions in samples.readable(sessions)
        if readable and is_quick_by(samples, accounts, of_accounts):
            yield _Link(of_accounts, of_sessions)


def _sums(samples: Samples, accounts: Table, own: AccountsSection, link: _Link, owners: Sequence[str]) -> list[Totals]:
    """What went from all rows of each owner, for each number that may be what they were given.

    Without such a number, rows may have begun with more or less than others.
    """
    moved = {accounts.column(text) for text in filter(None, (own.balance, own.spent, *(own.add or {})))}
    others = [one for one in samples.readable(accounts) if one not in moved and one != link.of_accounts]
    given = [one for one in others if one.base_type in NUMBER_TYPES][:_GIVEN_AT_MOST]
    key = link.of_accounts
    slots = {
        "table": accounts.qualified,
        "key": f"a.{key.quoted}",
        "key_eq": equal(samples, key),
        "key_type": key.full_type,
        "balance": samples.mapping.slots["balance"],
    }
    items: list[Slots] = [{"column": one.quoted} for one in given]
    rows = samples.try_ask("read_numbers", slots, {"numbers": items, "balance": True}, ids=list(owners))
    if len(rows) == _ROWS_AT_MOST or len({row.id for row in rows}) == len(rows):  # not all of them; or one each
        return []
    sums = [defaultdict[str, Decimal](Decimal) for _ in given]
    for row in rows:
        balance = Decimal(row.balance or 0)
        for place, number in enumerate(row.numbers):
            sums[place][row.id] += Decimal(number or 0) - balance
    return [one for one in sums if set(one) == set(owners) and all(number.is_finite() for number in one.values())]
