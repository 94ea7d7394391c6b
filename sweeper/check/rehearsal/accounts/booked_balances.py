"""Whether the mapped balance is the sum of another table's rows, of which a refund writes none."""

from collections.abc import Iterator, Sequence

from sweeper.app.catalog import EXACT_TYPES, Column, Table
from sweeper.check.context import warning
from sweeper.check.rehearsal.hooks import hook_may_write
from sweeper.check.rehearsal.marks.row_amounts import AMOUNT
from sweeper.check.rehearsal.samples import Samples
from sweeper.check.rehearsal.tables import equal, fires_triggers, referring_tables
from sweeper.check.result import Check
from sweeper.config.model import AccountsSection
from sweeper.postgres.templates import fill_expression
from sweeper.postgres.transaction import Row

_ENOUGH, _AMOUNTS_AT_MOST = 5, 2


def check_booked(samples: Samples, accounts: Table, own: AccountsSection) -> Iterator[Check]:
    """Rows of charges and of all else that come to the balance: after a refund they would no longer."""
    context = samples.context
    moved = "balance" in context.mapping.slots and own.add != {} and not context.mapping.is_by_account
    if not moved or context.mapping.ledger is not None or fires_triggers(samples):
        return
    for table, link, key in _books(samples, accounts):
        for amount in _amounts(samples, table, link):
            row = _compare(samples, table, link, key, amount)
            if row and row.accounts >= _ENOUGH and not row.different and row.refunds >= row.accounts:
                yield warning(  # the app's own refunds may write none, of other accounts than these
                    "accounts",
                    f"accounts.balance = {own.balance!r} is what {amount.name} in the rows of {table.name} comes to, "
                    f"for all {row.accounts} accounts looked at, and a refund writes no row there",
                    "a trigger on sweeper's refunds that writes the rows (docs/hooks.md); or [ledger], when one row is "
                    "enough",
                )
                return


def _books(samples: Samples, accounts: Table) -> Iterator[tuple[Table, Column, Column]]:
    """Tables whose rows refer to an account, that column, and the account's; quick to read by it."""
    skipped = (accounts.oid, samples.context.mapping.sessions.oid)
    for table, link, key in referring_tables(samples, accounts, skipped):
        if not hook_may_write(samples, [table.name]):
            yield table, link, key


def _amounts(samples: Samples, table: Table, link: Column) -> Sequence[Column]:
    readable = samples.readable(table)
    if link not in readable:
        return []
    found = [one for one in readable if one.base_type in EXACT_TYPES and one != link and AMOUNT.search(one.name)]
    return found[:_AMOUNTS_AT_MOST]


def _compare(samples: Samples, table: Table, link: Column, key: Column, amount: Column) -> Row | None:
    order = samples.key_of(table)
    if order is None or order not in samples.readable(table):
        return None
    same = equal(samples, link)
    slots = {
        "ledger": table.qualified,
        "ledger_where": fill_expression("takes_away", {"amount": f"l.{amount.quoted}"}),
        "key": order.quoted,
        "account_column": link.quoted,
        "account_column_eq": same,
        "amount_column": amount.quoted,
        "accounts_id": f"a.{key.quoted}",
        "account_eq": same,
        "account_type": key.full_type,
    }
    return next(iter(samples.try_ask("compare_sums", slots, {"others": []})), None)
