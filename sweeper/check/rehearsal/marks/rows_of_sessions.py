"""What rows of other tables that look like refunds say of sessions."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from sweeper.postgres.transaction import Row

_NEARLY, _ENOUGH = 0.8, 3


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
