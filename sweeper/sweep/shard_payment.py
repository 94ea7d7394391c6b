"""The statement that pays, in steps: for a batch of one Citus shard, each of which Citus sends to its node as it is."""

from collections import defaultdict
from collections.abc import Mapping as Mapped
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from sweeper.app.mapping import Mapping
from sweeper.postgres.binds import text_array
from sweeper.postgres.transaction import Row, Transaction


class ShardPayment(NamedTuple):
    """What the steps did, with the columns of the statement that pays."""

    refunded_before: int
    unpaid_sessions: Sequence[str]
    altered: bool
    unripe_from: datetime | None
    paid_sessions: Sequence[str]
    paid_accounts: Sequence[str]
    paid_amounts: Sequence[str]
    paid_reasons: Sequence[str]
    moved_refunds: int
    moved_accounts: Sequence[str]
    moved_amounts: Sequence[str]
    held_sessions: Sequence[str]
    held_reasons: Sequence[str]
    busy_sessions: Sequence[str]
    guarded: bool = True

    @property
    def booked(self) -> int:
        """As many as were paid: there is no other ledger."""
        return len(self.paid_sessions)


class ShardPayer:
    """Closes and marks the sessions of a batch, inserts their refunds, and adds to the balances what was inserted."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping

    def pay(self, transaction: Transaction, binds: Mapped[str, object]) -> ShardPayment:
        """Pay the locked sessions that are still owed; ``binds`` are those of the statement that pays."""
        closed = transaction.row(self._mapping.statement("close_in_shard"), binds)
        paid = self._insert(transaction, closed, binds) if closed.session_ids else ()
        moved = self._add(transaction, paid, binds) if paid else {}
        held = self._hold(transaction, closed, binds) if closed.held_sessions else ()
        if paid and closed.has_holds:
            self._end_holds(transaction, paid, binds)
        done = frozenset(row.session_id for row in paid)
        return ShardPayment(
            refunded_before=closed.refunded_before,
            unpaid_sessions=[session_id for session_id in closed.fit_sessions if session_id not in done],
            altered=not _intended(closed).issuperset(map(_key, paid)) or not all(row.as_intended for row in paid),
            unripe_from=closed.unripe_from,
            paid_sessions=[row.session_id for row in paid],
            paid_accounts=[row.account_id for row in paid],
            paid_amounts=[row.amount for row in paid],
            paid_reasons=[row.reason for row in paid],
            moved_refunds=sum(refunds for refunds, _ in moved.values()),
            moved_accounts=list(moved),
            moved_amounts=[amount for _, amount in moved.values()],
            held_sessions=[row.session_id for row in held if row.new],
            held_reasons=[row.why for row in held if row.new],
            busy_sessions=closed.busy_sessions,
        )

    def _insert(self, transaction: Transaction, closed: Row, binds: Mapped[str, object]) -> Sequence[Row]:
        texts = ("refund_ids", "session_ids", "account_ids", "attempts", "amounts", "reasons")
        lists = ("charges", "shares", "agains", "details", "failed_ats")
        more: dict[str, object] = {name: text_array(getattr(closed, name)) for name in texts}
        more |= {name: list(getattr(closed, name)) for name in lists}
        return transaction.rows(self._mapping.statement("insert_in_shard"), {**binds, **more})

    def _add(
        self, transaction: Transaction, paid: Sequence[Row], binds: Mapped[str, object]
    ) -> dict[str, tuple[int, str]]:
        """By account, how many refunds changed its balance, and by how much."""
        if not self._mapping.lists["moves"]:  # there is no balance, or a trigger of the app changes it
            return _by_account(paid) if self._mapping.has_accounts else {}
        amounts = {
            "account_ids": text_array([row.account_id for row in paid]),
            "amounts": text_array([row.amount for row in paid]),
            "shares": [row.shares for row in paid] if self._mapping.shares else [],
        }
        rows = transaction.rows(self._mapping.statement("add_in_shard"), {**binds, **amounts})
        return {row.account_id: (row.refunds, row.amount) for row in rows}

    def _hold(self, transaction: Transaction, closed: Row, binds: Mapped[str, object]) -> Sequence[Row]:
        more = {
            "session_ids": text_array(closed.held_sessions),
            "account_ids": text_array(closed.held_accounts),
            "attempts": list(closed.held_attempts),
            "reasons": text_array(closed.held_reasons),
        }
        return transaction.rows(self._mapping.statement("hold_in_shard"), {**binds, **more})

    def _end_holds(self, transaction: Transaction, paid: Sequence[Row], binds: Mapped[str, object]) -> None:
        more = {
            "session_ids": text_array([row.session_id for row in paid]),
            "account_ids": text_array([row.account_id for row in paid]),
            "attempts": text_array([row.attempt for row in paid]),
        }
        transaction.rows(self._mapping.statement("end_holds_in_shard"), {**binds, **more})


def _intended(closed: Row) -> set[tuple[object, ...]]:
    """The refunds that were to be written, by the values that identify them."""
    columns = (closed.refund_ids, closed.session_ids, closed.account_ids, closed.attempts, closed.agains)
    found = zip(*columns, map(Decimal, closed.amounts), strict=True)
    return set(found)


def _key(row: Row) -> tuple[object, ...]:
    return row.refund_id, row.session_id, row.account_id, row.attempt, row.again, Decimal(row.amount)


def _by_account(paid: Sequence[Row]) -> dict[str, tuple[int, str]]:
    sums = defaultdict[str, list[Decimal]](list)
    for row in paid:
        sums[row.account_id].append(Decimal(row.amount))
    return {account_id: (len(amounts), str(sum(amounts))) for account_id, amounts in sums.items()}
