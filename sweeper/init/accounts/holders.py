"""Finds the tables that may hold the balance of a session's account."""

from collections.abc import Sequence
from dataclasses import dataclass

from sweeper.init import words
from sweeper.init.accounts.numbers import read_numbers
from sweeper.init.accounts.paths import PAYERS, Path, owner_columns
from sweeper.init.accounts.running_balances import after_column, find_running_balances, looks_like_books
from sweeper.init.evidence import Column, Evidence, Table
from sweeper.init.sessions.sessions import Session
from sweeper.init.values import is_ever_set

_ENOUGH = 3


@dataclass(frozen=True)
class Holder:
    """A table that may have the balance, and the paths to it."""

    table: Table
    paths: tuple[Path, ...]

    @property
    def path(self) -> Path:
        """The shortest path; one that leads to a single row goes first."""
        return min(self.paths, key=lambda path: (not path.unique, path.further, not path.certain))


def find_holders(evidence: Evidence, session: Session, paths: Sequence[Path]) -> list[Holder]:
    """The tables with a balance that a session leads to; if any are named or referred to as accounts, only those."""
    found: dict[int, list[Path]] = {}
    for path in paths:
        if path.table != session.table and _may_hold(evidence, path):
            found.setdefault(path.table.oid, []).append(path)
    holders = [Holder(ways[0].table, tuple(ways)) for ways in found.values()]
    speaking = [holder for holder in holders if read_numbers(holder.table).speak]
    booked = [holder for holder in holders if _has_books(evidence, holder.table)]
    # names say little where the books are about another table: users may have points while their company pays
    holders = speaking if any(holder in booked for holder in speaking) else [*speaking, *booked]
    holders = [holder for holder in holders if _is_account(holder)] or holders
    if len(holders) > 1:
        holders = [holder for holder in holders if _is_carried(evidence, session, holder.table)] or holders
    return sorted(holders, key=lambda h: (h.path.further, not h.path.certain, not read_numbers(h.table).balances))


def _is_account(holder: Holder) -> bool:
    refers = any(path.key.is_primary and not path.further for path in holder.paths)
    return refers or bool(holder.table.words & words.ACCOUNT)


def _may_hold(evidence: Evidence, path: Path) -> bool:
    table = path.table
    head = set(words.words(table.name)[-1:])
    if head & words.NOT_ACCOUNTS or (after_column(table) and looks_like_books(table)):
        return False
    numbers = read_numbers(table)
    if numbers.speak and any(is_ever_set(evidence, table, column) for column in numbers.moving):
        return True
    # its names do not mention credits, but its ledger shows that something here is moved
    plain = any(not column.words & words.OTHER_NUMBERS for column in numbers.others)
    return plain and _has_books(evidence, table)


def _has_books(evidence: Evidence, table: Table) -> bool:
    """Whether a table that looks like a ledger refers to this one."""
    return any(
        looks_like_books(books) and any(found.target == table for found in evidence.references(books))
        for books in evidence.tables
        if books != table
    )


def _is_carried(evidence: Evidence, session: Session, table: Table) -> bool:
    """Whether the newest rows of a ledger of sessions have the balance of each account: it moves no other table's.

    One that is about something else, such as the seats of a company, says nothing of what sessions cost.
    """
    return any(
        running.is_the_balance
        and running.accounts >= _ENOUGH
        and any(reference.target == session.table for reference in evidence.references(running.ledger))
        for column in read_numbers(table).balances
        for running in find_running_balances(evidence, table, column)
    )


def other_payers(evidence: Evidence, session: Session, holders: Sequence[Holder]) -> list[Column]:
    """The session's own columns of owners, where the only table with credits may be a list of prices.

    Neither its name nor a ledger says then that it has accounts.
    """
    if len(holders) != 1 or _has_books(evidence, holders[0].table):
        return []
    path = holders[0].path
    if (path.column.words | path.table.words) & PAYERS:
        return []
    return [column for column in owner_columns(evidence, session.table) if column != path.column]
