"""Other lines of the file about accounts: counters, closed accounts, and the shares of several pools."""

from sweeper.config.parsing import OPEN_QUESTION
from sweeper.init import words
from sweeper.init.accounts.balances import Balance
from sweeper.init.answers import Candidate, Chooser, Line, Section, asked, unknown
from sweeper.init.evidence import Table
from sweeper.init.sessions.sessions import Session

_VERSION = frozenset({"version", "lock", "row", "record", "optimistic", "balance", "wallet"})


def counters_lines(balance: Balance, chooser: Chooser) -> list[Line]:
    """``spent``: written if a rule proves it; else a question, or left to [accounts.add]."""
    if balance.spent:
        return [Line("spent", balance.spent.as_sql, "goes down by it")]
    if not balance.counters or balance.column is None:
        return []
    found = [Candidate(column.as_sql, "goes down by the amount") for column in balance.counters]
    question = (
        "Does a refund of the app also lower a counter of what was spent? No rule between it and the balance holds for "
        "every account. If it does not, remove the line."
    )
    return [asked(chooser, "spent", question, found)]


def active_lines(table: Table) -> list[Line]:
    """``active``: a closed account keeps its row, and must not be paid."""
    comment = "an account of which this is not true is not paid: its sessions are held"
    for column in table.columns:
        gone = column.words & {"deleted", "closed", "erased", "removed", "anonymized", "anonymised", "discarded"}
        if gone and column.is_time and not column.not_null:
            return [Line("active", f"{column.as_sql} IS NULL", comment)]
        if gone and column.is_flag:
            return [Line("active", f"NOT {column.as_sql}", comment)]
        if column.is_flag and words.words(column.name) == ("is", "active"):
            return [Line("active", column.as_sql, comment)]
    for column in table.columns:
        stopped = column.words & {"suspended", "banned", "blocked", "disabled", "deactivated", "archived", "frozen"}
        if stopped and (column.is_flag or (column.is_time and not column.not_null)):
            sql = f"NOT {column.as_sql}" if column.is_flag else f"{column.as_sql} IS NULL"
            question = f"Is an account to be paid when {column.as_sql} is set? If it is, remove the line."
            return [unknown("active", question, [Candidate(sql, "hold its sessions")])]
    return []


def share_sections(session: Session, balance: Balance) -> list[Section]:
    """For several pools: the share of each, if the session has columns for it, as comments for the user."""
    if len(balance.pools) < 2:
        return []
    common = frozenset.intersection(*(pool.words for pool in balance.pools))
    lines = []
    for pool in balance.pools:
        own = pool.words - common
        of_session = [c for c in session.table.columns if c.is_number and not c.is_unique and c.words & own]
        value = f"s.{of_session[0].as_sql}" if of_session else OPEN_QUESTION
        lines.append(Line(pool.as_sql, value, proposed=True))
    return [Section("accounts.add", tuple(lines), comment="with the sum as the balance: what each pool takes")]


def version_sections(table: Table, balance: Balance) -> list[Section]:
    """For a row with a version: a question, because a writer with an older version may write over the refund."""
    version = next((c for c in table.columns if c.is_integer and "version" in c.words and c.words <= _VERSION), None)
    if version is None or balance.column is None or balance.spent or balance.counters:
        return []
    question = (
        f"Does the app raise {version.as_sql} with each change of the row? Then a refund must raise it, too: "
        "else a writer that read the row earlier overwrites the refund. If it does not, remove [accounts.add]."
    )
    lines = (
        Line(balance.column.as_sql, "amount"),
        unknown(
            version.as_sql, question, [Candidate("1", "one more for each refund; and see docs/recipes/balances.md")]
        ),
    )
    return [Section("accounts.add", lines, comment="what each column takes of a refund")]
