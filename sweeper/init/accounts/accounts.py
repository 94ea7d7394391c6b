"""Finds who pays: how a session names its account, and where the balance is."""

from collections.abc import Sequence
from dataclasses import dataclass

from sweeper.config.parsing import OPEN_QUESTION
from sweeper.init import words
from sweeper.init.accounts.account_lines import active_lines, counters_lines, share_sections, version_sections
from sweeper.init.accounts.balances import Balance, candidates, read_balance
from sweeper.init.accounts.numbers import read_numbers
from sweeper.init.accounts.paths import Path, find_paths, owner_columns
from sweeper.init.accounts.running_balances import after_column, looks_like_books
from sweeper.init.answers import Candidate, Chooser, Line, Section, asked, try_all, unknown
from sweeper.init.evidence import Column, Evidence, Table
from sweeper.init.sessions.sessions import Session

WHOSE = "Whose are the credits that a session cost?"


@dataclass(frozen=True)
class Holder:
    """A table that may have the balance, and the paths to it."""

    table: Table
    paths: tuple[Path, ...]

    @property
    def path(self) -> Path:
        """The shortest path; one that leads to a single row goes first."""
        return min(self.paths, key=lambda path: (not path.unique, path.further, not path.certain))


@dataclass(frozen=True)
class Payer:
    """The draft's lines about the account; ``path`` is the most likely one, for the rows of a ledger."""

    account: Line
    section: Section | None
    path: Path | None
    balance: Balance | None
    extra: tuple[Section, ...] = ()

    @property
    def table(self) -> str:
        return self.path.table.as_sql if self.path else "not known"


def find_payer(evidence: Evidence, session: Session, chooser: Chooser) -> Payer:
    paths = find_paths(evidence, session.table)
    holders = find_holders(evidence, session, paths)
    if not holders:
        return _without_balance(evidence, session, paths, chooser)
    account = _account(evidence, session, holders, chooser)
    holder = holders[0]
    balance = read_balance(evidence, holder.table)
    ways_in = {path.key.as_sql for path in holder.paths}
    others = _other_owners(evidence, holder.path)
    several = account.value == OPEN_QUESTION and (len(ways_in) > 1 or others)  # which owner, or named by the session
    sections = (
        [_all_open(evidence, holders, balance)]
        if several
        else list(_sections(evidence, session, holders, balance, chooser))
    )
    return Payer(account, sections[0], holder.path, balance, tuple(sections[1:]))


def leads_to_balance(evidence: Evidence, session: Session) -> bool:
    return bool(find_holders(evidence, session, find_paths(evidence, session.table)))


def open_accounts(evidence: Evidence, session: Session) -> Section | None:
    """Questions about everything that may be the balance, while even the sessions table is uncertain."""
    holders = find_holders(evidence, session, find_paths(evidence, session.table))
    return _all_open(evidence, holders, read_balance(evidence, holders[0].table)) if holders else None


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
    return sorted(holders, key=lambda h: (h.path.further, not h.path.certain, not read_numbers(h.table).balances))


def _is_account(holder: Holder) -> bool:
    head = set(words.words(holder.table.name)[-1:])
    refers = any(path.key.is_primary and not path.further and path.column.as_sql == path.expression
                 for path in holder.paths)  # fmt: skip
    return not head & {"subscription"} and (bool(holder.table.words & words.ACCOUNT) or refers)


def _may_hold(evidence: Evidence, path: Path) -> bool:
    table = path.table
    head = set(words.words(table.name)[-1:])
    if head & words.NOT_ACCOUNTS or (after_column(table) and looks_like_books(table)):
        return False
    numbers = read_numbers(table)
    if numbers.speak:
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


def _other_owners(evidence: Evidence, path: Path) -> list[str]:
    """Columns by which some accounts belong to another owner, such as a company, where each has one of the two."""
    others = [one for one in path.table.columns if one != path.key and one.is_unique and not one.not_null]
    return [] if path.key.not_null else [one.as_sql for one in others if evidence.reference(one)]


def _account(evidence: Evidence, session: Session, holders: Sequence[Holder], chooser: Chooser) -> Line:
    """The session's expression for the account: certain if there is only one."""
    ways: dict[str, str] = {}
    for holder in holders:
        direct = [path for path in holder.paths if not path.further] or list(holder.paths)
        for path in direct:
            several = "" if path.unique else f", of which one {path.column.as_sql} may have several"
            if path.unique or path.expression not in ways:
                ways[path.expression] = f"to {path.table.as_sql}.{path.key.as_sql}{several}"
    path = holders[0].path
    others = _other_owners(evidence, path)
    if len(ways) == 1 and len(holders) == 1 and path.certain and path.unique and not others:
        return Line("account", path.expression)
    question = WHOSE
    if others:
        question += f" Some rows of {path.table.as_sql} are of {', '.join(others)} instead: do sessions cost those any?"
    if len(holders) > 1:
        question += " Several tables have balances: " + ", ".join(holder.table.as_sql for holder in holders) + "."
    elif not path.unique:
        question += f" {path.table.as_sql}.{path.key.as_sql} is not unique: which row of one owner pays?"
    elif len(ways) == 1 and not others:
        question += " Only its name leads there: no foreign key, and its values do not prove it."
    found = [Candidate(sql, meaning) for sql, meaning in ways.items()]
    columns = [path.column for holder in holders for path in holder.paths if path.expression == path.column.as_sql]
    nullable = [column.as_sql for column in dict.fromkeys(columns) if not column.not_null]
    if len(set(columns)) > 1 and nullable:
        first = next((c.as_sql for c in dict.fromkeys(columns) if c.as_sql not in nullable), nullable[-1])
        found.append(Candidate(f"coalesce({nullable[0]}, {first})", "the one where it is set, else the other"))
    return asked(chooser, "account", question, try_all(evidence, session.table, session.failed_condition, found))


def _sections(
    evidence: Evidence, session: Session, holders: Sequence[Holder], balance: Balance, chooser: Chooser
) -> list[Section]:
    """``[accounts]``, and the proposals beside it."""
    holder = holders[0]
    key = holder.path.key
    if len(holders) > 1 or balance.moved_later or not holder.path.unique:
        return [_all_open(evidence, holders, balance)]
    lines = [Line("table", holder.table.as_sql), Line("id", key.as_sql)]
    found = list(candidates(balance))
    if balance.column is not None and not balance.why:
        lines.append(Line("balance", balance.column.as_sql, "goes up by the amount"))
    else:
        tried = try_all(evidence, holder.table, "true", found)
        notes = (_POOLS,) if balance.column is None else ()
        lines.append(asked(chooser, "balance", f"Where is the balance? {balance.why}.", tried, *notes))
    lines += counters_lines(balance, chooser)
    lines += active_lines(holder.table)
    touched = next((c for c in holder.table.columns if c.is_time and c.words & {"updated", "modified"}), None)
    if touched:
        lines.append(Line("updated_at", touched.as_sql))
    if balance.invariant:
        lines.append(Line("invariant", balance.invariant, "true of every account that was looked at"))
    more = share_sections(session, balance) or version_sections(holder.table, balance)
    return [Section("accounts", tuple(lines)), *more]


def unlinked_balances(evidence: Evidence) -> list[tuple[Table, Column]]:
    """Columns that look like a balance in any table that is named like one of accounts."""
    return [
        (table, column)
        for table in evidence.tables
        if table.words & words.ACCOUNT and not table.words & words.LEDGER and not after_column(table)
        for column in read_numbers(table).balances
    ]


_POOLS = "With an expression, [accounts.add] says what each column takes; the balance must grow by exactly the amount."


def _all_open(evidence: Evidence, holders: Sequence[Holder], balance: Balance) -> Section:
    """Questions about all of it, because even the table is uncertain."""
    tables = [Candidate(holder.table.as_sql, f"by {holder.path.expression}") for holder in holders]
    keys = [
        Candidate(key.as_sql, f"of {holder.table.as_sql}")
        for holder in holders
        for key in ([holder.path.key] if holder.path.unique else holder.table.keys)
    ]
    found = []
    for holder in holders:
        read = balance if holder.table == balance.table else read_balance(evidence, holder.table)
        found += try_all(evidence, holder.table, "true", list(candidates(read)))
    which = balance.why if balance.why or len(holders) == 1 else "several tables may have it"
    several = next((holder for holder in holders if not holder.path.unique), None)
    if several:
        which = f"{which}. " if which else ""
        which += (
            f"One {several.path.key.as_sql} may have several rows of {several.table.as_sql}. When a session takes from "
            "one of them, sessions.account must lead to that row. When it may take from several, as from lots of "
            "credits, a trigger on sweeper.refunds gives each its part back, and `balance` is left out"
        )
    which = which or "it depends on the table of sessions"
    return unknown_accounts(f"Where is the balance? {which}.", tables, keys, found)


def unknown_accounts(
    where: str, tables: Sequence[Candidate], keys: Sequence[Candidate], balances: Sequence[Candidate], *notes: str
) -> Section:
    """``[accounts]`` as questions, the first of them ``where`` the balance is; ``notes`` are about it."""
    lines = (
        unknown("table", where, tables),
        unknown("id", "Which column identifies an account?", keys),
        unknown("balance", "What must grow by exactly the amount?", balances, *notes),
    )
    return Section("accounts", lines)


def _without_balance(evidence: Evidence, session: Session, paths: Sequence[Path], chooser: Chooser) -> Payer:
    """For when no column looks like a balance: it may be the sum of a ledger, its newest row, or elsewhere."""
    owners = owner_columns(evidence, session.table)
    ways = {
        path.expression: path
        for path in paths
        if path.table.words & (words.ACCOUNT | words.OWNER) and not path.table.words & words.LEDGER and path.unique
    }
    direct = {sql: path for sql, path in ways.items() if not path.further}
    ways = direct or ways
    found = [Candidate(sql, f"to {path.table.as_sql}.{path.key.as_sql}") for sql, path in ways.items()]
    named = {candidate.sql for candidate in found}
    found += [
        Candidate(c.as_sql, "by its name; nothing says whose ids these are") for c in owners if c.as_sql not in named
    ]
    path = next(iter(ways.values()), None)
    explained = [path.column for path in ways.values()]
    rest = [column for column in owners if column.as_sql not in named and column not in explained]
    if path and len(ways) == 1 and path.certain and not rest:
        return Payer(Line("account", path.expression), None, path, None)
    columns = [column.as_sql for column in owners]
    if len(columns) == 2:
        found.append(Candidate(f"coalesce({columns[1]}, {columns[0]})", "the one where it is set, else the other"))
    found = try_all(evidence, session.table, session.failed_condition, found)
    return Payer(asked(chooser, "account", WHOSE, found), None, path, None)
