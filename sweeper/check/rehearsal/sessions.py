"""Which sessions have failed, are owed or have succeeded, and what the rows of `look_at_newest` show of refunds."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from sweeper.app.catalog import Column
from sweeper.check.rehearsal.samples import Samples
from sweeper.config.model import SessionsSection
from sweeper.postgres.errors import TooSlow
from sweeper.postgres.transaction import Row

# so many sessions show whether several name the same row
_SHARED = 10


def is_shared(samples: Samples, link: str) -> bool:
    """Whether several sessions name the same row, as those of one account do; a row for each is no account."""
    column = samples.mapping.sessions.columns[link]
    if not samples.sees(samples.mapping.sessions, [column]):
        return True
    named = [row.value for row in samples.read("list_texts", samples.newest(running=False), {"column": column.quoted})]
    return len(named) < _SHARED or len(set(named)) < len(named)


def read_failed(samples: Samples) -> list[Row]:
    """The newest failed sessions, as `look_at_newest` has them."""
    return samples.read("look_at_newest", samples.newest(running=False))


def owed_ids(rows: Sequence[Row]) -> list[str]:
    """The ids of those sessions, as `look_at_newest` has them, that are not refunded and have an amount."""
    return [row.session_id for row in rows if row.unpaid and is_owed(row)]


def list_owed(samples: Samples) -> list[str]:
    """The ids of those of the newest failed sessions that would be paid."""
    return owed_ids(read_failed(samples))


def texts_of_owed(samples: Samples, columns: Sequence[Column]) -> Iterator[tuple[Column, list[Row]]]:
    """What columns of the sessions say of those that would be paid."""
    owed = list_owed(samples)
    for column in samples.seen(samples.mapping.sessions, columns) if owed else ():
        yield column, samples.read("list_texts", owed, {"column": column.quoted})


def settled_ids(samples: Samples) -> list[str]:
    """Some sessions that succeeded; empty where finding them takes too long."""
    succeeded = samples.settings.sessions.succeeded
    rows = samples.try_ask("list_settled", {}, unanswered=(TooSlow,)) if succeeded else []
    return [row.session_id for row in rows]


def is_owed(row: Row) -> bool:
    """Whether a session, as `look_at_newest` has it, has an amount to pay."""
    amount = Decimal(row.amount or 0)
    return amount.is_finite() and amount > 0


def is_refunded(row: Row) -> bool:
    """Whether the app has refunded a session, as `look_at_newest` has it; not so one that is never paid."""
    return not row.unpaid and not row.never


def marks_in(own: SessionsSection, text: str) -> list[str]:
    """The columns that a refund sets, as the file names them, which an expression reads; by their names alone."""
    read = text.lower()
    words = {name: re.escape(name.strip('"').lower()) for name in own.refunded}
    return [name for name, word in words.items() if re.search(rf"(?<!\w){word}(?!\w)", read)]


def is_netted(samples: Samples) -> bool:
    """Whether the app's refunds may have brought amounts to nothing, while sessions that succeeded have one."""
    own, ledger = samples.settings.sessions, samples.settings.ledger
    netted = bool(marks_in(own, own.amount)) or (ledger is not None and ledger.past is not None)
    return netted and any(is_owed(row) for row in samples.read("look_at_newest", settled_ids(samples)))


def sees_none(samples: Samples, session_ids: Sequence[str]) -> bool:
    """Whether the app has refunded none of these sessions, as the file reads them.

    One that owes nothing any more, as its amount is read from a hold, is refunded where the ledger has its refund.
    """
    rows = samples.read("look_at_newest", session_ids)
    return bool(rows) and not any(
        row.given_back or not row.unpaid if is_owed(row) else not row.unpaid and not row.excluded for row in rows
    )
