"""Shares of a refund that are a multiple of the amount, such as cents beside credits."""

import re
from collections.abc import Iterator
from fractions import Fraction

from sweeper.check.rehearsal.accounts.app_accounts import AppAccounts
from sweeper.check.rehearsal.accounts.costs import (
    SessionCosts,
    is_explained,
    read_numbers,
    unsettled,
)
from sweeper.check.rehearsal.samples import Samples
from sweeper.check.result import Check, failure

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
