"""Who pays: which column holds the balance, and how a session says whose it is."""

from collections.abc import Iterator
from dataclasses import dataclass

from sweeper.init import words
from sweeper.init.evidence import Column, Evidence, Reference, Table, same_type
from sweeper.postgres.templates import fill_expression


@dataclass(frozen=True)
class Account:
    """A table of balances, its key as sessions name it, and the session's expression for it."""

    table: Table
    key: Column
    balance: Column | None
    expression: str
    score: int


def find_accounts(evidence: Evidence, sessions: Table) -> list[Account]:
    """Balances that a session of this table leads to, the likeliest first."""
    found = []
    for table in evidence.tables:
        balances = [(score, column) for column in table.columns if (score := _score_balance(column, table)) > 0]
        if table == sessions or not balances:
            continue
        score, balance = max(balances, key=lambda scored: (scored[0], -len(scored[1].name)))
        found += [
            Account(table, key, balance, expression, score + bonus)
            for key, expression, bonus in _paths(evidence, sessions, table)
        ]
    return sorted(found, key=lambda account: -account.score)


def find_payer(evidence: Evidence, sessions: Table) -> Account | None:
    """Who pays, in an app that keeps no balance: the balance is the sum of its ledger."""
    found = [
        Account(table, key, None, expression, bonus + 2 * bool(table.words & words.ACCOUNT))
        for table in evidence.tables
        if table != sessions and table.words & (words.ACCOUNT | words.OWNER)
        for key, expression, bonus in _paths(evidence, sessions, table)
    ]
    return max(found, key=lambda account: account.score, default=None)


def _score_balance(column: Column, table: Table) -> int:
    if not column.is_number or column.generated or column.is_unique or "id" in column.words:
        return 0
    if not column.words & (words.CREDITS | words.LEFT):
        return 0
    spoken = words.words(column.name)
    score = 4 if {"credit", "balance"} & column.words else 2
    score += spoken[-1] in words.LEFT | {"credit", "balance"}
    score -= 4 * len(column.words & words.NOT_A_BALANCE)
    head = set(words.words(table.name)[-1:])
    score += 2 * bool(table.words & words.ACCOUNT)
    # a subscription may hold what is left of the month, if nothing better does
    return score - 5 * bool(head & words.NOT_ACCOUNTS) - 2 * ("subscription" in head)


def _paths(evidence: Evidence, sessions: Table, accounts: Table) -> list[tuple[Column, str, int]]:
    """Every way from a session to an account: the account's key, the session's expression, how sure it is."""
    found = []
    for reference in evidence.references(sessions):
        key = _key_for(evidence, reference, accounts)
        if key:
            if not reference.declared and evidence.agrees(sessions, reference.column, accounts, key) is False:
                continue
            sure = 3 + reference.declared + _ownership(reference.column, accounts)
            found.append((key, reference.column.as_sql, sure))
        elif reference.target not in (sessions, accounts):
            found += _one_further(evidence, reference, accounts)
    return found or list(_paths_by_rows(evidence, sessions, accounts))


def _paths_by_rows(evidence: Evidence, sessions: Table, accounts: Table) -> Iterator[tuple[Column, str, int]]:
    """Where nothing refers to the accounts: columns that sound like an owner and whose values are those of a key."""
    for column in sessions.columns:
        reference = evidence.reference(column)
        if (reference and reference.declared) or not column.words & (words.OWNER | accounts.words):
            continue
        for key in accounts.columns:
            if not key.is_key or not same_type(key, column):
                continue
            agrees = evidence.agrees(sessions, column, accounts, key)
            alike = key.name == column.name or key.is_primary
            if agrees or (agrees is None and alike):
                yield key, column.as_sql, 1 + alike + bool(agrees) + _ownership(column, accounts)


def _key_for(evidence: Evidence, reference: Reference, accounts: Table) -> Column | None:
    """The unique column of ``accounts`` whose values are those of the referring column."""
    if reference.target == accounts:
        return reference.target_column if reference.target_column.is_key else None
    for other in evidence.references(accounts):  # both refer to the same: sessions.user_id and wallets.user_id
        same = other.target == reference.target and other.target_column == reference.target_column
        if same and other.column.is_key:
            return other.column
    return None


def _one_further(evidence: Evidence, reference: Reference, accounts: Table) -> list[tuple[Column, str, int]]:
    """By way of a table between, such as the project that a render belongs to."""
    found = []
    for onward in evidence.references(reference.target):
        key = _key_for(evidence, onward, accounts)
        if key:
            slots = {
                "onward": onward.column.as_sql,
                "between": reference.target.as_sql,
                "key": reference.target_column.as_sql,
                "column": reference.column.as_sql,
            }
            expression = fill_expression("by_way_of", slots)
            found.append((key, expression, _ownership(onward.column, accounts)))
    return found


def _ownership(column: Column, accounts: Table) -> int:
    owner = bool(column.words & words.OWNER) or bool(column.words & accounts.words)
    someone_else = {"reviewer", "reviewed", "approved", "assigned", "updated", "deleted", "invited", "by"}
    return 2 * owner - 3 * bool(column.words & someone_else)
