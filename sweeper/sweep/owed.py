"""Reading what is owed without locking anything: what a run pays next, pages of a dry run, the count of a survey."""

import json
import sys
from collections import deque
from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from sweeper.app.mapping import Mapping
from sweeper.postgres.binds import text_array
from sweeper.postgres.database import Database
from sweeper.postgres.errors import Refusal, StatementError
from sweeper.postgres.timeouts import READ_TIMEOUTS
from sweeper.postgres.transaction import Row, Transaction
from sweeper.sweep.selection import Place, Scope

_PAGE_SIZE = 2000
# so many ids are found at once: a page costs a reading of its own, and a full sweep reads all of history for the first
_FOUND_AT_ONCE = 50_000
# so many are halved when one row's expression fails: fewer would take longer, as most of history is settled
_CANDIDATES_AT_ONCE = 20_000


@dataclass(frozen=True)
class Looked:
    """One owed session; with ``hold_reason`` when no program may refund it, ``on_hold`` when it is known already.

    ``refused`` is what the database says of its own expression that fails; then nobody knows what else there is to it.
    """

    session_id: str
    account_id: str | None
    amount: Decimal
    reason: str
    age_seconds: float
    hold_reason: str | None
    on_hold: bool
    refused: Refusal | StatementError | None = None


@dataclass(frozen=True)
class Survey:
    """What is owed at a moment, and what of it the credits cap has no room for.

    Where what is payable was asked for, ``to_hold`` more are owed that a run would put on hold.
    """

    sessions: int = 0
    credits: Decimal = Decimal(0)
    over_budget: int = 0
    to_hold: int = 0


def reading(database: Database, mapping: Mapping) -> AbstractContextManager[Transaction]:
    """A read-only transaction over one snapshot, for the mapped tables."""
    return database.transaction(
        timeouts=READ_TIMEOUTS, search_path=mapping.search_path, timezone=mapping.timezone, read_only=True
    )


class Found:
    """Owed sessions in their order, to be taken a batch at a time; packed, as a text each would take much memory.

    ``last`` is the place in the order that a full page reaches to: there may be more behind it. ``unripe_from`` is when
    the earliest session started that may be owed later, where that was asked.
    """

    def __init__(
        self,
        packs: Iterable[str] = (),
        session_ids: tuple[str, ...] = (),
        *,
        last: Place | None = None,
        unripe_from: datetime | None = None,
    ) -> None:
        self._packs = deque(packs)
        self._loose = session_ids
        self._from_the_end = False
        self.last = last
        self.unripe_from = unripe_from

    def take(self, number: int) -> tuple[str, ...]:
        """The next so many ids, fewer at the end, none when all are taken."""
        while self._packs and len(self._loose) < number:
            self._loose += tuple(json.loads(self._packs.pop() if self._from_the_end else self._packs.popleft()))
        taken, self._loose = self._loose[:number], self._loose[number:]
        return taken

    def __bool__(self) -> bool:
        return bool(self._packs or self._loose)

    def take_all(self) -> tuple[str, ...]:
        """All ids that are left."""
        return self.take(sys.maxsize)

    def turn(self) -> bool:
        """From now on take from the other end; tell whether that is the first one again."""
        put_back = self._packs.append if self._from_the_end else self._packs.appendleft
        put_back(json.dumps(self._loose))
        self._loose = ()
        self._from_the_end = not self._from_the_end
        return not self._from_the_end

    def give_back(self, session_ids: tuple[str, ...]) -> None:
        """These were taken and are still to be paid."""
        self._loose = session_ids + self._loose


def find(transaction: Transaction, mapping: Mapping, scope: Scope, budget: Decimal | None) -> Found:
    """The next sessions in one part of a scope that are owed and, each for itself, within the budget.

    Raises:
        Refusal, StatementError: one row's expression fails.
    """
    in_history = scope.in_history and scope.after is None
    statement = mapping.statement("find_in_history" if in_history else "find")
    page_size = max(_FOUND_AT_ONCE, len(scope.session_ids or ()))
    row = transaction.row(statement, {**scope.binds(), "page_size": page_size, "budget": budget})
    return Found(
        row.packs,
        last=(row.last[0], row.last[1]) if row.last else None,
        unripe_from=row.unripe_from if in_history else None,
    )


def find_missing(transaction: Transaction, mapping: Mapping, scope: Scope) -> datetime | None:
    """When the latest run paid whose refunds are not all in the ledger any more; none when all are.

    Sessions that a person named are paid all the same.
    """
    if scope.session_ids is not None:
        return None
    row = transaction.row(mapping.statement("find_missing"), {"since": scope.since or "-infinity"})
    found: datetime | None = row.missing_until
    return found


def parts(scope: Scope) -> list[Scope]:
    """The scope in parts that can each be paged: a session without a start has no place in the order."""
    return [scope] if scope.until is not None else [scope, replace(scope, dates="unknown")]


def survey(
    transaction: Transaction,
    mapping: Mapping,
    scope: Scope,
    budget: Decimal | None = None,
    *,
    payable: bool = False,
    settled: Collection[str] = (),
) -> Survey:
    """Count what is owed in one part of a scope, without the ``settled``; ``payable`` leaves out what will be held."""
    binds = {**scope.binds(), "budget": budget, "payable": payable, "settled": text_array(settled) if settled else None}
    try:
        with transaction.savepoint():
            row = transaction.row(mapping.statement("survey"), binds)
        return Survey(row.sessions, Decimal(row.credits), row.over_budget, row.to_hold)
    except (Refusal, StatementError):  # one row's expression fails: count page by page, around it
        looked = (one for one in look(transaction, mapping, scope) if one.session_id not in settled)
        return _count(looked, budget, payable=payable)


def _count(sessions: Iterator[Looked], budget: Decimal | None, *, payable: bool) -> Survey:
    count, credits, over, to_hold = 0, Decimal(0), 0, 0
    for session in sessions:
        if payable and session.hold_reason is not None:
            to_hold += not session.on_hold
            continue
        count += 1
        if session.hold_reason is None:
            credits += session.amount
            over += budget is not None and session.amount > budget
    return Survey(count, credits, over, to_hold)


def look(transaction: Transaction, mapping: Mapping, scope: Scope) -> Iterator[Looked]:
    """Every owed session of one part of a scope, in order, a page at a time."""
    more = True
    while more:
        try:
            with transaction.savepoint():
                rows = _read_page(transaction, mapping, scope, _PAGE_SIZE)
        except (Refusal, StatementError):
            more, last = yield from _look_around(transaction, mapping, scope)
        else:
            yield from map(_looked, rows)
            more, last = len(rows) == _PAGE_SIZE, _place(rows[-1]) if rows else None
        scope = replace(scope, after=last)


def _look_around(
    transaction: Transaction, mapping: Mapping, scope: Scope
) -> Generator[Looked, None, tuple[bool, Place | None]]:
    """Go on, with fewer sessions at a time, until the row is behind whose expression fails.

    Tells whether there may be more, and from what place on.
    """
    refused = False
    while not refused and (candidates := list_candidates(transaction, mapping, scope)):
        for looked in _halve(transaction, mapping, scope, tuple(session_id for _, session_id in candidates)):
            refused |= looked.refused is not None
            yield looked
        scope = replace(scope, after=candidates[-1])
    return refused, scope.after


def _place(row: Row) -> Place:
    """The place of a row in the order of a sweep."""
    return row.started_at, row.session_id


def _read_page(transaction: Transaction, mapping: Mapping, scope: Scope, page_size: int) -> Sequence[Row]:
    return transaction.rows(mapping.statement("look"), {**scope.binds(), "page_size": page_size})


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


def _halve(transaction: Transaction, mapping: Mapping, scope: Scope, session_ids: tuple[str, ...]) -> Iterator[Looked]:
    try:
        with transaction.savepoint():
            rows = _read_page(transaction, mapping, scope.only(session_ids), len(session_ids))
    except (Refusal, StatementError) as problem:
        if len(session_ids) == 1:
            on_hold = is_on_hold(transaction, mapping, session_ids[0])
            why = f"refused {problem.sqlstate if isinstance(problem, Refusal) else problem.refusal.sqlstate}"
            account_id = account_of(transaction, mapping, session_ids[0])
            nothing = Decimal(0)
            yield Looked(
                session_ids[0], account_id, nothing, "", 0.0, hold_reason=why, on_hold=on_hold, refused=problem
            )
            return
        middle = len(session_ids) // 2
        yield from _halve(transaction, mapping, scope, session_ids[:middle])
        yield from _halve(transaction, mapping, scope, session_ids[middle:])
    else:
        yield from map(_looked, rows)


def is_on_hold(transaction: Transaction, mapping: Mapping, session_id: str) -> bool:
    """Whether a run, which would put this session on hold, finds it there."""

    def ask(*, attempt_known: bool) -> bool:
        binds = {"session_id": session_id, "attempt_known": attempt_known}
        with transaction.savepoint():
            return any(row.on_hold for row in transaction.rows(mapping.statement("find_hold"), binds))

    try:
        return ask(attempt_known=True)
    except (Refusal, StatementError):
        return ask(attempt_known=False)


def account_of(transaction: Transaction, mapping: Mapping, session_id: str) -> str | None:
    """Whose a session is that the database refuses; none where that fails, too."""
    try:
        with transaction.savepoint():
            rows = transaction.rows(
                mapping.statement("find_account"), {"session_id": session_id, "payable_again": False}
            )
    except (Refusal, StatementError):
        return None
    return rows[0].account_id if rows else None


def list_candidates(transaction: Transaction, mapping: Mapping, scope: Scope) -> list[Place]:
    """The next failed and running sessions, owed or not, by their place in the order."""
    binds = {**scope.binds(), "page_size": _CANDIDATES_AT_ONCE}
    return [_place(row) for row in transaction.rows(mapping.statement("list_candidates"), binds)]
