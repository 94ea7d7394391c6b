"""Whether sessions also name another account with a balance, which may be the one that was charged."""

import re
from collections.abc import Iterator

from sweeper.app.catalog import Column, Table
from sweeper.check.context import warning
from sweeper.check.rehearsal.accounts.balance_moves import are_balances_explained
from sweeper.check.rehearsal.counts import count_rows
from sweeper.check.rehearsal.hooks import hook_may_write
from sweeper.check.rehearsal.samples import Samples, is_shared
from sweeper.check.result import Check
from sweeper.config.model import AccountsSection

_BALANCE = re.compile(r"credit|balance|coin|token|wallet|points", re.IGNORECASE)
_NO_BALANCE = re.compile(r"price|cost|limit|max|used|spent|_id$|id$|per_", re.IGNORECASE)


def check_payers(samples: Samples, accounts: Table, own: AccountsSection) -> Iterator[Check]:
    """Another foreign key of the sessions, to a table whose rows have what looks like a balance."""
    context = samples.context
    if context.mapping.ledger is not None:  # its charges and refunds name their account
        return
    sessions, account = context.mapping.sessions, context.settings.sessions.account
    tables = {row.oid: row.as_sql for row in samples.tables()}
    for row in samples.ask("list_references", {}):
        if (
            row.table_oid != sessions.oid
            or row.target_oid in (accounts.oid, sessions.oid)
            or row.target_oid not in tables
        ):
            continue
        if row.column_name.lower() in account.lower():
            continue
        other = samples.table("accounts.table", tables[row.target_oid])
        if hook_may_write(samples, [other.name]):
            continue
        columns = samples.seen(other, [one for one in other.columns.values() if _is_balance(one)])
        _, counts = count_rows(samples, other, columns, "number")
        used = [column.name for column, count in zip(columns, counts, strict=False) if count]
        if used and is_shared(samples, row.column_name) and not are_balances_explained(samples, accounts, own):
            yield warning(
                "accounts",
                f"sessions also name a row of {other.name} by {row.column_name}, which has {', '.join(used)}: "
                f"sessions.account = {account!r} pays {own.table}",
                f"sessions.account = {row.column_name!r}, accounts.table = {other.name!r}, if that is who was charged",
            )
            return


def _is_balance(column: Column) -> bool:
    return column.is_number and bool(_BALANCE.search(column.name)) and not _NO_BALANCE.search(column.name)
