"""Whether the ledger charged the accounts that the mapping would pay."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from sweeper.app.catalog import Column, Table
from sweeper.app.over_refund import names_in
from sweeper.check.rehearsal.accounts.app_accounts import AppAccounts
from sweeper.check.rehearsal.ledger.app_ledger import app_ledger
from sweeper.check.rehearsal.samples import Samples
from sweeper.check.result import Check, failure
from sweeper.postgres.transaction import Row

# the two can only be compared if the file writes the account itself
_PLAIN = re.compile(r"\s*(refund\.)?account_id\s*(::\s*[\w.\"]+)?\s*", re.IGNORECASE)
_MOST, _ENOUGH = Decimal("0.5"), 3
_LETTERS = re.compile(r"[^a-z]")


def check_charged_accounts(samples: Samples) -> Iterator[Check]:
    """Compare the accounts of the newest failed sessions with those in their charges."""
    ledger = app_ledger(samples)
    account, amounts = (ledger.account, ledger.amounts) if ledger else (None, [])
    if ledger is None or account is None or not amounts or not _PLAIN.fullmatch(ledger.values[account]):
        return
    session_ids = samples.failed
    rows = samples.read("compare_charge_accounts", session_ids, account_column=account, amount_column=amounts[0])
    wrong = _mostly_different(rows)
    # charges of a few may be those of something else, such as a batch with the number of one of its pages
    if not wrong or len(rows) < len(session_ids) * _MOST:
        return
    sample, payer = wrong[0], samples.own.account
    yield failure(
        f"sessions.account = {payer!r} is another account than the ledger charged for {len(wrong)} of {len(rows)} "
        f"sessions, such as {sample.session_id}: {sample.account} instead of {sample.charged} in {account.quoted}",
        "sessions.account: who was charged",
    )


def check_ledger_accounts(samples: Samples, accounts: AppAccounts) -> Iterator[Check]:
    """Where the ledger names accounts by another key than the mapped one: whether both lead to the same row."""
    ledger = app_ledger(samples)
    if ledger is None or samples.mapping.is_by_account:
        return
    mapped = accounts.column(accounts.own.id)
    for column, key in _links(samples, ledger.table, accounts):
        written = ledger.values.get(column, "")
        if "account_id" not in names_in(written):  # not the account but, for example, the user who made the change
            continue
        if key == mapped and _PLAIN.fullmatch(written):  # already compared
            continue
        if not samples.sees(ledger.table, [column]) or not samples.sees(accounts, [key]):
            continue
        # too slow without an index on the session
        rows = samples.try_read("compare_row_accounts", samples.failed, account_column=column, column=key)
        wrong = _mostly_different(rows)
        if not wrong:
            continue
        sample = wrong[0]
        yield failure(
            f"accounts.id = {accounts.own.id!r} finds another row of {accounts.name} than {ledger.table.name} names in "
            f"{column.name} for {len(wrong)} of {len(rows)} sessions, such as {sample.session_id}: {key.name} "
            f"{sample.found} instead of {sample.named}",
            "accounts.id: the column that has what sessions.account gives; or sessions.account: what accounts.id has",
        )
        return


def _mostly_different(rows: Sequence[Row]) -> list[Row]:
    """The rows that name another account, where there are enough of them and they are the majority."""
    wrong = [row for row in rows if not row.same]
    return wrong if len(wrong) >= _ENOUGH and len(wrong) > len(rows) * _MOST else []


def _links(samples: Samples, ledger: Table, accounts: Table) -> Iterator[tuple[Column, Column]]:
    """Columns of the ledger that name a row of the accounts, by a foreign key or by the table's name."""
    found = [
        (ledger.columns[row.column_name], accounts.columns[row.target_column])
        for row in samples.references(of=ledger, to=accounts)
        if row.column_name in ledger.columns and row.target_column in accounts.columns
    ]
    yield from found
    if found:
        return
    called = _LETTERS.sub("", accounts.name.lower()).removesuffix("s") + "id"
    unique = samples.unique_names(accounts)
    key = next((accounts.columns[name] for name in unique if name.lower() == "id" and name in accounts.columns), None)
    for name, column in ledger.columns.items():
        if key is not None and _LETTERS.sub("", name.lower()) == called and column.base_type == key.base_type:
            yield column, key
            return
