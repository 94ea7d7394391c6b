"""Whether refunds would bring a counter of the accounts below zero, so that it cannot have counted their charges."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from sweeper.app.catalog import EXACT_TYPES, Column, Table
from sweeper.check.context import warning
from sweeper.check.rehearsal.samples import Samples, number
from sweeper.check.result import Check
from sweeper.config.model import AccountsSection
from sweeper.postgres.templates import Slots

_ENOUGH = 3
# a share that reads the account may stop at what is left there, as `least(amount, a.used)`
_ACCOUNT = re.compile(r"\ba\s*\.", re.IGNORECASE)


@dataclass(frozen=True)
class _Moved:
    """What a column of one account has, and what the refunds of its failed sessions would add to it."""

    account_id: str
    has: Decimal
    taken: Decimal

    @property
    def is_below(self) -> bool:
        """Whether it would go below zero."""
        return self.has < -self.taken


def check_below_zero(samples: Samples, accounts: Table, own: AccountsSection) -> Iterator[Check]:
    """A counter that refunds lower by more than it has, for several accounts."""
    if not own.add or samples.context.mapping.is_by_account:
        return
    for text, value in own.add.items():
        column = accounts.column(text)
        if column is None or column.base_type not in EXACT_TYPES or "-" not in value or _ACCOUNT.search(value):
            continue
        moved = _read(samples, column)
        below = [one for one in moved if one.is_below]
        # else it may have a sign, or count nothing yet
        counts = any(one.has > 0 for one in moved) and all(one.has >= 0 for one in moved)
        if counts and len(below) >= _ENOUGH:
            one = below[0]
            yield warning(
                "accounts",
                f"[accounts.add] {column.name} = {value!r} would bring {column.name} below zero for {len(below)} of "
                f"{len(moved)} accounts with failed sessions, such as {one.account_id}, which has {number(one.has)}, "
                f"by {number(-one.taken)}: it has not counted all of these charges, or not since it was last reset",
                f"[accounts.add] {column.quoted}: what the session took of it",
            )


def _read(samples: Samples, column: Column) -> list[_Moved]:
    shares = samples.context.mapping.choices["shares"]
    assert isinstance(shares, list)  # noqa: S101 - a list by its definition
    lowered: list[Slots] = [
        {"share": item["share"], "column": column.quoted} for item in shares if item["name"] == column.name
    ]
    taken: dict[str, _Moved] = {}
    policy = samples.context.settings.policy
    binds = {"since": policy.since, "max_amount": policy.max_amount}
    rows = samples.try_read("sum_shares", samples.newest(running=False), {}, {"lowered": lowered}, **binds)
    for row in rows:  # of each half where the database refuses a session
        if row.shares[0] is not None and row.has[0] is not None:
            before = taken[row.account_id].taken if row.account_id in taken else Decimal(0)
            taken[row.account_id] = _Moved(row.account_id, Decimal(row.has[0]), before + Decimal(row.shares[0]))
    return list(taken.values())
