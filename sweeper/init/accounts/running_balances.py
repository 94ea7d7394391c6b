"""Ledgers with the balance in each row, and ledgers whose rows are added to the balance later."""

from dataclasses import dataclass

from sweeper.init import words
from sweeper.init.evidence import Column, Evidence, Reference, Table

_AFTER = frozenset({"after", "running", "resulting", "closing"})
# each number that is looked at by its values alone is a statement, and a draft has some forty seconds for all
_ENOUGH, _LOOKED_AT_MOST = 3, 60
_APPLIED = frozenset({"added", "applied", "posted", "processed", "synced", "booked", "settled", "counted", "flushed"})


@dataclass(frozen=True)
class RunningBalance:
    """A ledger's column with the balance after each row; it is right for ``equal`` of the ``accounts`` looked at."""

    ledger: Table
    column: Column
    accounts: int = 0
    equal: int = 0

    @property
    def is_the_balance(self) -> bool:
        """Whether the newest row of every account has the account's balance."""
        return bool(self.accounts) and self.accounts == self.equal


def after_column(table: Table) -> Column | None:
    """The column of a running balance: ``balance_after``, or a balance or total beside an amount."""
    if has_one_row_an_owner(table):
        return None
    numbers = [c for c in table.columns if c.is_number and not c.is_unique and "id" not in c.words]
    after = next((c for c in numbers if c.words & _AFTER), None)
    if after:
        return after
    moved = [c for c in numbers if c.words & words.DELTA and not c.words & (words.NOT_A_DELTA | {"total"})]
    spoken = [c for c in numbers if words.words(c.name)[-1:] in (("balance",), ("total",)) and c not in moved]
    return spoken[0] if moved and spoken else None


def applied_column(table: Table) -> Column | None:
    """A flag or time for when a row was added to the balance, which a job of the app does later."""
    return next(
        (c for c in table.columns if (c.is_flag or c.is_time) and c.words & _APPLIED and not c.not_null), None
    ) or (next((c for c in table.columns if c.is_flag and c.words & _APPLIED), None))


def looks_like_books(table: Table) -> bool:
    """Whether its rows move credits: it has an amount, and a name that says so or a running balance."""
    moved = any(c.is_number and c.words & words.DELTA and not c.is_unique for c in table.columns)
    moved = moved and not has_one_row_an_owner(table)
    return moved and not table.words & words.OTHER_MONEY and bool(
        table.words & (words.BOOKS | words.CREDITS | {"book", "line", "wallet"})
    )  # fmt: skip


def has_one_row_an_owner(table: Table) -> bool:
    """Whether an owner can have one row alone, so that the rows are accounts and no movements."""
    keys = [c for c in table.columns if c.is_unique and "id" in c.words and c.words & words.OWNER]
    return any(c.words - {"id"} <= words.OWNER for c in keys)  # a user_request_id is one of each movement


def find_running_balances(evidence: Evidence, accounts: Table, balance: Column) -> list[RunningBalance]:
    """The running balances of one balance, in all tables that name the account: by name, or by the values alone."""
    found, left = [], _LOOKED_AT_MOST
    for table in evidence.tables:
        payer = next((r for r in evidence.references(table) if r.target == accounts), None)
        payer = payer or _shared(evidence, table, accounts)
        if payer is None or table == accounts or table.key is None:
            continue
        times = sorted(
            (c for c in table.columns if c.is_time), key=lambda c: (not c.not_null, "created" not in c.words)
        )
        time = next(iter(times), None)
        order = table.key if table.key.is_integer or time is None else time
        named = after_column(table)
        plain = [] if named else _plain_numbers(table)[:left]
        left -= len(plain)
        for total in [named] if named else plain:
            looked = evidence.counts(
                "draft_running_total", None, ledger=table, payer=payer.column, total=f"s.{total.as_sql}", order=order,
                accounts=accounts, key=payer.target_column, balance=f"a.{balance.as_sql}",
            )  # fmt: skip
            running = RunningBalance(table, total, *looked)
            if named or (running.is_the_balance and running.accounts >= _ENOUGH):
                found.append(running)
    return found


def _plain_numbers(table: Table) -> list[Column]:
    """The numbers whose names say nothing of what they are."""
    known = words.DELTA | words.OTHER_NUMBERS | words.SPENT | {"id"}
    return [c for c in table.columns if c.is_number and not c.is_unique and not c.words & known]


def _shared(evidence: Evidence, table: Table, accounts: Table) -> Reference | None:
    """Whether the row and the account refer to the same row: entries.user_id and wallets.user_id."""
    for own in evidence.references(accounts):
        for other in evidence.references(table):
            if (own.target, own.target_column) == (other.target, other.target_column):
                return Reference(other.column, accounts, own.column, declared=False)
    return None
