"""Shares of a refund that are a multiple of the amount, such as cents beside credits, or go the wrong way."""

import re
from collections.abc import Iterator
from fractions import Fraction

from sweeper.check.rehearsal.accounts.app_accounts import AppAccounts
from sweeper.check.rehearsal.accounts.costs import (
    SessionCosts,
    agree,
    is_explained,
    is_proof,
    read_numbers,
    total,
    unsettled,
)
from sweeper.check.rehearsal.samples import Samples
from sweeper.check.result import Check, failure

_SHARE = re.compile(r'\s*(?P<sign>-?)\s*(amount|s\.(?P<column>\w+|"[^"]+"))\s*')
_AMOUNT = re.compile(r"\s*(?P<sign>-?)\s*amount\s*(?:(?P<way>[*/])\s*(?P<by>\d+(?:\.\d+)?)\s*)?")


def factor_of(value: str) -> Fraction | None:
    """How many times the amount a share is, such as 100 for ``amount * 100``; None where it is something else."""
    found = _AMOUNT.fullmatch(value)
    by = Fraction(found["by"] or 1) if found else Fraction(0)
    if not found or not by:
        return None
    times = 1 / by if found["way"] == "/" else by
    return -times if found["sign"] else times


def check_scaled_shares(samples: Samples, accounts: AppAccounts, costs: SessionCosts | None) -> Iterator[Check]:
    """Columns that have moved by what sessions took, and that a refund would move by a multiple of it."""
    for text, value in accounts.added.items():
        column, times = accounts.column(text), factor_of(value)
        if costs is None or column is None or times is None or abs(times) == 1:
            yield from _further(samples, accounts, costs, text, value)
            continue
        _, numbers = read_numbers(samples, accounts, costs.owners, [column])
        has = {one: number for one, number in numbers[column.name].items() if number.is_finite()}
        moved = {one: -number if times > 0 else number for one, number in has.items()}
        if is_explained(costs, [moved], [costs.rows, *unsettled(costs)]):
            sign = "-" if times < 0 else ""
            yield failure(
                f"{column.name} has moved by exactly what sessions took, for {len(costs.owners)} accounts, such as "
                f"{costs.owners[0]}, and [accounts.add] {column.name} = {value!r} would give back "
                f"{abs(times)} times as much",
                f'[accounts.add] {column.quoted} = "{sign}amount", and accounts.balance in its unit',
            )


def _further(
    samples: Samples, accounts: AppAccounts, costs: SessionCosts | None, text: str, value: str
) -> Iterator[Check]:
    """A column that has moved one way with a number of the sessions, and that a refund would move further that way."""
    column, share = accounts.column(text), _SHARE.fullmatch(value)
    if costs is None or column is None or share is None:
        return
    name = share["column"]
    place = next((place for place, one in enumerate(costs.numbers) if name in (one.name, one.quoted)), None)
    if name and place is None:
        return
    _, numbers = read_numbers(samples, accounts, costs.owners, [column])
    has = {one: -number if share["sign"] else number for one, number in numbers[column.name].items()}
    for rows in unsettled(costs) if all(number.is_finite() for number in has.values()) else ():
        totals = total(costs, rows, place)
        agreed = agree(has, totals)
        if is_proof(agreed, totals, has) and any(totals.values()):
            yield failure(
                f"{column.name} has gone {'down' if share['sign'] else 'up'} by exactly {name or 'the amounts'} of "
                f"sessions, for {len(agreed)} accounts, such as {costs.owners[0]}, and [accounts.add] {column.name} = "
                f"{value!r} would move it further",
                f"[accounts.add] {column.quoted}: with the other sign",
            )
            return
