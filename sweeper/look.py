"""Reading what is owed without locking anything: pages of a dry run, and the count of a survey."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from sweeper.database import Refusal, Row, Transaction
from sweeper.mapping import Mapping
from sweeper.scope import Place, Scope

_PAGE_SIZE = 2000


@dataclass(frozen=True)
class Looked:
    """One owed session; with ``hold_reason`` when no program may refund it, ages in seconds."""

    session_id: str
    account_id: str | None
    amount: Decimal
    reason: str
    age_seconds: float
    hold_reason: str | None


@dataclass(frozen=True)
class Survey:
    """What is owed at a moment: with holds to come, and what the credits cap has no room for."""

    sessions: int = 0
    credits: Decimal = Decimal(0)
    over_budget: int = 0


def parts(scope: Scope) -> list[Scope]:
    """The scope in parts that can each be paged: a session without a start has no place in the order."""
    whole = scope.dates == "any" or scope.until is not None
    return [scope] if whole else [scope, replace(scope, dates="unknown")]


def survey(transaction: Transaction, mapping: Mapping, scope: Scope, budget: Decimal | None = None) -> Survey:
    """Count what is owed in one part of a scope."""
    binds = {**scope.binds(), "budget": budget}
    try:
        with transaction.savepoint():
            row = transaction.row(mapping.statement("survey"), binds)
        return Survey(row.sessions, Decimal(row.credits), row.over_budget)
    except Refusal:  # one row's expression fails: count page by page, around it
        return _count(look(transaction, mapping, scope), budget)


def _count(sessions: Iterator[Looked], budget: Decimal | None) -> Survey:
    count, credits, over = 0, Decimal(0), 0
    for session in sessions:
        count += 1
        if session.hold_reason is None:
            credits += session.amount
            over += budget is not None and session.amount > budget
    return Survey(count, credits, over)


def look(transaction: Transaction, mapping: Mapping, scope: Scope) -> Iterator[Looked]:
    """Every owed session of one part of a scope, in order, a page at a time."""
    while True:
        try:
            with transaction.savepoint():
                rows = _read_page(transaction, mapping, scope)
            places = [(row.started_at, row.session_id) for row in rows]
            yield from map(_looked, rows)
        except Refusal:
            places = list_candidates(transaction, mapping, scope, _PAGE_SIZE)
            yield from _halve(transaction, mapping, scope, tuple(session_id for _, session_id in places))
        if len(places) < _PAGE_SIZE:
            return
        scope = replace(scope, after=places[-1])


def _read_page(transaction: Transaction, mapping: Mapping, scope: Scope) -> Sequence[Row]:
    return transaction.rows(mapping.statement("look"), {**scope.binds(), "page_size": _PAGE_SIZE})


def _looked(row: Row) -> Looked:
    return Looked(row.session_id, row.account_id, Decimal(row.amount), row.reason, row.age_seconds, row.hold_reason)


def _halve(transaction: Transaction, mapping: Mapping, scope: Scope, session_ids: tuple[str, ...]) -> Iterator[Looked]:
    try:
        with transaction.savepoint():
            rows = _read_page(transaction, mapping, scope.only(session_ids))
    except Refusal as refusal:
        if len(session_ids) == 1:
            yield Looked(session_ids[0], None, Decimal(0), "", 0.0, f"refused {refusal.sqlstate}")
            return
        middle = len(session_ids) // 2
        yield from _halve(transaction, mapping, scope, session_ids[:middle])
        yield from _halve(transaction, mapping, scope, session_ids[middle:])
    else:
        yield from map(_looked, rows)


def list_candidates(transaction: Transaction, mapping: Mapping, scope: Scope, page_size: int) -> list[Place]:
    """The next failed and running sessions, owed or not, by their place in the order."""
    binds = {**scope.binds(), "page_size": page_size}
    rows = transaction.rows(mapping.statement("list_candidates"), binds)
    return [(row.started_at, row.session_id) for row in rows]
