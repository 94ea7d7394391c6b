"""Whether the account of a session is the one that foreign keys lead to, and the row of the period of its charge."""

import re
from collections.abc import Iterator, Sequence

from sweeper.app.catalog import TIME_TYPES, Column, Table, has_subquery, words_in
from sweeper.check.rehearsal.accounts.app_accounts import AppAccounts
from sweeper.check.rehearsal.accounts.balance_moves import are_balances_explained
from sweeper.check.rehearsal.accounts.other_numbers import owner_columns
from sweeper.check.rehearsal.samples import Samples
from sweeper.check.result import Check, failure, warning
from sweeper.postgres.transaction import Row

Link = tuple[int, str]
_BALANCE = re.compile(r"credit|balance|coin|token|wallet|points", re.IGNORECASE)
_NO_BALANCE = re.compile(r"price|cost|limit|max|used|spent|_id$|id$|per_", re.IGNORECASE)
_CHANGED = re.compile(r"(updat|modif|chang)", re.IGNORECASE)
_READ = re.compile(r'\(\s*SELECT\s+(?:\w+\.)?"?(\w+)"?\s+FROM\s+(?:\w+\.)?"?(\w+)"?\s+', re.IGNORECASE)
_ENOUGH, _ODD, _MOST = 5, 0.05, 0.95
_ACCOUNTS_AT_LEAST = 3
# accounts with a row for each period, such as a month
_PERIOD = re.compile(r"period|month|cycle|week|(^|_)(day|date)(_|$)|start|begin|(^|_)from(_|$)", re.IGNORECASE)
_MOMENTS = (*TIME_TYPES, "date")
_EARLY_AT_LEAST = 3


def wrong_table(samples: Samples, accounts: AppAccounts) -> Iterator[Check]:
    """A foreign key of ``sessions.account`` to another table, whose numbers may happen to exist among the accounts.

    Nothing where ids are not numbers (they would not be found), or where both tables are the same thing by other keys.
    """
    own, sessions = samples.own, samples.sessions
    payer, key = sessions.column(own.account), accounts.column(accounts.own.id)
    read = _READ.match(own.account)
    if payer is None and read and (oid := next((one.oid for one in samples.tables() if one.table_name == read[2]), 0)):
        sessions = samples.table(oid)  # whose column the subquery gives
        payer = sessions.columns.get(read[1])
    if payer is None or key is None or not payer.is_whole or payer.name == key.name:
        return
    known: dict[Link, set[Link]] = {}
    for row in samples.references():
        known.setdefault((row.table_oid, row.column_name), set()).add((row.target_oid, row.target_column))
    targets = _reached((sessions.oid, payer.name), known) - {(sessions.oid, payer.name)}
    if not targets or targets & _reached((accounts.oid, key.name), known):
        return
    oid, column = min(targets)
    name_of_target = next((row.as_sql for row in samples.tables() if row.oid == oid), "another table")
    others = [name for name in accounts.columns if name != key.name]
    links = [name for name in others if name == payer.name or targets & _reached((accounts.oid, name), known)]
    # without another link both may use the same number on purpose, unless the table generates its own
    # an account that names its owner by kind and number generates its own numbers, too
    owned = [name for name in others if name.endswith("_id") and f"{name.removesuffix('_id')}_type" in others]
    sure = links or owned or key.name in samples.defaults(accounts)
    yield (failure if sure else warning)(
        f"sessions.account = {own.account!r} refers to {column} of {name_of_target} by a foreign key, and "
        f"accounts.id = {accounts.own.id!r} of {accounts.name} is another number: a refund would go to whoever has it",
        f'accounts.id = "{links[0]}"' if links else "accounts.table and accounts.id: where that account's balance is",
    )


def _reached(start: Link, known: dict[Link, set[Link]]) -> set[Link]:
    """Every column that holds the same value, found by following foreign keys."""
    found, new = {start}, {start}
    while new:
        new = {target for link in new for target in known.get(link, set())} - found
        found |= new
    return found


def check_payers(samples: Samples, accounts: AppAccounts) -> Iterator[Check]:
    """Another foreign key of the sessions, to a table whose rows have what looks like a balance."""
    if samples.mapping.ledger is not None:  # its charges and refunds name their account
        return
    sessions, account = samples.sessions, samples.own.account
    tables = samples.readable_oids()
    for row in samples.references(of=sessions):
        if row.target_oid in (accounts.oid, sessions.oid) or row.target_oid not in tables:
            continue
        if row.column_name.lower() in account.lower():
            continue
        other = samples.table(row.target_oid)
        if samples.hook_may_write([other.name]):
            continue
        columns = samples.columns(other, is_balance)
        used = [column.name for column in samples.used_columns(other, columns)]
        if used and samples.is_shared(row.column_name) and not are_balances_explained(samples):
            yield warning(
                f"sessions also name a row of {other.name} by {row.column_name}, which has {', '.join(used)}: "
                f"sessions.account = {account!r} pays {accounts.own.table}",
                f"sessions.account = {row.column_name!r}, accounts.table = {other.name!r}, if that is who was charged",
            )
            return


def is_balance(column: Column) -> bool:
    return column.is_number and bool(_BALANCE.search(column.name)) and not _NO_BALANCE.search(column.name)


def check_named_accounts(samples: Samples, accounts: AppAccounts) -> Iterator[Check]:
    """Compare the accounts of the newest sessions with those that their foreign keys name.

    The time of an account's last change proves which of the two was charged, for a charge is a change.
    """
    sessions, text = samples.sessions, samples.own.account
    payer, touched = sessions.column(text), _last_change(samples, accounts)
    chosen = samples.live()
    if samples.mapping.is_by_account or not chosen:
        return
    for column in samples.seen(sessions, _links_to_accounts(samples, accounts)):
        plain = payer is not None or (not has_subquery(text) and column.name.lower() in text.lower())
        if column == payer or (plain and touched is None):
            continue
        rows = samples.read("compare_named_accounts", chosen, column=column, touched=touched)
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
        yield failure(said, fix)
    elif not confirmed and not plain:
        yield warning(said, fix)


def _links_to_accounts(samples: Samples, accounts: AppAccounts) -> list[Column]:
    """The columns of a session that are foreign keys to the id of the accounts."""
    sessions, key = samples.sessions, accounts.column(accounts.own.id)
    return [
        sessions.columns[row.column_name]
        for row in samples.references(of=sessions, to=accounts)
        if key is not None and row.target_column == key.name and row.column_name in sessions.columns
    ]


def _last_change(samples: Samples, accounts: AppAccounts) -> Column | None:
    mapped = accounts.column(accounts.own.updated_at or "")
    found = [one for one in accounts.columns.values() if one.is_time and _CHANGED.search(one.name)]
    return next(iter(samples.seen(accounts, [mapped] if mapped else found[:1])), None)


def check_periods(samples: Samples, accounts: AppAccounts) -> Iterator[Check]:
    """A subquery for the account that finds the row of an earlier period: a later one had begun, too.

    One that goes by more than the owner, a time and the period, such as a currency or the session's id, chooses among
    rows of other kinds, or reads what the app has written down.
    """
    own, mapping = samples.own, samples.mapping
    if not has_subquery(own.account) or mapping.is_by_account:
        return
    for owner, of_sessions in owner_columns(samples, accounts):
        if _goes_by_more(samples, accounts, {owner.name, of_sessions.name}):
            continue
        for column in samples.seen(accounts, [*_periods(accounts)], noted=False):
            of_text = column.base_type not in _MOMENTS
            rows = samples.try_read("compare_periods", samples.list_owed(), link=owner, column=column, of_text=of_text)
            early = [row for row in rows if row.later is not None]
            if len(early) >= _EARLY_AT_LEAST and len(early) * 2 > len(rows):
                sample = early[0]
                yield warning(
                    f"sessions.account = {own.account!r} is the row of an earlier {column.name} than that in which "
                    f"sessions began, for {len(early)} of {len(rows)}, such as {sample.session_id}: "
                    f"{sample.period} beside {sample.later} of the same {owner.name}",
                    f"sessions.account: the row of {accounts.name} that had begun last when the session did",
                )
                return


def _goes_by_more(samples: Samples, accounts: Table, owner: set[str]) -> bool:
    text, sessions = samples.own.account, samples.sessions
    key, known = accounts.column(samples.mapping.slots["accounts_key"]), [*_periods(accounts)]
    read = [accounts.columns[name] for name in words_in(text) & accounts.columns.keys()]
    read = [one for one in read if one != key and one not in known and one.name not in owner]
    named = [sessions.columns.get(name) for name in re.findall(r"(?<!\w)s\.\"?(\w+)", text)]
    read += [one for one in named if one is not None and one.name not in owner]
    return any(one.base_type not in _MOMENTS for one in read)


def _periods(accounts: Table) -> Iterator[Column]:
    for column in accounts.columns.values():
        if _PERIOD.search(column.name) and (column.base_type in _MOMENTS or column.category == "S"):
            yield column
