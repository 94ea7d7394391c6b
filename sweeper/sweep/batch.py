"""One batch: lock, look again, pay. One READ COMMITTED transaction, compared before it commits."""

import time
from collections.abc import Collection, Sequence
from collections.abc import Mapping as Mapped
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import cast

import uuid_utils

from sweeper.app.mapping import Mapping
from sweeper.app.transactions import app_transaction
from sweeper.install.lock import lock_installation, require_same_names
from sweeper.ledger.reconcile import (
    Balances,
    compare_balances,
    compare_ledgers,
    read_balances,
    require_as_meant,
    require_chain,
)
from sweeper.postgres.binds import BY_SWEEPER, text_array, text_bytes
from sweeper.postgres.database import Database
from sweeper.postgres.errors import Busy, Refusal
from sweeper.postgres.templates import fill
from sweeper.postgres.timeouts import LOCKING_TIMEOUTS, Timeouts
from sweeper.postgres.transaction import Row, Transaction
from sweeper.sweep.batch_locks import ChosenSessions, choose, lock_accounts, lock_charges, require_short_answer
from sweeper.sweep.caps import Caps, Room
from sweeper.sweep.holds import Holds
from sweeper.sweep.selection import Selection, binds_for_nobody
from sweeper.sweep.shard_payment import ShardPayer
from sweeper.sweep.throttle import Traffic

# for records and counts in sweeper's own ledger, which may be large: nothing else waits for them
BOOKKEEPING_TIMEOUTS = Timeouts()
# in a batch each session may have to wait in turn, such as for a row that a foreign key of the app's ledger refers to,
# and others that need one of its rows wait for all of that; a session alone, which is tried next, may wait longer
_TOGETHER_TIMEOUTS = LOCKING_TIMEOUTS._replace(lock_ms=50)

# a balance that is read from other rows may differ for a moment, if a writer of the app breaks its own rule
_SERIALIZED_TRIES = 3


# one refund that was paid: session, account, amount, reason
Refund = tuple[str, str, str, str]


@dataclass(frozen=True)
class Batch:
    """What one committed batch did; of the sessions that it got, ``tried`` are settled by it or skipped.

    ``beside_id_bytes`` is the size of what the paying statement returned for the paid sessions besides their ids.
    """

    tried: int = 0
    paid: tuple[Refund, ...] = ()
    held: tuple[tuple[str, str], ...] = ()
    already_refunded: int = 0
    skipped: tuple[str, ...] = ()
    capped: bool = False
    locked_seconds: float = 0.0
    traffic: Traffic = field(default_factory=Traffic)
    unripe_from: datetime | None = None
    beside_id_bytes: int = 0


class ChangesOthers(Exception):  # noqa: N818 - the answer is one session a batch
    """A refund changes rows that sessions share, so that another session of the batch may no longer be owed."""


class BatchPayer:
    def __init__(
        self, database: Database, mapping: Mapping, selection: Selection, caps: Caps, holds: Holds, *, run_id: str
    ) -> None:
        self._database = database
        self._mapping = mapping
        self._selection = selection
        self._caps = caps
        self._holds = holds
        self.run_id = run_id
        self._began_at = time.monotonic()
        self._in_shard = ShardPayer(mapping) if mapping.is_by_account else None

    def pay(self, selection: Selection, session_ids: tuple[str, ...]) -> Batch:
        """Pay those of these sessions that are still owed, as many as the caps allow.

        Raises:
            Refusal, StatementError, Busy: the database refuses or locks one of them.
            TooSlow: it takes too long, or its result would be too large, for one batch.
            ChangesOthers: these are to be paid one by one.
            AnotherPays: another run has the caps.
            TooManyOfOne: some are to be left out, because enough of their account are put on hold.
            FailedError: more sessions would be put on hold than one run may hold.
        """
        with self._transaction(_TOGETHER_TIMEOUTS if len(session_ids) > 1 else LOCKING_TIMEOUTS) as transaction:
            room = self._caps.take(transaction)
            # after the wait for the caps: `install` waits for whoever holds this lock
            lock_installation(transaction, self._mapping)
            if room.used_up:
                return Batch(capped=True)
            in_hand = session_ids[: room.sessions]
            binds = {**selection.binds, **selection.bounds(in_hand)}
            binds |= {"in_hand": text_array(in_hand), "budget": room.credits}
            locked_at = time.monotonic()
            locked = transaction.row(self._mapping.statement("lock_sessions"), binds)
            require_short_answer(in_hand, locked)
            missing = frozenset(in_hand) - frozenset(locked.session_ids)
            refunded = self._list_refunded(transaction, selection, missing) if missing else missing
            chosen = choose(in_hand, locked, room.credits)
            batch = Batch()
            if chosen.session_ids:
                batch = self._pay_locked(transaction, selection, chosen, locked.changed)
            credits = sum((Decimal(amount) for _, _, amount, _ in batch.paid), Decimal(0))
            if room.credits is not None and credits > room.credits:
                raise Busy  # an amount grew after it was found: find what fits again, with fewer at a time
            if batch.paid:
                require_same_names(transaction, self._mapping)
            seen = transaction.row(fill("read_traffic", {}))
        locked_seconds = time.monotonic() - locked_at
        self._caps.committed(len(batch.paid), credits)
        self._holds.committed([session_id for session_id, _ in batch.held], chosen.held_for_account(batch.held))
        return replace(
            batch,
            tried=len(in_hand),
            already_refunded=batch.already_refunded + len(refunded),
            skipped=(*batch.skipped, *(missing - refunded)),
            locked_seconds=locked_seconds,
            traffic=Traffic(**seen._mapping),
        )

    def require_plan(self) -> None:
        """Let the server plan the statement that pays, for no session, so that it checks the rights on all its tables.

        Raises:
            Busy: one of them is locked as a whole.
            Refusal, StatementError: it cannot be planned, so that no row is at fault.
        """
        with self._transaction() as transaction:
            binds = binds_for_nobody(self._selection, self._mapping, self.run_id)
            transaction.rows(self._mapping.statement("explain_pay"), binds)

    def server_start(self) -> datetime:
        """When the server was started that a new connection reaches now."""
        with self._transaction() as transaction:
            began: datetime = transaction.row(fill("read_server_start", {})).began
            return began

    @property
    def has_budget(self) -> bool:
        """Whether there is a cap by credits."""
        return self._caps.by_credits

    def budget(self) -> Decimal | None:
        """What the cap by credits leaves now; None is no limit."""
        return self.room().credits if self.has_budget else None

    def room(self) -> Room:
        with self._transaction(BOOKKEEPING_TIMEOUTS) as transaction:
            return self._caps.read(transaction)

    def _transaction(self, timeouts: Timeouts = LOCKING_TIMEOUTS) -> AbstractContextManager[Transaction]:
        return app_transaction(self._database, self._mapping, timeouts)

    def _pay_locked(
        self, transaction: Transaction, selection: Selection, chosen: ChosenSessions, changed_before: int | None
    ) -> Batch:
        """Lock the accounts, pay, and compare what was written with what was intended."""
        balances = lock_accounts(transaction, self._mapping, chosen)
        if not lock_charges(transaction, self._mapping, chosen):
            return Batch(skipped=tuple(chosen.session_ids))
        binds = {
            **selection.binds,
            **selection.bounds(chosen.session_ids),
            "in_hand": text_array(chosen.session_ids),
            "account_ids": None if balances is None else text_array(balances),
            "refund_ids": text_array([str(uuid_utils.uuid7()) for _ in chosen.session_ids]),
            "run_id": self.run_id,
            "changed_before": changed_before,
            "elapsed": timedelta(seconds=time.monotonic() - self._began_at),
            **BY_SWEEPER,
        }
        row = self._write(transaction, binds)
        self._require_written(transaction, selection, row)
        transaction.rows(fill("fire_deferred", {}))
        self._require_as_meant(transaction, binds, row, balances)
        batch = _batch_of(row)
        self._holds.require_room(row.held_sessions, chosen.held_for_account(batch.held))
        return batch

    def _write(self, transaction: Transaction, binds: Mapped[str, object]) -> Row:
        if self._in_shard is None:
            return transaction.row(self._mapping.statement("pay"), binds)
        return cast("Row", self._in_shard.pay(transaction, binds))  # it has the same attributes

    def _require_as_meant(
        self, transaction: Transaction, binds: Mapped[str, object], row: Row, balances: Balances | None
    ) -> None:
        """Read back what the app's triggers made of sessions, ledger rows and balances.

        Raises:
            Refusal: something differs from what was intended.
            ChangesOthers: they share rows that refunds change.
        """
        shares_rows = self._mapping.lists["shares_rows"] and len(row.paid_sessions) > 1
        if shares_rows and transaction.rows(self._mapping.statement("find_changed"), binds):
            raise ChangesOthers
        if row.paid_sessions and not self._are_failed(transaction, binds, row.paid_sessions):
            require_as_meant(transaction.rows(self._mapping.statement("read_back"), binds))
        if balances is None or not self._mapping.has_balance:
            return
        after = read_balances(transaction, self._mapping.statement("read_balances"), row.moved_accounts)
        exact, exact_spent = self._mapping.exact_balance, self._mapping.exact_spent
        tries = _SERIALIZED_TRIES if self._mapping.serialized else 1
        compare_balances(row, balances, after, exact=exact, exact_spent=exact_spent, tries=tries)

    def _are_failed(self, transaction: Transaction, binds: Mapped[str, object], session_ids: Sequence[str]) -> bool:
        """Whether all these sessions are failed now, and nothing else of a refund has to be read back."""
        if self._mapping.is_read_back:
            return False
        found = transaction.row(self._mapping.statement("count_failed"), {**binds, "in_hand": text_array(session_ids)})
        return bool(found.failed == len(session_ids))

    def _list_refunded(
        self, transaction: Transaction, selection: Selection, session_ids: Collection[str]
    ) -> frozenset[str]:
        binds = {**selection.binds, **selection.bounds(tuple(session_ids)), "in_hand": text_array(session_ids)}
        return frozenset(transaction.row(self._mapping.statement("list_refunded"), binds).session_ids)

    def _require_written(self, transaction: Transaction, selection: Selection, row: Row) -> None:
        compare_ledgers(row)
        if self._mapping.is_chained:
            require_chain(row)
        if not row.unpaid_sessions:
            return
        refunded = self._list_refunded(transaction, selection, row.unpaid_sessions)
        if not refunded.issuperset(row.unpaid_sessions):
            raise Refusal("", "the refund was not written: a trigger or a rule drops it, or the closing of the session")


def _batch_of(row: Row) -> Batch:
    answer = (row.paid_sessions, row.paid_accounts, row.paid_amounts, row.paid_reasons)
    return Batch(
        paid=tuple(zip(*answer, strict=True)),
        held=tuple(zip(row.held_sessions, row.held_reasons, strict=True)),
        already_refunded=row.refunded_before + len(row.unpaid_sessions),
        skipped=tuple(row.busy_sessions),
        unripe_from=row.unripe_from,
        beside_id_bytes=sum(map(text_bytes, (*answer[1:], row.moved_accounts, row.moved_amounts))),
    )
