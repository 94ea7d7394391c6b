"""Whether what a refund gives back expires sooner than what the app's own refunds gave back."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from sweeper.app.over_refund import names_in
from sweeper.check.rehearsal.ledger.app_ledger import AppLedger
from sweeper.check.rehearsal.past_refunds.compared_columns import ComparedColumn
from sweeper.check.rehearsal.past_refunds.past_rows import read_pairs
from sweeper.check.rehearsal.samples import Samples, named
from sweeper.check.result import Check, failure, warning

_EXPIRES = re.compile(r"expir|valid_?(until|to)|(^|_)until$|(^|_)ends?_?(at|on)$|lapse", re.IGNORECASE)
_ENOUGH, _HALF = 3, 0.5


def check_expiry(samples: Samples, ledger: AppLedger) -> Iterator[Check]:
    """A time that lies ahead of the row's own by less than half as long as in all of the app's refunds."""
    times = {one: value.strip() for one, value in ledger.values.items() if one.is_time and "at" in names_in(value)}
    times = {one: times[one] for one in samples.seen(ledger.table, [*times])}
    written = next((one for one, value in times.items() if value == "at" and not _EXPIRES.search(one.name)), None)
    if written is None:
        return
    for column, value in times.items():
        if not _EXPIRES.search(column.name) or column.base_type != written.base_type:
            continue
        compared = [ComparedColumn(one, times[one], "") for one in (column, written)]
        spans = [
            (row.session_id, _span(row.ours), _span(row.theirs)) for row in read_pairs(samples, ledger, compared, [])
        ]
        known = [(one, ours, theirs) for one, ours, theirs in spans if ours is not None and theirs is not None]
        if len(known) >= _ENOUGH and all(ours < theirs * _HALF for _, ours, theirs in known):
            one, ours, theirs = known[0]
            at_once = ours <= timedelta(0)
            yield (failure if at_once else warning)(
                f"{column.name} = {value!r} is {ours} after the refund, and {theirs} in the app's own refunds, such "
                f"as that of {named([one])}: what is refunded expires {'at once' if at_once else 'sooner'}",
                f"[ledger.insert] {column.quoted}: as long after at as in the app's own refunds",
            )
            return


def _span(pair: list[str | None]) -> timedelta | None:
    """The time from the second to the first; None where one is missing, or infinite."""
    try:
        first, second = (datetime.fromisoformat(text or "") for text in pair)
    except ValueError:
        return None
    return first - second
