"""Whether a refund leaves a counter of the accounts as it is, or lowers it too far."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import islice

from sweeper.app.catalog import EXACT_TYPES, NUMBER_TYPES, Column, words_in
from sweeper.check.rehearsal.accounts.app_accounts import AppAccounts
from sweeper.check.rehearsal.accounts.costs import (
    SessionCosts,
    accounts_of_newest,
    is_explained,
    read_costs_by,
    read_numbers,
    unsettled,
)
from sweeper.check.rehearsal.accounts.other_numbers import DOWN, moved
from sweeper.check.rehearsal.marks.row_amounts import row_amounts
from sweeper.check.rehearsal.samples import Samples, number
from sweeper.check.rehearsal.words import is_in_unit
from sweeper.check.result import Check, failure, warning
from sweeper.postgres.templates import fill_expression, items_of
from sweeper.postgres.transaction import Row

_HELD = re.compile(r"held|hold|reserv|pending|lock|froz|frozen|block|escrow|in_?flight|in_?use|on_?use", re.IGNORECASE)
_AT_MOST, _ENOUGH, _MOST = 6, 3, Decimal("0.8")
# a share that reads the account may stop at what is left there, as `least(amount, a.used)`
_ACCOUNT = re.compile(r"\ba\s*\.", re.IGNORECASE)


def check_held(samples: Samples, accounts: AppAccounts) -> Iterator[Check]:
    """Columns that are exactly the cost of open sessions and that a refund does not lower, or that are below that."""
    if accounts.is_moved_by_app or "balance" not in samples.mapping.slots or samples.mapping.is_by_account:
        return
    named = samples.columns(accounts, lambda one: one.is_number and _HELD.search(one.name))
    columns = [one for one in named if not one.generated][:_AT_MOST]
    if not columns:
        return
    rows = _read_held(samples, columns)
    for some in [*([column] for column in columns), columns]:
        left = [column for column in some if not _goes_down(column, accounts)]
        places = [columns.index(column) for column in some]
        if left and _are_what_is_open(rows, places):
            yield failure(
                f"{', '.join(one.name for one in left)} of {accounts.name} is what running and failed sessions took "
                f"that nobody has given back, such as {number(_sum(rows[0], places))} of account "
                f"{rows[0].account_id}: a refund would leave it there forever",
                accounts.to_add(*(f'{column.quoted} = "-amount", or its share of it' for column in left)),
            )
            return
    for place, column in enumerate(columns):
        falls = any(value.replace(" ", "") == "-amount" for value in _added_to(column, accounts))
        if falls and (times := _times(rows, place)):
            yield failure(
                f"{column.name} of {accounts.name} is {times} times what running and failed sessions took that nobody "
                f"has given back, for all accounts looked at, by sessions.amount = {samples.own.amount!r}",
                "sessions.amount: all that was taken, in the unit of the balance",
            )
            return
        if falls and rows and not _are_what_is_open(rows, [place]) and (found := _other_cost(samples, rows, place)):
            yield failure(
                f"{column.name} of {accounts.name} is not what running and failed sessions took that nobody has given "
                f"back, by sessions.amount = {samples.own.amount!r}: it is {found}, for nearly all accounts looked at",
                "sessions.amount: what the session still holds",
            )
            return


def _other_cost(samples: Samples, rows: Sequence[Row], place: int) -> str:
    """How another number of the rows about open sessions gives what a column has, to the last credit."""
    values = {row.account_id: (Decimal(row.counters[place] or 0), Decimal(row.total)) for row in rows}
    for name, charge in islice(_numbers_about_sessions(samples), _ENOUGH):
        others = {row.account_id: Decimal(row.total) for row in _read_held(samples, (), amount=charge)}
        found: defaultdict[str, list[Decimal]] = defaultdict(list)
        for account_id, (value, total) in values.items():
            other = others.get(account_id, Decimal(0))
            given = {name: other, f"the amount less {name}": total - other, f"{name} less the amount": other - total}
            for said, number_of_account in given.items():
                found[said] += [value] * (value == number_of_account)
        for said, same in found.items():
            if len(same) >= max(Decimal(_ENOUGH), len(values) * _MOST) and len(set(same)) >= _ENOUGH:
                return said
    return ""


def _numbers_about_sessions(samples: Samples) -> Iterator[tuple[str, str]]:
    """Numbers of rows with a foreign key to the sessions, other than the ledger's, each with its sum for a session."""
    mapping = samples.mapping
    ledger = mapping.ledger.table.oid if mapping.ledger else 0
    for table, link, key in samples.referring_tables(mapping.sessions, {mapping.sessions.oid, ledger}):
        own = samples.key_of(table)
        if own is None or key.quoted != mapping.slots["key"] or not samples.sees(table, [own, link]):
            continue
        for item in row_amounts(samples, table, (own, link)) or ():
            of_row = {"price": item["column"], "parts": table.qualified, "session": link.quoted, "key": key.quoted}
            yield f"{item['column']} of {table.name}", fill_expression("of_parts", of_row)


def _goes_down(column: Column, accounts: AppAccounts) -> bool:
    is_spent = accounts.column(accounts.own.spent or "") == column
    return is_spent or any("-" in value for value in _added_to(column, accounts))


def _added_to(column: Column, accounts: AppAccounts) -> list[str]:
    return [value for text, value in accounts.added.items() if accounts.column(text) == column]


def _times(rows: Sequence[Row], place: int) -> Fraction | None:
    """How many times the cost of open sessions a column is, where that is the same for all accounts, and not once."""
    values = [Decimal(row.counters[place] or 0) for row in rows]
    totals = [Decimal(row.total) for row in rows]
    if len(set(totals)) < _ENOUGH or not all(value.is_finite() for value in values):
        return None
    times = {Fraction(value) / Fraction(total) for value, total in zip(values, totals, strict=True)}
    return times.pop() if len(times) == 1 and times.isdisjoint({0, 1}) else None


def _would_be_below_zero(rows: Sequence[Row], place: int) -> bool:
    values = [Decimal(row.counters[place] or 0) for row in rows]
    below = [value for row, value in zip(rows, values, strict=True) if value < Decimal(row.total)]
    return len(below) >= max(Decimal(_ENOUGH), len(rows) * _MOST) and min(values) >= 0


def uncounted(samples: Samples, columns: Sequence[Column]) -> list[Column]:
    """The columns that have not counted the cost of open sessions: for nearly all accounts they are below it."""
    if not columns or "balance" not in samples.mapping.slots or samples.mapping.is_by_account:
        return []
    rows = _read_held(samples, columns)
    return [one for place, one in enumerate(columns) if rows and _would_be_below_zero(rows, place)]


def counted_ever(samples: Samples, columns: Sequence[Column]) -> list[Column]:
    """The columns that have counted what all sessions cost: the app's own refunds have left them as they are."""
    link = samples.sessions.column(samples.own.account)
    if not columns or link is None or "balance" not in samples.mapping.slots or samples.mapping.is_by_account:
        return []
    costs = read_costs_by(samples, link)
    if costs is None or samples.accounts is None:
        return []
    if not any(row.settled for row in costs.rows) and not samples.is_netted():
        return []
    _, numbers = read_numbers(samples, samples.accounts, costs.owners, columns)
    places = (None, *range(len(costs.numbers)))  # where the amount is what a refund has left, a number has the charge

    def is_ever(column: Column) -> bool:
        target = [numbers[column.name]]
        if not all(value.is_finite() for value in target[0].values()):
            return False
        if is_explained(costs, target, unsettled(costs)):  # it is less what was refunded, or nothing was
            return False
        return any(is_explained(costs, target, [costs.rows], place=place) for place in places)

    return [column for column in columns if is_ever(column)]


def _read_held(samples: Samples, columns: Sequence[Column], **given: str) -> Sequence[Row]:
    """For each account, the cost of its open sessions and the columns' values; empty where reading takes too long."""
    return samples.try_ask(
        "compare_held", others=columns, account_ids=sorted(accounts_of_newest(samples)), payable_again=False,
        as_of=samples.context.as_of, **given,
    )  # fmt: skip


def _are_what_is_open(rows: Sequence[Row], places: Sequence[int]) -> bool:
    totals = [Decimal(row.total) for row in rows]
    same = [row for row, total in zip(rows, totals, strict=True) if total == _sum(row, places)]
    return len(same) >= max(Decimal(_ENOUGH), len(rows) * _MOST) and (len(set(totals)) > 1 or len(rows) > _ENOUGH * 2)


def _sum(row: Row, places: Sequence[int]) -> Decimal:
    return sum((Decimal(row.counters[place] or 0) for place in places), Decimal(0))


def check_below_zero(samples: Samples, accounts: AppAccounts) -> Iterator[Check]:
    """A counter that refunds lower by more than it has, for several accounts."""
    if not accounts.own.add or samples.mapping.is_by_account:
        return
    for text, value in accounts.own.add.items():
        column = accounts.column(text)
        if column is None or column.base_type not in EXACT_TYPES or "-" not in value or _ACCOUNT.search(value):
            continue
        has, taken = _read_lowered(samples, column)
        below = [one for one in has if has[one] < -taken[one]]
        # else it may have a sign, or count nothing yet
        counts = any(number > 0 for number in has.values()) and all(number >= 0 for number in has.values())
        if counts and len(below) >= _ENOUGH:
            one = below[0]
            yield warning(
                f"[accounts.add] {column.name} = {value!r} would bring {column.name} below zero for {len(below)} of "
                f"{len(has)} accounts with failed sessions, such as {one}, which has {number(has[one])}, "
                f"by {number(-taken[one])}: it has not counted all of these charges, or not since it was last reset",
                f"[accounts.add] {column.quoted}: what the session took of it",
            )


def _read_lowered(samples: Samples, column: Column) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    """What a column of each account has, and what the refunds of its failed sessions would add to it."""
    shares = items_of(samples.mapping.choices, "shares")
    lowered = [{"share": one["share"], "column": column.quoted} for one in shares if one["name"] == column.name]
    binds = {key: getattr(samples.settings.policy, key) for key in ("since", "max_amount")}
    has, taken = dict[str, Decimal](), defaultdict[str, Decimal](Decimal)
    for row in samples.try_read("sum_shares", samples.failed, lowered=lowered, **binds):
        if row.shares[0] is not None and row.has[0] is not None:
            has[row.account_id] = Decimal(row.has[0])
            taken[row.account_id] += Decimal(row.shares[0])  # in halves where the database refuses a session
    return has, taken


def check_own_numbers(samples: Samples, accounts: AppAccounts, costs: SessionCosts | None) -> Iterator[Check]:
    """Numbers of the accounts that changed by what the sessions took and were given back, and that a refund leaves."""
    if accounts.is_moved_by_app or costs is None or samples.hook_may_write([accounts.name]):
        return
    if samples.trigger_may_write(accounts.name):
        return
    known = accounts.moved | {accounts.column(accounts.own.id)}
    known |= {accounts.columns.get(word) for word in words_in(accounts.own.invariant or "")}
    others = [one for one in accounts.columns.values() if one.base_type in NUMBER_TYPES and one not in known]
    columns = samples.seen(accounts, [one for one in others if not one.generated], noted=False)[:_AT_MOST]
    _, numbers = read_numbers(samples, accounts, costs.owners, columns)
    for column in columns:
        # a pool may have given a part, which the session says; storage or pages are none
        places = range(len(costs.numbers)) if is_in_unit(column.name, accounts.own.balance or "") else ()
        for place in (None, *places):
            if (said := moved(costs, column, {column.name: numbers[column.name]}, place)) and said[1]:
                sign, share = "" if said[0] == DOWN else "-", "" if place is None else costs.numbers[place].name
                yield failure(
                    f"{column.name} of {accounts.name} has moved by exactly {f'{share} of ' if share else 'what '}"
                    f"sessions{' that are not refunded' if share else ' took and were given back'}, and a refund "
                    "leaves it as it is",
                    accounts.to_add(f'{column.quoted} = "{sign}{f"s.{share}" if share else "amount"}"'),
                )
                break
