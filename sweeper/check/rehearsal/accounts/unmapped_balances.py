"""Whether a refund leaves out a balance that is the sum of the ledger, or rows that the mapped one is the sum of."""

from collections.abc import Iterator, Sequence

from sweeper.app.catalog import EXACT_TYPES, Column, Table, has_subquery
from sweeper.check.rehearsal.accounts.account_links import is_balance
from sweeper.check.rehearsal.accounts.app_accounts import AppAccounts, app_accounts
from sweeper.check.rehearsal.accounts.other_numbers import is_report, never_moves
from sweeper.check.rehearsal.ledger.app_ledger import AppLedger, app_ledger
from sweeper.check.rehearsal.ledger.kinds_of_ledgers import LEFT
from sweeper.check.rehearsal.marks.row_amounts import AMOUNT
from sweeper.check.rehearsal.reading import UNANSWERED
from sweeper.check.rehearsal.samples import Samples
from sweeper.check.rehearsal.tables import adds_later
from sweeper.check.result import Check, failure, warning
from sweeper.postgres.templates import fill_expression
from sweeper.postgres.transaction import Row

# accounts with refunds among those looked at: what counts the rest is not equal by chance
_ENOUGH, _REFUNDED, _MOST, _TABLES_AT_MOST = 3, 2, 0.8, 6
_MANY, _AMOUNTS_AT_MOST = 5, 2


def check_other_sums(samples: Samples) -> Iterator[Check]:
    """A number of a table that the ledger's rows name is their sum: a balance, or what each key has spent.

    The app's refunds are among the rows, and have moved it, if no job of the app's works it out from them.
    """
    ledger, accounts = app_ledger(samples), app_accounts(samples)
    if ledger is None or not ledger.amounts or samples.mapping.is_by_account:
        return
    moved = accounts is not None and (accounts.own.balance or accounts.own.add is not None)
    payers = [] if moved or adds_later(ledger.table) else _accounts_of(samples, ledger)
    left_out = list[str]()
    for link, table, key in _named_by(samples, ledger, payers):
        if is_report(table) or samples.hook_may_write([table.name]) or samples.trigger_may_write(table.name):
            continue
        is_payer = link in payers
        if is_payer and accounts is None:
            _, different = samples.count_different(table, samples.columns(table, is_balance))
            left_out += [f"{one.name} of {table.name}" for one, count in different.items() if count > 1]
        for column, sample in _sums_by(samples, ledger, link, table, key, is_payer=is_payer)[:1]:
            if is_payer:
                yield failure(
                    f"{column.name} of {table.name} is what the rows of {ledger.table.name} come to for each account, "
                    f"such as {sample}, and no refund moves it",
                    f'[accounts] table = "{table.name}", id = "{key.name}", balance = "{column.name}"; where a trigger '
                    "of the app's moves it, an empty [accounts.add]",
                )
                return
            yield (failure if ledger.account is None and never_moves(samples, accounts) else warning)(
                f"{column.name} of {table.name} is what {ledger.amounts[0].name} in the rows of {ledger.table.name} "
                f"comes to by {link.name}, with the app's own refunds, and a refund leaves it as it is",
                f"a trigger on sweeper's refunds that moves {column.name} of {table.name} (docs/hooks.md), if no job "
                "of the app's works it out from the rows",
            )

    if left_out:
        yield warning(
            f"[accounts] is left out, and what looks like a balance is in {left_out[0]}, whose row is that of the "
            "account: no trigger is there that would move it",
            "[accounts], with that column as accounts.balance; unless a job of the app's adds up the ledger",
        )


def _accounts_of(samples: Samples, ledger: AppLedger) -> list[Column]:
    """The column for the account; where it is worked out, foreign keys of the ledger that a subquery fills."""
    if ledger.account is not None:
        return [ledger.account]
    named = {row.column_name for row in samples.references(of=ledger.table) if row.target_oid != samples.sessions.oid}
    return [one for one, value in ledger.values.items() if one.name in named and has_subquery(value)]


def _named_by(samples: Samples, ledger: AppLedger, payers: list[Column]) -> Iterator[tuple[Column, Table, Column]]:
    """Tables whose rows the ledger names, by the column that does; for accounts also those with a row for each."""
    columns, accounts = ledger.table.columns, samples.accounts
    chosen = ledger.values if accounts else payers
    found = []
    for row in [row for row in samples.references(of=ledger.table) if columns[row.column_name] in chosen]:
        found.append((row.column_name, row.target_oid, row.target_column))
        beside = samples.references() if columns[row.column_name] in payers else []
        found += [(row.column_name, one.table_oid, one.column_name) for one in beside
                  if (one.target_oid, one.target_column) == (row.target_oid, row.target_column)]  # fmt: skip
    known = {samples.sessions.oid, ledger.table.oid, accounts.oid if accounts and not payers else 0}
    tables = samples.readable_oids() - known
    for name, oid, key in [one for one in dict.fromkeys(found) if one[1] in tables][:_TABLES_AT_MOST]:
        table = samples.table(oid)
        if key in samples.unique_names(table):
            yield ledger.table.columns[name], table, table.columns[key]


def _sums_by(
    samples: Samples, ledger: AppLedger, link: Column, table: Table, key: Column, *, is_payer: bool
) -> list[tuple[Column, str]]:
    """The numbers of a table that are the sums of the ledger's rows that name its rows by ``link``, with an example."""
    amount = ledger.amounts[0]
    others = [one for one in table.columns.values() if one.is_number and one != key]
    others = samples.seen(table, others, noted=False)
    if not others or not samples.sees(ledger.table, [link, amount]) or not samples.sees(table, [key]):
        return []
    row = _compare(samples, ledger.table, link, key, amount, accounts=table, balance="0", others=others)
    if row is None or row.different < _ENOUGH:  # the others come to nothing
        return []
    if not is_payer and (row.refunded < _REFUNDED or row.totals < max(_ENOUGH, row.accounts * _MOST)):
        return []
    same = zip(others, map(max, row.equal, row.opposite), strict=True)
    return [(one, row.samples[0]) for one, count in same if count == row.accounts]


def check_booked(samples: Samples, accounts: AppAccounts) -> Iterator[Check]:
    """Rows of charges and of all else that come to the balance: after a refund they would no longer."""
    moved = "balance" in samples.mapping.slots and accounts.own.add != {} and not samples.mapping.is_by_account
    if not moved or samples.mapping.ledger is not None or samples.fires_triggers():
        return
    for table, link, key in samples.referring_tables(accounts, (accounts.oid, samples.sessions.oid)):
        for amount in [] if samples.hook_may_write([table.name]) else _amounts(samples, table, link):
            row = _compare(samples, table, link, key, amount, ledger_where=_takes(amount))
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
            row = _compare(samples, table, link, key, amount, ledger_where=_takes(amount))
            if row and row.accounts >= _ENOUGH and not row.different and row.totals >= _ENOUGH:
                found.append(amount)
    return found


def _amounts(samples: Samples, table: Table, link: Column) -> Sequence[Column]:
    readable = samples.readable(table)
    if link not in readable:
        return []
    found = [one for one in readable if one.base_type in EXACT_TYPES and one != link and AMOUNT.search(one.name)]
    return found[:_AMOUNTS_AT_MOST]


def _takes(amount: Column) -> str:
    return fill_expression("takes_away", {"amount": f"l.{amount.quoted}"})


def _compare(samples: Samples, table: Table, link: Column, key: Column, amount: Column, **given: object) -> Row | None:
    """For how many accounts, or other rows with this key, the rows that name them come to a number of theirs."""
    rows = samples.ask_table(
        table, "compare_sums", UNANSWERED, ledger=table, account_column=link, amount_column=amount,
        accounts_id=f"a.{key.quoted}", account_eq=samples.equal(link), account_type=key.full_type,
        **{"others": [], **given},
    )  # fmt: skip
    return next(iter(rows), None)
