"""From evidence to a draft: names and statuses are guessed; only the user says the amount and the time of failure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from sweeper.config.parsing import OPEN_QUESTION
from sweeper.core.errors import ConfigurationError
from sweeper.init.accounts import Account, find_accounts, find_payer
from sweeper.init.amounts import Candidate, find_amounts, find_failed_at
from sweeper.init.evidence import Column, Evidence
from sweeper.init.ledgers import Ledger, find_ledgers
from sweeper.init.sessions import Session, find_sessions
from sweeper.init.words import EARNED, SPENT, Kind
from sweeper.postgres.database import Database
from sweeper.postgres.templates import quote_text

_MOST_OPTIONS = 6
T = TypeVar("T")


class Chooser(Protocol):
    """Who decides between candidates."""

    def pick(self, question: str, options: Sequence[str]) -> int:
        """The number of the option that is right; options come best first."""

    def answer(self, question: str, candidates: Sequence[Candidate]) -> str | None:
        """The SQL that is right; none leaves the question open."""


@dataclass(frozen=True)
class Draft:
    """What the file will say; what is not known is open."""

    session: Session
    account: Account | None
    ledger: Ledger | None
    started_at: str
    active_at: Column | None
    ended_at: Column | None
    error: Column | None
    exclude: str | None
    amount: str
    amounts: tuple[Candidate, ...]
    failed_at: str
    failed_ats: tuple[Candidate, ...]
    spent: Column | None
    touched: Column | None
    invariant: str | None
    zoneless: bool
    others: dict[str, tuple[str, ...]]


def make_draft(database: Database, chooser: Chooser) -> Draft:
    """Look at the database and draw up a mapping.

    Raises:
        ConfigurationError: no table looks like one of paid sessions.
    """
    evidence = Evidence(database)
    found = find_sessions(evidence)
    if not found:
        raise ConfigurationError(
            f"none of the {len(evidence.tables)} tables that this role can read has a status and the marks of paid "
            "work: connect as a role that can read the app's tables, or write the file by hand, as the README shows",
            code="nothing_found",
        )
    # of two that look alike, the one that leads to a balance is the paid one
    found.sort(key=lambda session: -(session.score + _leads_to_balance(evidence, session)))
    session = _pick(chooser, "Which table holds the paid sessions?", found, lambda found: found.table.as_sql)
    session = _with_statuses(session, chooser)
    accounts = find_accounts(evidence, session.table)
    account = _pick(chooser, "Which column is the balance?", accounts, _balance_name) if accounts else None
    ledgers = find_ledgers(evidence, session, account or find_payer(evidence, session.table))
    ledger = ledgers[0] if ledgers else None
    account = account or find_payer(evidence, session.table)
    amounts = find_amounts(evidence, session, account, ledger)
    started = _started(session)
    failed_ats = find_failed_at(evidence, session, started)
    amount = chooser.answer("What is owed when a session fails? (the charge, less what was delivered)", amounts)
    failed_at = chooser.answer("When did a session fail?", failed_ats)
    others = {
        "sessions": tuple(other.table.as_sql for other in found if other.table != session.table),
        "accounts": tuple(_balance_name(other) for other in accounts if account and other.balance != account.balance),
        "ledger": tuple(other.table.as_sql for other in ledgers[1:]),
    }
    spent, invariant = _spent(evidence, account)
    return Draft(
        session=session,
        account=account,
        ledger=ledger,
        started_at=started.as_sql if started else OPEN_QUESTION,
        active_at=_time(
            session,
            "heartbeat",
            "beat",
            "seen",
            "activity",
            "active",
            "ping",
            "progress",
            "updated",
            "update",
            "changed",
            "modified",
        ),
        ended_at=_time(session, "completed", "finished", "ended", "end", "done", "succeeded"),
        error=_error(session),
        exclude=_exclude(evidence, session),
        amount=amount or OPEN_QUESTION,
        amounts=tuple(amounts),
        failed_at=failed_at or OPEN_QUESTION,
        failed_ats=tuple(failed_ats),
        spent=spent,
        touched=_touched(account),
        invariant=invariant,
        zoneless=any(column.type == "timestamp without time zone" for column in session.table.columns),
        others=others,
    )


def _pick(chooser: Chooser, question: str, found: Sequence[T], name: Callable[[T], str]) -> T:
    shown = found[:_MOST_OPTIONS]
    return shown[chooser.pick(question, [name(option) for option in shown]) if len(shown) > 1 else 0]


def _balance_name(account: Account) -> str:
    return f"{account.table.as_sql}.{account.balance.as_sql if account.balance else ''}"


def _leads_to_balance(evidence: Evidence, session: Session) -> int:
    accounts = find_accounts(evidence, session.table)
    return accounts[0].score // 2 if accounts else 0


def _with_statuses(session: Session, chooser: Chooser) -> Session:
    """Ask what each status means whose words do not show it."""
    kinds: list[Kind] = ["failed", "running", "succeeded"]
    sorted_values = dict(session.statuses)
    left = []
    for status in session.unsorted:
        options = ["none of them", "failed: its charge is given back", "running", "succeeded"]
        chosen = chooser.pick(f"What does the status {status!r} mean?", options)
        if chosen:
            sorted_values[kinds[chosen - 1]] += (status,)
        else:
            left.append(status)
    return replace(session, statuses=sorted_values, unsorted=tuple(left))


def _started(session: Session) -> Column | None:
    """When the charge was taken: of the times that sound like it, one that every row has goes first."""
    names = (
        "charged",
        "created",
        "inserted",
        "requested",
        "submitted",
        "queued",
        "enqueued",
        "started",
        "start",
        "added",
    )
    wanted = tuple(frozenset({name}) for name in names)
    of_every_row = [column for column in session.table.columns if column.is_time and column.not_null]
    named = session.column(lambda column: column in of_every_row, wanted) or _time(session, *names)
    return named or (of_every_row[0] if len(of_every_row) == 1 else None)


def _time(session: Session, *names: str) -> Column | None:
    return session.column(lambda column: column.is_time, tuple(frozenset({name}) for name in names))


def _error(session: Session) -> Column | None:
    names = (
        {"error", "message"}, {"error", "text"}, {"error"}, {"failure", "reason"}, {"failure"}, {"exception"},
        {"fail", "message"}, {"err"}, {"fail"}, {"message"},
    )  # fmt: skip
    no_code = lambda column: column.is_text and not column.words & {"code", "type", "class", "id"}  # noqa: E731
    return session.column(no_code, tuple(frozenset(wanted) for wanted in names))


def _exclude(evidence: Evidence, session: Session) -> str | None:
    """How the app marks a session whose credits it gave back itself: a column for it, or a text that says so."""
    for column in session.table.columns:
        if "refunded" in column.words:
            if column.type == "boolean":
                return column.as_sql
            if column.is_time:
                return f"{column.as_sql} IS NOT NULL"
    failed = ", ".join(quote_text(status) for status in session.statuses["failed"])
    refunded = [status for status in session.unsorted if "refund" in status.lower()]
    for column in session.table.columns:
        if not column.is_text or not failed or column == session.status or column.is_unique:
            continue
        slots = {
            "column": column.as_sql, "table": session.table.as_sql, "status": session.status.as_sql,
            "failed": failed, "key": session.key.as_sql,
        }  # fmt: skip
        marks = [str(value) for value, _ in evidence.rows("sample_marks", slots)]
        if len(marks) == 1:
            return f"{column.as_sql} = {quote_text(marks[0])}"
        if marks and not refunded:
            return f"{column.as_sql} IN ({', '.join(quote_text(mark) for mark in marks)})"
    return None


def _spent(evidence: Evidence, account: Account | None) -> tuple[Column | None, str | None]:
    """The count of what was spent, and the rule between it and the balance, when all rows looked at keep it."""
    if account is None or account.balance is None:
        return None, None
    numbers = [column for column in account.table.columns if column.is_number and column != account.balance]
    common = account.balance.words | {"credit", "total", "balance", "lifetime"}
    spent = next((column for column in numbers if column.words & SPENT and column.words & common), None)
    earned = next((column for column in numbers if column.words & EARNED and not column.words & SPENT), None)
    if spent is None or earned is None:
        return spent, None
    invariant = f"{account.balance.as_sql} = {earned.as_sql} - {spent.as_sql}"
    slots = {"condition": invariant, "table": account.table.as_sql, "key": account.key.as_sql}
    looked = evidence.rows("sample_condition", slots)
    return spent, invariant if looked and looked[0][0] == looked[0][1] else None


def _touched(account: Account | None) -> Column | None:
    if account is None or account.balance is None:
        return None
    return next((c for c in account.table.columns if c.is_time and c.words & {"updated", "modified"}), None)
