"""Whether a refund leaves out a balance that is the sum of the ledger, or rows that the mapped one is the sum of."""

from collections.abc import Iterator, Sequence

from sweeper.app.catalog import EXACT_TYPES, Column, Table, has_subquery
from sweeper.check.rehearsal.accounts.app_accounts import AppAccounts
from sweeper.check.rehearsal.ledger.app_ledger import AppLedger, app_ledger
from sweeper.check.rehearsal.ledger.kinds_of_ledgers import LEFT
from sweeper.check.rehearsal.marks.row_amounts import AMOUNT
from sweeper.check.rehearsal.reading import ROWS_UNANSWERED, UNANSWERED
from sweeper.check.rehearsal.samples import Samples
from sweeper.check.rehearsal.tables import adds_later
from sweeper.check.result import Check, failure, warning
from sweeper.postgres.templates import fill_expression
from sweeper.postgres.transaction import Row

_ENOUGH, _TABLES_AT_MOST, _COLUMNS_AT_MOST = 3, 6, 8
_MANY, _AMOUNTS_AT_MOST = 5, 2


def check_unmoved(samples: Samples) -> Iterator[Check]:
    """A column that has the sum of an account's rows, and that a refund does not change."""
    own, ledger = samples.settings.accounts, app_ledger(samples)
    if ledger is None or samples.mapping.is_by_account or (own is not None and (own.balance or own.add is not None)):
        return
    accounts = _accounts_of(samples, ledger)
    if not ledger.amounts or ledger.key is None or adds_later(ledger.table):
        return
    for account, table, link in [(one, *beside) for one in accounts for beside in _beside(samples, ledger.table, one)]:
        if found := _balance_of(samples, table, link, ledger, [ledger.key, account, ledger.amounts[0]]):
            column, sample = found
            yield failure(
                f"{column.name} of {table.name} is what the rows of {ledger.table.name} come to for each account, such "
                f"as {sample}, and no refund moves it",
                f'[accounts] table = "{table.name}", id = "{link}", balance = "{column.name}"; where a trigger of the '
                "app's moves it, an empty [accounts.add]",
            )
            return


def _accounts_of(samples: Samples, ledger: AppLedger) -> list[Column]:
    """The column for the account; where it is worked out, foreign keys of the ledger that a subquery fills."""
    if ledger.account is not None:
        return [ledger.account]
    sessions = samples.sessions.oid
    named = {row.column_name for row in samples.references(of=ledger.table) if row.target_oid != sessions}
    return [one for one in ledger.table.columns.values()
            if one.name in named and has_subquery(ledger.values.get(one, ""))]  # fmt: skip


def _beside(samples: Samples, ledger: Table, account: Column) -> Iterator[tuple[Table, str]]:
    """The table of the ledger's accounts, and tables with one row for each account."""
    tables = samples.readable_oids()
    own = [row for row in samples.references(of=ledger) if row.column_name == account.name]
    targets = {(row.target_oid, row.target_column) for row in own}
    links = [*targets, *((row.table_oid, row.column_name) for row in samples.references()
                         if (row.target_oid, row.target_column) in targets)]  # fmt: skip
    skipped = (ledger.oid, samples.sessions.oid)
    for oid, column in links[:_TABLES_AT_MOST]:
        if oid not in skipped and oid in tables:
            table = samples.table(oid)
            if not samples.hook_may_write([table.name]) and column in samples.unique_names(table):
                yield table, column


def _balance_of(
    samples: Samples, table: Table, link: str, ledger: AppLedger, read: list[Column]
) -> tuple[Column, str] | None:
    """The column that has the sum for each account, and an example."""
    key, account, amount = read
    numbers = [one for one in table.columns.values() if one.is_number and one.name != link and not one.generated]
    numbers = samples.seen(table, numbers[:_COLUMNS_AT_MOST])
    if not (numbers and samples.sees(ledger.table, read) and samples.sees(table, [table.columns[link]])):
        return None
    rows = samples.try_ask(
        "compare_unmoved", ROWS_UNANSWERED, key=key, account_column=account, amount_column=amount, table=table,
        others=numbers, link=table.columns[link], ledger_oid=ledger.table.oid,
    )  # fmt: skip
    if not rows:
        return None
    row = rows[0]
    same = [one for one, count in zip(numbers, row.equal, strict=True) if count == row.accounts]
    return (same[0], row.sample) if same and row.accounts >= _ENOUGH and not row.may_move else None


def check_booked(samples: Samples, accounts: AppAccounts) -> Iterator[Check]:
    """Rows of charges and of all else that come to the balance: after a refund they would no longer."""
    moved = "balance" in samples.mapping.slots and accounts.own.add != {} and not samples.mapping.is_by_account
    if not moved or samples.mapping.ledger is not None or samples.fires_triggers():
        return
    for table, link, key in samples.referring_tables(accounts, (accounts.oid, samples.sessions.oid)):
        for amount in [] if samples.hook_may_write([table.name]) else _amounts(samples, table, link):
            row = _compare(samples, table, link, key, amount)
            # what is left of lots that are used up one by one has no negative numbers
            spent = row and (row.refunds >= row.accounts or (LEFT.search(amount.name) and row.totals >= _ENOUGH))
            if row and spent and row.accounts >= _MANY and not row.different:
                yield warning(  # the app's own refunds may write none, of other accounts than these
                    f"accounts.balance = {accounts.own.balance!r} is what {amount.name} in the rows of {table.name} "
                    f"comes to, for all {row.accounts} accounts looked at, and a refund writes no row there",
                    "a trigger on sweeper's refunds that writes the rows (docs/hooks.md); or [ledger], when one row is "
                    "enough",
                )
                return


def amounts_of_balance(samples: Samples, table: Table) -> list[Column]:
    """The numbers in a table's rows that come to the balance, for all accounts looked at."""
    accounts = samples.accounts
    if accounts is None or "balance" not in samples.mapping.slots or samples.mapping.is_by_account:
        return []
    found = []
    for other, link, key in samples.referring_tables(accounts, (accounts.oid, samples.sessions.oid)):
        for amount in _amounts(samples, table, link) if other.oid == table.oid else ():
            row = _compare(samples, table, link, key, amount)
            if row and row.accounts >= _ENOUGH and not row.different and row.totals >= _ENOUGH:
                found.append(amount)
    return found


def _amounts(samples: Samples, table: Table, link: Column) -> Sequence[Column]:
    readable = samples.readable(table)
    if link not in readable:
        return []
    found = [one for one in readable if one.base_type in EXACT_TYPES and one != link and AMOUNT.search(one.name)]
    return found[:_AMOUNTS_AT_MOST]


def _compare(samples: Samples, table: Table, link: Column, key: Column, amount: Column) -> Row | None:
    rows = samples.ask_table(
        table, "compare_sums", UNANSWERED, ledger=table, account_column=link, amount_column=amount, others=[],
        ledger_where=fill_expression("takes_away", {"amount": f"l.{amount.quoted}"}),
        accounts_id=f"a.{key.quoted}", account_eq=samples.equal(link), account_type=key.full_type,
    )  # fmt: skip
    return next(iter(rows), None)
