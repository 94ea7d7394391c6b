"""Decides which column is the balance: one that is certain, or a question with all candidates."""

from collections.abc import Iterator
from dataclasses import dataclass

from sweeper.init import words
from sweeper.init.accounts.numbers import POOL, Numbers, is_left, read_numbers
from sweeper.init.accounts.running_balances import applied_column, find_running_balances, looks_like_books
from sweeper.init.answers import Candidate
from sweeper.init.evidence import Column, Evidence, Table
from sweeper.init.values import is_ever_set


@dataclass(frozen=True)
class Balance:
    """The balance of one accounts table; the user must be asked if there is a reason in ``why``.

    ``column`` is then None, unless it is the only one that it may be.

    ``moved_later`` when perhaps no refund should move the balance at all, so that even the table is uncertain.
    ``spent`` is the counter that a refund lowers, ``invariant`` the rule that proves it, ``counters`` unproven ones.
    """

    table: Table
    numbers: Numbers
    column: Column | None
    why: str = ""
    moved_later: bool = False
    spent: Column | None = None
    invariant: str | None = None
    counters: tuple[Column, ...] = ()
    pools: tuple[Column, ...] = ()


def read_balance(evidence: Evidence, table: Table) -> Balance:
    """Decide which column of an accounts table is the balance, or why it cannot be known."""
    numbers = read_numbers(table)
    pools = (*numbers.balances, *(column for column in numbers.others if column.words & POOL))
    if len(pools) > 1 or not numbers.balances:
        listed = ", ".join(column.as_sql for column in (pools if len(pools) > 1 else numbers.moving) or numbers.others)
        several = (
            "several columns may be the balance, or a part of it" if len(pools) > 1 else "no column says what is left"
        )
        return Balance(table, numbers, None, f"{several}: {listed}", pools=pools if len(pools) > 1 else ())
    balance = numbers.balances[0]
    if not is_ever_set(evidence, table, balance):
        return Balance(table, numbers, None, f"{balance.as_sql} is null in every row")
    parts = [column.as_sql for column in numbers.others if not column.words & words.OTHER_NUMBERS]
    if balance.words & POOL and parts:
        why = f"{balance.as_sql} is named like a part of the balance, of which {', '.join(parts)} may be another"
        return Balance(table, numbers, None, why)
    spent, invariant = _proven(evidence, table, balance, numbers)
    counters = () if spent else (*numbers.used, *(c for c in numbers.history if c.words & words.SPENT))
    if not spent and numbers.used and not is_left(balance):
        used = ", ".join(column.as_sql for column in numbers.used)
        why = f"{balance.as_sql} stands beside {used}, and no rule between them holds for every row: "
        why += "a refund may have to raise the one, lower the other, or both"
        return Balance(table, numbers, None, why, counters=counters)
    if later := _moved_later(evidence, table, balance):
        return Balance(table, numbers, None, later, moved_later=True, counters=counters)
    why = _carried(evidence, table, balance)
    return Balance(table, numbers, balance, why, spent=spent, invariant=invariant, counters=counters)


def _moved_later(evidence: Evidence, table: Table, balance: Column) -> str:
    """Why a ledger may change the balance by itself; empty if none does."""
    for books in evidence.tables:
        applied = applied_column(books) if looks_like_books(books) else None
        if applied:
            return (
                f"rows of {books.as_sql} have {applied.as_sql}: something may add them to the balance later, and then "
                f"a refund that also moves {table.as_sql}.{balance.as_sql} pays twice. If so, leave [accounts] out"
            )
    return ""


def _carried(evidence: Evidence, table: Table, balance: Column) -> str:
    """Why the balance is also in the rows of a ledger; empty if it is not."""
    for running in find_running_balances(evidence, table, balance):
        if running.is_the_balance:
            return (
                f"{table.as_sql}.{balance.as_sql} is {running.column.as_sql} of the newest row of "
                f"{running.ledger.as_sql} for all {running.accounts} accounts looked at, so a refund must write a row "
                "there, too. If one row will do, answer with the column, and let [ledger.insert] write "
                "`balance_after`. If a function of the app has to write it, leave [accounts.add] empty, and call the "
                "function in a trigger on sweeper.refunds"
            )
    return ""


def _proven(evidence: Evidence, table: Table, balance: Column, numbers: Numbers) -> tuple[Column | None, str | None]:
    """The counter that a refund lowers, and the rule that is true of every row that was read."""
    given = [c for c in (*numbers.history, *numbers.limits) if not c.words & words.SPENT]
    spent = [c for c in (*numbers.used, *numbers.history) if c.words & words.SPENT]
    for counter in spent:
        for source in given:
            invariant = f"{balance.as_sql} = {source.as_sql} - {counter.as_sql}"
            looked = evidence.count_true(table, invariant)
            if not looked or looked[0] != looked[1]:
                continue
            # while nothing was spent, many rules are true; without rows, only names can show it
            moved = evidence.count_true(table, f"{counter.as_sql} <> 0")
            named = {source, counter} <= set(numbers.history)
            if moved and (moved[1] or (not moved[0] and named)):
                return counter, invariant
    return None, None


def candidates(balance: Balance) -> Iterator[Candidate]:
    """All candidates for the balance: each column, the sum of all pools, the limit less what was used."""
    numbers = balance.numbers
    listed = numbers.moving if numbers.speak or balance.pools else ()
    listed = listed or tuple(column for column in numbers.others if not column.words & words.OTHER_NUMBERS)
    pools = balance.pools or (listed if len(listed) > 1 and not numbers.used else ())
    if len(pools) > 1:
        together = " + ".join(column.as_sql for column in pools)
        yield Candidate(together, "all together: then [accounts.add] says what each takes")
    for limit in numbers.limits or numbers.balances:
        for used in numbers.used:
            if (limit.words - words.LIMIT) & (used.words - words.SPENT) or len(numbers.used) == 1:
                yield Candidate(f"{limit.as_sql} - {used.as_sql}", f'then [accounts.add] {used.as_sql} = "-amount"')
    if len(numbers.limits) > 1 and numbers.used:
        given = " + ".join(column.as_sql for column in numbers.limits)
        taken = "".join(f" - {column.as_sql}" for column in numbers.used)
        yield Candidate(given + taken, "all that was given less all that was used")
    for column in (*listed, *(pool for pool in balance.pools if pool not in listed)):
        yield Candidate(column.as_sql, f"{balance.table.as_sql}.{column.as_sql} alone")
