"""Whether the balances changed by the amounts of the file, or by something else that sessions have.

What an account had at first is not known, but where all agree to the last credit with another amount, and not with the
file's, that is no chance. What was bought in between makes them disagree with everything, and then nothing is said.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import localcontext
from fractions import Fraction

from sweeper.app.catalog import NUMBER_TYPES, Column
from sweeper.check.rehearsal.accounts.app_accounts import AppAccounts, app_accounts
from sweeper.check.rehearsal.accounts.costs import (
    Owner,
    SessionCost,
    SessionCosts,
    Totals,
    accounts_of_newest,
    agree,
    is_explained,
    is_proof,
    part_of,
    read_costs,
    read_numbers,
    readable_columns,
    total,
    unsettled,
)
from sweeper.check.rehearsal.accounts.counters import check_own_numbers
from sweeper.check.rehearsal.accounts.other_numbers import check_other_moves, check_several_rows
from sweeper.check.rehearsal.accounts.scaled_shares import check_scaled_shares
from sweeper.check.rehearsal.accounts.sums import is_sum_of_ledger
from sweeper.check.rehearsal.samples import Samples, named, number
from sweeper.check.rehearsal.words import is_in_unit
from sweeper.check.result import Check, failure, joined, ok, warning

_GIVEN_AT_MOST, _MISSED, _MANY, _DIGITS = 8, 2, 10, 200
# so many accounts leave no room for a fraction that only fits by chance
_FIT = 6
_SIMPLE = {Fraction(above, below) for below in range(2, 21) for above in range(1, below)}
_LOWERED = re.compile(r"\s*-\s*amount\s*")


@dataclass(frozen=True)
class _Other:
    """What the balances may have changed by instead of the amounts, which sessions cost more (or ``less``) then."""

    totals: Totals
    above: Sequence[SessionCost]
    said: str
    fix: str
    less: bool = False


def check_balances(samples: Samples) -> Iterator[Check]:
    """Compare what sessions took of some accounts with what these have."""
    accounts = app_accounts(samples)
    nothing = ok("no balance is mapped that could be compared with what sessions took")
    if samples.mapping.is_by_account or (accounts is not None and not samples.mapping.has_balance):
        yield nothing
        return
    with localcontext(prec=_DIGITS):  # without rounding
        if accounts is None:
            yield next(check_other_moves(samples, None, explained=True), nothing)
            return
        costs, targets = _read(samples, accounts)
        explained, found = _are_explained(costs, targets), list(check_scaled_shares(samples, accounts, costs))
        if not explained and not found:  # from here on it matters what a role may not read
            if costs:
                readable_columns(samples, _payer(samples), noted=True)
            found = _explained_otherwise(samples, costs, targets) if costs else []
            found = found or list(check_several_rows(samples, accounts, costs, targets))
        found = found or list(check_own_numbers(samples, accounts, costs))
        # bonuses and transfers may have moved them as well, as the ledger says
        booked = explained or is_sum_of_ledger(samples, accounts)
        found = found or list(check_other_moves(samples, accounts, explained=booked))
    if found:
        yield joined(found)
    elif explained:
        yield ok("they have moved by exactly what the file says the sessions took, less what was refunded")
    else:
        yield ok("other things moved them as well: not compared with what sessions took")


def are_balances_explained(samples: Samples, *, alone: bool = False) -> bool:
    """Whether the balances of some accounts have moved by the amounts of the file: then these were charged.

    ``alone`` when without any other number of the account, of which they may be what is left.
    """
    accounts, mapping = app_accounts(samples), samples.mapping
    if accounts is None or mapping.is_by_account or not mapping.has_balance:
        return False
    with localcontext(prec=_DIGITS):
        costs, targets = _read(samples, accounts)
        return _are_explained(costs, targets[:1] if alone else targets)


def _read(samples: Samples, accounts: AppAccounts) -> tuple[SessionCosts | None, list[Totals]]:
    """What the sessions of some accounts took, and what went from these; None where nothing of them is owed."""
    slots = samples.mapping.slots
    owner = Owner(
        f"({slots['account']}){slots['account_as']}", slots["account_eq"], slots["account_type"], _payer(samples)
    )

    def read() -> tuple[SessionCosts | None, list[Totals]]:
        costs = read_costs(samples, owner, accounts_of_newest(samples))
        if costs is None or not any(one.owed for one in costs.rows):
            return None, []
        return costs, _targets(samples, accounts, costs.owners)

    return samples.once("balances", read)


def _payer(samples: Samples) -> Column | None:
    return samples.sessions.column(samples.own.account)


def _are_explained(costs: SessionCosts | None, targets: Sequence[Totals]) -> bool:
    return costs is not None and is_explained(costs, targets, [costs.rows, *unsettled(costs)])


def _targets(samples: Samples, accounts: AppAccounts, owners: Sequence[str]) -> list[Totals]:
    """What went from each account: its balance below nothing, and below each number that may be what it was given.

    A counter that a refund lowers counts it as well, whatever was bought in between.
    """
    lowered = [accounts.own.spent, *(text for text, value in accounts.added.items() if _LOWERED.fullmatch(value))]
    counters = {column for text in filter(None, lowered) if (column := accounts.column(text))}
    moved = {accounts.balance, *map(accounts.column, accounts.added)} - counters
    readable = samples.readable(accounts)
    known = [one for one in readable if one.base_type in NUMBER_TYPES and one not in moved]
    known = [one for one in known if one.quoted != samples.mapping.slots["accounts_key"]
             and (one in counters or is_in_unit(one.name, accounts.own.balance or ""))]  # fmt: skip
    known = sorted(known, key=lambda one: one not in counters)[:_GIVEN_AT_MOST]
    balances, numbers = read_numbers(samples, accounts, owners, known)
    balances = {one: balance for one, balance in balances.items() if balance.is_finite()}
    gone: list[Totals] = [{one: -balance for one, balance in balances.items()}]
    for column in known:
        given = numbers.get(column.name, {})
        if given and all(given[one].is_finite() for one in balances):
            counts = column in counters
            gone.append({one: given[one] if counts else given[one] - balance for one, balance in balances.items()})
    return gone


def _in_proportion(samples: Samples, costs: SessionCosts, targets: Sequence[Totals]) -> list[Check]:
    """Balances that have moved by a part of the amounts, or by more, the same for all: these are in another unit."""
    for rows in unsettled(costs):
        totals, owed = total(costs, rows), [row for row in rows if row.owed]
        for target in targets:
            if part := part_of(totals, target, or_more=True):
                said = f"{number(part[0])} where sessions.amount = {samples.own.amount!r} is {number(part[1])}"
                fix = "sessions.amount: what was taken, in the unit of the balance"
                return [_failed(_Other(totals, owed, said, fix, part[0] > part[1]), sorted(target), list(target))]
    return []


def _given_back_in_part(costs: SessionCosts, targets: Sequence[Totals]) -> list[Check]:
    """Balances that kept a part of what refunded sessions of one status had cost."""
    for rows in unsettled(costs):
        ours = total(costs, rows)
        for status in sorted({row.status for row in rows if row.owed}):
            back = total(costs, [row for row in costs.rows if row.settled and not row.never and row.status == status])
            for target in targets:
                part = part_of(back, {one: value - ours[one] for one, value in target.items()})
                if part is not None:
                    owed = [row for row in rows if row.owed and row.status == status]
                    said = (
                        f"what sessions took that are not refunded, and {number(part[0])} of {number(part[1])} of "
                        f"those in {status!r} that are: the app gives such a session only a part"
                    )
                    fix = f"sessions.amount: what the app gives back for a session in {status!r}"
                    return [_failed(_Other(back, owed, said, fix), sorted(target), list(target))]
    return []


def _explained_otherwise(samples: Samples, costs: SessionCosts, targets: Sequence[Totals]) -> list[Check]:
    for rows in unsettled(costs):
        ours = total(costs, rows)
        for other in _others(samples, costs, rows):
            for target in targets:
                agreed = agree(target, other.totals)
                missed = [one for one in agreed - agree(target, ours) if other.totals[one] != ours[one]]
                shown = any(row.owner in agreed for row in other.above)  # of those alone it may be untrue
                if shown and is_proof(agreed, other.totals, target) and len(missed) >= _MISSED:
                    return [_failed(other, sorted(missed), list(target))]
    part = _in_proportion(samples, costs, targets) or _given_back_in_part(costs, targets)
    return part or _kind_in_part(samples, costs, targets)


def _kind_in_part(samples: Samples, costs: SessionCosts, targets: Sequence[Totals]) -> list[Check]:
    """Balances that have moved by the amounts, and by a part of them for one kind of session, such as with a discount.

    Any part could be chance where there are few accounts: it is a simple fraction.
    """
    amount = samples.own.amount
    for rows in unsettled(costs) if len(costs.owners) >= _FIT else ():
        ours, chosen = total(costs, rows), {row.session_id for row in rows}
        for (_, condition), kind in costs.kinds.items():
            of_kind = [row for row in kind if row.session_id in chosen]
            owed, took = [row for row in of_kind if row.owed], total(costs, of_kind)
            for target in targets if len(owed) >= _MISSED else ():
                part = part_of(took, {one: value - ours[one] + took[one] for one, value in target.items()})
                of_it = Fraction(part[0]) / Fraction(part[1]) if part else None
                if of_it in _SIMPLE:
                    said = f"sessions.amount = {amount!r}, and by {of_it} of that where {condition}"
                    fix = f"sessions.amount: what was taken where {condition}"
                    return [_failed(_Other(took, owed, said, fix), sorted(target), list(target))]
    return []


def _failed(other: _Other, missed: Sequence[str], known: Sequence[str]) -> Check:
    return (warning if other.less else failure)(
        f"those of {len(known)} accounts, such as {missed[0]}, have moved by exactly {other.said}: "
        f"{len(other.above)} sessions, such as {named([one.session_id for one in other.above])}, would be paid "
        f"{'less' if other.less else 'more'} than was taken for them",
        other.fix,
    )


def _others(samples: Samples, costs: SessionCosts, rows: Sequence[SessionCost]) -> Iterator[_Other]:
    """All other values that may have been charged, where the file would pay more for some sessions, or less for all."""
    own, owed = samples.own, [row for row in rows if row.owed]
    for place, column in enumerate(costs.numbers):
        above = [row for row in owed if row.amount > (row.numbers[place] or 0)]
        less = len(owed) >= _MANY and all(row.amount < (row.numbers[place] or 0) for row in owed)
        if above or less:
            said = f"{column.name} of their sessions, and not by sessions.amount = {own.amount!r}"
            fix = f"sessions.amount = {column.quoted!r}, less what was given back"
            yield _Other(total(costs, rows, place), above or owed, said, fix, less)
        fixed = [row for row in above if row.numbers[place] is not None]
        if 0 < len(fixed) < len(owed):  # what the work came to in the end, which few that failed have
            said = f"{column.name} of their sessions where that is set, and not by sessions.amount = {own.amount!r}"
            fix = f'sessions.amount = "coalesce({column.quoted}, {own.amount})", less what was given back'
            yield _Other(total(costs, rows, place, where_set=True), fixed, said, fix)
    if own.exclude and owed:
        excluded = [row for row in costs.rows if row.settled and not row.never]
        said = f"what sessions took that exclude = {own.exclude!r} is true of, and not by the others"
        yield _Other(total(costs, excluded), owed, said, "sessions.exclude: true of what the app has refunded")
    chosen = {row.session_id for row in rows}
    for (name, condition), kind in costs.kinds.items():
        without = {row.session_id for row in kind} & chosen
        above = [row for row in owed if row.session_id in without]
        if above:
            totals = total(costs, [row for row in rows if row.session_id not in without])
            said = f"what sessions took without those of which {condition}"
            yield _Other(totals, above, said, _fix_of_kind(samples, name, condition))


def _fix_of_kind(samples: Samples, name: str, condition: str) -> str:
    sessions, own = samples.sessions, samples.own
    if sessions.column(own.status) == sessions.columns[name]:
        return "sessions.succeeded: that status, when nothing is owed for such a session"
    return f"sessions.never: {condition}, when nothing is taken for these; sessions.exclude, when it was given back"
