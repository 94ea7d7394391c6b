"""Finds who pays: how a session names its account, and where the balance is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sweeper.config.parsing import OPEN_QUESTION
from sweeper.init import words
from sweeper.init.accounts.account_lines import active_lines, counters_lines, share_sections, version_sections
from sweeper.init.accounts.balances import Balance, candidates, read_balance
from sweeper.init.accounts.holders import Holder, find_holders, other_payers
from sweeper.init.accounts.numbers import read_numbers
from sweeper.init.accounts.paths import Path, find_paths, owner_columns
from sweeper.init.accounts.running_balances import after_column, has_one_row_an_owner
from sweeper.init.answers import Candidate, Chooser, Line, Section, asked, none_first, try_all, unknown
from sweeper.init.evidence import Column, Evidence, Table, expression
from sweeper.init.sessions.sessions import Session

WHOSE = "Whose are the credits that a session cost?"


@dataclass(frozen=True)
class Payer:
    """The draft's lines about the account; ``path`` is the most likely one, for the rows of a ledger."""

    account: Line
    section: Section | None
    path: Path | None
    balance: Balance | None
    extra: tuple[Section, ...] = ()


def find_payer(evidence: Evidence, session: Session, chooser: Chooser) -> Payer:
    paths = find_paths(evidence, session.table)
    holders = find_holders(evidence, session, paths)
    if not holders:
        return _without_balance(evidence, session, paths, chooser)
    account = _account(evidence, session, holders, chooser)
    holder = holders[0]
    balance = read_balance(evidence, holder.table)
    ways_in = {path.key.as_sql for path in holder.paths}
    if other_payers(evidence, session, holders):
        where = f"{holder.table.as_sql} may be a list of prices. When it is the sum of [ledger], leave [accounts] out"
        return Payer(account, _all_open(evidence, holders, balance, where), None, None)
    others = _other_owners(evidence, holder.path)
    several = account.value == OPEN_QUESTION and (len(ways_in) > 1 or others)  # which owner, or named by the session
    sections = (
        [_all_open(evidence, holders, balance)]
        if several
        else list(_sections(evidence, session, holders, balance, chooser))
    )
    return Payer(account, sections[0], holder.path, balance, tuple(sections[1:]))


def balances_of(evidence: Evidence, session: Session) -> set[int]:
    """The tables that may have the balance of whoever pays for such a session, by their oid."""
    return {holder.table.oid for holder in find_holders(evidence, session, find_paths(evidence, session.table))}


def open_accounts(evidence: Evidence, session: Session) -> Section | None:
    """Questions about everything that may be the balance, while even the sessions table is uncertain."""
    holders = find_holders(evidence, session, find_paths(evidence, session.table))
    return _all_open(evidence, holders, read_balance(evidence, holders[0].table)) if holders else None


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
    others, payers = _other_owners(evidence, path), other_payers(evidence, session, holders)
    if len(ways) == 1 and len(holders) == 1 and path.certain and path.unique and not others and not payers:
        return Line("account", path.expression)
    question = WHOSE + _why_asked(holders, ways, others, payers)
    found = [Candidate(sql, meaning) for sql, meaning in ways.items()]
    found += _only_rows(evidence, holders)
    found += [Candidate(c.as_sql, "by its name; the balance is elsewhere then, or the sum of [ledger]") for c in payers]
    columns = [path.column for holder in holders for path in holder.paths if path.expression == path.column.as_sql]
    nullable = [column.as_sql for column in dict.fromkeys(columns) if not column.not_null]
    if len(set(columns)) > 1 and nullable:
        first = next((c.as_sql for c in dict.fromkeys(columns) if c.as_sql not in nullable), nullable[-1])
        found.append(Candidate(f"coalesce({nullable[0]}, {first})", "the one where it is set, else the other"))
    return asked(chooser, "account", question, try_all(evidence, session.table, session.failed_condition, found))


def _why_asked(
    holders: Sequence[Holder], ways: Mapping[str, str], others: Sequence[str], payers: Sequence[Column]
) -> str:
    path = holders[0].path
    why = ""
    if others:
        why += f" Some rows of {path.table.as_sql} are of {', '.join(others)} instead: do sessions cost those any?"
    if len(holders) > 1:
        why += " Several tables have balances: " + ", ".join(holder.table.as_sql for holder in holders) + "."
    elif payers:
        why += f" {path.table.as_sql} may be a list of prices: nothing but a number says that it has accounts."
    elif not path.unique:
        why += f" {path.table.as_sql}.{path.key.as_sql} is not unique: which row of one owner pays?"
    elif len(ways) == 1 and not others:
        why += " Only its name leads there: no foreign key, and its values do not prove it."
    return why


def _only_rows(evidence: Evidence, holders: Sequence[Holder]) -> Iterator[Candidate]:
    """The account's key by way of its owner, where no owner has several rows, although nothing forbids it."""
    for holder in holders:
        path, key = holder.path, holder.table.key
        if path.unique or path.further or key is None:
            continue
        counted = evidence.rows("sample_values", holder.table, column=path.key)
        if counted and int(counted[0][1]) == 1:  # the most frequent comes first
            sql = expression("by_way_of", onward=key, between=holder.table, key=path.key, column=path.column)
            yield Candidate(sql, f"to {holder.table.as_sql}.{key.as_sql}: no owner that was seen has several")


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
        tried = none_first(try_all(evidence, holder.table, "true", found))
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
    """Columns that look like a balance in any table that is named like one of accounts.

    Or else numbers of any name in a table with one row an owner: one of them may be it.
    """
    tables = [one for one in evidence.tables if not one.words & words.LEDGER and not after_column(one)]
    named = [(one, column) for one in tables if one.words & words.ACCOUNT for column in read_numbers(one).balances]
    return named or [
        (one, column)
        for one in tables
        if has_one_row_an_owner(one) and one.words & (words.ACCOUNT | words.OWNER)
        for column in read_numbers(one).others
        if not column.words & (words.OTHER_NUMBERS | {"total"})
    ]


def plain_numbers(path: Path | None) -> list[tuple[Table, Column]]:
    """The numbers of the table that a session leads to, under whatever names."""
    columns = path.table.columns if path else ()
    return [(path.table, c) for c in columns if path and c.is_number and not c.is_unique and "id" not in c.words]


_POOLS = "With an expression, [accounts.add] says what each column takes; the balance must grow by exactly the amount."


def _all_open(evidence: Evidence, holders: Sequence[Holder], balance: Balance, where: str = "") -> Section:
    """Questions about all of it, because even the table is uncertain."""
    tables = [Candidate(holder.table.as_sql, f"by {holder.path.expression}") for holder in holders]
    keys = [
        Candidate(key.as_sql, f"of {holder.table.as_sql}")
        for holder in holders
        for key in ([holder.path.key] if holder.path.unique else holder.table.keys)
    ]
    found: list[Candidate] = []
    for holder in holders:
        read = balance if holder.table == balance.table else read_balance(evidence, holder.table)
        found += none_first(try_all(evidence, holder.table, "true", list(candidates(read))))
    which = where or (balance.why if balance.why or len(holders) == 1 else "several tables may have it")
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
