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
    """One owed session; with ``hold_reason`` when no program may refund it, ``on_hold`` when it is known already."""

    session_id: str
    account_id: str | None
    amount: Decimal
    reason: str
    age_seconds: float
    hold_reason: str | None
    on_hold: bool


@dataclass(frozen=True)
class Survey:
    """What is owed at a moment: with holds to come, and what the credits cap has no room for."""

    sessions: int = 0
    credits: Decimal = Decimal(0)
    over_budget: int = 0


def parts(scope: Scope) -> list[Scope]:
    """The scope in parts that can each be paged: a session without a start has no place in the order."""
    return [scope] if scope.until is not None else [scope, replace(scope, dates="unknown")]


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
            rows = _read_candidates(transaction, mapping, scope, _PAGE_SIZE)
            places = [(row.started_at, row.session_id) for row in rows]
            on_hold = frozenset(row.session_id for row in rows if row.on_hold)
            yield from _halve(transaction, mapping, scope, tuple(row.session_id for row in rows), on_hold)
        if len(places) < _PAGE_SIZE:
            return
        scope = replace(scope, after=places[-1])


def _read_page(transaction: Transaction, mapping: Mapping, scope: Scope) -> Sequence[Row]:
    return transaction.rows(mapping.statement("look"), {**scope.binds(), "page_size": _PAGE_SIZE})


def _looked(row: Row) -> Looked:
    return Looked(
        session_id=row.session_id,
        account_id=row.account_id,
        amount=Decimal(row.amount),
        reason=row.reason,
        age_seconds=row.age_seconds,
        hold_reason=row.hold_reason,
        on_hold=row.on_hold,
    )


def _halve(
    transaction: Transaction, mapping: Mapping, scope: Scope, session_ids: tuple[str, ...], on_hold: frozenset[str]
) -> Iterator[Looked]:
    try:
        with transaction.savepoint():
            rows = _read_page(transaction, mapping, scope.only(session_ids))
    except Refusal as refusal:
        if len(session_ids) == 1:
            (refused,) = session_ids
            why = f"refused {refusal.sqlstate}"
            yield Looked(refused, None, Decimal(0), "", 0.0, hold_reason=why, on_hold=refused in on_hold)
            return
        middle = len(session_ids) // 2
        yield from _halve(transaction, mapping, scope, session_ids[:middle], on_hold)
        yield from _halve(transaction, mapping, scope, session_ids[middle:], on_hold)
    else:
        yield from map(_looked, rows)


def list_candidates(transaction: Transaction, mapping: Mapping, scope: Scope, page_size: int) -> list[Place]:
    """The next failed and running sessions, owed or not, by their place in the order."""
    return [(row.started_at, row.session_id) for row in _read_candidates(transaction, mapping, scope, page_size)]


def _read_candidates(transaction: Transaction, mapping: Mapping, scope: Scope, page_size: int) -> Sequence[Row]:
    return transaction.rows(mapping.statement("list_candidates"), {**scope.binds(), "page_size": page_size})
