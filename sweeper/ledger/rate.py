"""How much sweeper itself refunds, and whether that is far more than usual because a layer broke."""

from datetime import datetime

from sweeper.app.mapping import Mapping
from sweeper.core.results import Rate
from sweeper.postgres.transaction import Transaction

# a layer broke: at least this many refunds in a day, and this many times the usual number, known from some days before
_BROKEN_SESSIONS, _BROKEN_TIMES, _BROKEN_DAYS = 10, 5, 3


def read_rate(transaction: Transaction, mapping: Mapping, until: datetime) -> Rate:
    """The rate for the day that ends with ``until``, exclusive."""
    rows = transaction.rows(mapping.statement("refund_rate"), {"until": until})
    swept = [row for row in rows if row.reason is not None]
    last_day, earlier = sum(row.last_day for row in swept), sum(row.earlier for row in swept)
    days = rows[0].days
    if days < _BROKEN_DAYS:  # too early to know what is usual
        return Rate(last_day, None, None)
    usual = earlier / days
    broke = last_day >= _BROKEN_SESSIONS and last_day > _BROKEN_TIMES * usual
    # the reason that grew most
    reason = max(swept, key=lambda row: row.last_day - row.earlier / days).reason if broke else None
    return Rate(last_day, usual, reason)
