"""Whether sessions name an account by a foreign key while the file pays another one."""

import re
from collections.abc import Iterator, Sequence

from sweeper.app.catalog import TIME_TYPES, Column, Table, has_subquery
from sweeper.check.context import failure, warning
from sweeper.check.rehearsal.samples import Samples
from sweeper.check.rehearsal.tables import references
from sweeper.check.result import Check
from sweeper.config.model import AccountsSection
from sweeper.postgres.transaction import Row

_CHANGED = re.compile(r"(updat|modif|chang)", re.IGNORECASE)
_ENOUGH, _ODD, _MOST = 5, 0.05, 0.95
_ACCOUNTS_AT_LEAST = 3


def check_named_accounts(samples: Samples, accounts: Table, own: AccountsSection) -> Iterator[Check]:
    """Compare the accounts of the newest sessions with those that their foreign keys name.

    The time of an account's last change proves which of the two was charged, for a charge is a change.
    """
    context = samples.context
    sessions, text = context.mapping.sessions, context.settings.sessions.account
    payer, touched = sessions.column(text), _last_change(samples, accounts, own)
    chosen = [*samples.newest(running=False), *samples.newest(running=True)]
    if context.mapping.is_by_account or not chosen:
        return
    for column in samples.seen(sessions, _links(samples, accounts, own)):
        plain = payer is not None or (not has_subquery(text) and column.name.lower() in text.lower())
        if column == payer or (plain and touched is None):
            continue
        slots = {"column": column.quoted, "touched_column": touched.quoted if touched else ""}
        rows = samples.read("compare_named_accounts", chosen, slots, {"touched": touched is not None})
        yield from _compare(rows, column, touched, text, plain=plain)


def _compare(rows: Sequence[Row], column: Column, touched: Column | None, text: str, *, plain: bool) -> Iterator[Check]:
    others = [row for row in rows if row.account != row.named]
    if len(others) < _ENOUGH or len(others) <= len(rows) * _ODD:
        return
    sample = others[0]
    said = (
        f"sessions.account = {text!r} is another account than {column.name} names, for {len(others)} of {len(rows)} "
        f"sessions, such as {sample.session_id}: {sample.account} instead of {sample.named}"
    )
    fix = f'sessions.account: who was charged; "{column.name}"?'
    unchanged = sum(row.ours_changed is False for row in others)
    confirmed = sum(row.ours_changed is True for row in others) >= len(others) * _MOST
    changed = sum(row.theirs_changed is True for row in others)
    # an account whose last change is the moment in which a session began was charged for that session
    charged = {row.named for row in rows if row.theirs_changed and row.theirs_not_later}
    proven = unchanged > len(others) / 2 and changed >= len(others) * _MOST and len(charged) >= _ACCOUNTS_AT_LEAST
    if touched and unchanged >= _ENOUGH and proven:
        said += (
            f"; by {touched.name} the latter was changed as the session began, and the former was not since, for "
            f"{unchanged}"
        )
        yield failure("accounts", said, fix)
    elif not confirmed and not plain:
        yield warning("accounts", said, fix)


def _links(samples: Samples, accounts: Table, own: AccountsSection) -> list[Column]:
    """The columns of a session that are foreign keys to the id of the accounts."""
    sessions, key = samples.context.mapping.sessions, accounts.column(own.id)
    return [
        sessions.columns[row.column_name]
        for row in references(samples, of=sessions, to=accounts)
        if key is not None and row.target_column == key.name and row.column_name in sessions.columns
    ]


def _last_change(samples: Samples, accounts: Table, own: AccountsSection) -> Column | None:
    """The column that has the time of an account's last change."""
    mapped = accounts.column(own.updated_at) if own.updated_at else None
    found = [one for one in accounts.columns.values() if one.base_type in TIME_TYPES and _CHANGED.search(one.name)]
    return next(iter(samples.seen(accounts, [mapped] if mapped else found[:1])), None)
