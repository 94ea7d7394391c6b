"""Takes one batch of refunds back: lock the accounts, decide, write, compare, commit."""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from sweeper.app.mapping import Mapping
from sweeper.app.transactions import app_transaction
from sweeper.core.errors import ConfigurationError
from sweeper.corrections.correction import CorrectionRequest
from sweeper.corrections.result import BalanceChange
from sweeper.install.lock import lock_installation
from sweeper.ledger.reconcile import Balances, compare_balances, compare_ledgers, read_balances
from sweeper.postgres.binds import text_array
from sweeper.postgres.database import Database
from sweeper.postgres.errors import UNIQUE_VIOLATION, Refusal
from sweeper.postgres.templates import fill
from sweeper.postgres.timeouts import LOCKING_TIMEOUTS
from sweeper.postgres.transaction import Row, Transaction

Pools = Sequence[str | None]


@dataclass
class BalanceLimits:
    """Decides, refund by refund, what the balances allow, and adds up what each account loses."""

    has_balance: bool
    allow_negative: bool
    changes: dict[str, BalanceChange] = field(default_factory=dict)
    _pools: dict[str, list[Decimal | None]] = field(default_factory=dict)

    def take(self, row: Row, balance: str | None, pools: Pools) -> str | None:
        """Take one refund back, or return why it cannot be taken back.

        ``balance`` is that of its account before anything of it was taken, ``pools`` the columns that it is made of;
        they count the first time only.
        """
        amount = Decimal(row.amount)
        if row.layer == "adopted":
            return "adopted"
        if not row.account_known:
            return "account_gone"
        known = self.changes.get(row.account_id)
        if known is None:
            before = None if balance is None else Decimal(balance)
            known = BalanceChange(row.account_id, Decimal(0), before, before)
        if self.has_balance:
            if known.after is None or not known.after.is_finite():
                return "no_balance"
            if known.after < amount and not self.allow_negative:
                return "below_zero"
        if not self.allow_negative:
            left = _less(self._pools.get(row.account_id, _numbers(pools)), _numbers(row.shares))
            if left is None:
                return "below_zero"
            self._pools[row.account_id] = left
        after = None if known.after is None else known.after - amount
        self.changes[row.account_id] = BalanceChange(row.account_id, known.credits + amount, known.before, after)
        return None


def _numbers(texts: Pools) -> list[Decimal | None]:
    return [None if text is None else Decimal(text) for text in texts]


def _less(pools: list[Decimal | None], shares: list[Decimal | None]) -> list[Decimal | None] | None:
    """What is left in each pool without its share; None if a pool has less than its share."""
    left = list[Decimal | None]()
    for pool, share in zip(pools, shares, strict=False):  # an account that is gone or locked has no pools
        less = None if pool is None or share is None else pool - share
        if less is not None and share and share > 0 > less:
            return None
        left.append(less)
    return left


class BatchReverter:
    def __init__(
        self, database: Database, mapping: Mapping, request: CorrectionRequest, *, allow_negative: bool
    ) -> None:
        self._database = database
        self._mapping = mapping
        self._request = request
        self._allow_negative = allow_negative

    def limits(self) -> BalanceLimits:
        """The limits before any refund is taken back, by the rules of this revert."""
        return BalanceLimits(has_balance=self._mapping.has_balance, allow_negative=self._allow_negative)

    def take(self, rows: Sequence[Row], reversal_ids: Sequence[str]) -> tuple[set[str], dict[str, str]]:
        """Take these back in one transaction; returns those that were taken back, and why others were not.

        With the same ``reversal_ids`` a second attempt knows what the first has done.

        Raises:
            Refusal, Busy, TooSlow: the database refuses or locks one of them; nothing was done.
            ConfigurationError: the mapping would count the reversal as a refund, or the ledger has no guard.
        """
        mapping = self._mapping
        with app_transaction(self._database, mapping, LOCKING_TIMEOUTS) as transaction:
            lock_installation(transaction, mapping)
            balances, pools = self._lock(transaction, rows)
            left = self._decide(rows, balances, pools)
            picked = dict(zip((row.refund_id for row in rows), reversal_ids, strict=True))
            chosen = {refund_id: picked[refund_id] for refund_id in picked if refund_id not in left}
            done = self._write(transaction, chosen, {row.account_id for row in rows if row.refund_id in chosen})
            compare_ledgers(done)
            transaction.rows(fill("fire_deferred", {}))
            if balances is not None and mapping.has_balance:
                after = read_balances(transaction, mapping.statement("read_balances"), done.moved_accounts)
                exact, exact_spent = mapping.exact_balance, mapping.exact_spent
                compare_balances(done, balances, after, exact=exact, exact_spent=exact_spent)
        # the app's ledger orders rows by time, and the next pass has room for more
        left |= dict.fromkeys(done.without_room, "busy")
        return {*done.reversed, *done.reversed_before}, left

    def _lock(self, transaction: Transaction, rows: Sequence[Row]) -> tuple[Balances | None, dict[str, Pools]]:
        if self._mapping.lists["unmarks"]:
            session_ids = text_array(sorted({row.session_id for row in rows}))
            accounts = text_array({row.account_id for row in rows})
            transaction.rows(self._mapping.statement("lock_marked"), {"session_ids": session_ids, "accounts": accounts})
        if not self._mapping.has_accounts:
            return None, {}
        wanted = list({row.account_id for row in rows if row.account_known})
        locked = transaction.rows(self._mapping.statement("lock_balances"), {"account_ids": text_array(wanted)})
        balances: Balances = {row.account_id: (row.balance, row.spent) for row in locked}
        if self._mapping.serialized:  # in one statement with the lock, other rows could be read as they were before it
            balances = read_balances(transaction, self._mapping.statement("read_balances"), list(balances))
        return balances, {row.account_id: row.pools for row in locked}

    def _decide(self, rows: Sequence[Row], balances: Balances | None, pools: dict[str, Pools]) -> dict[str, str]:
        limits, left = self.limits(), {}
        known = balances or {}
        for row in rows:
            balance, _ = known.get(row.account_id, (None, None))
            why = limits.take(row, balance, pools.get(row.account_id, ()))
            if why == "no_balance" and row.account_id not in known:
                why = "busy"
            if why:
                left[row.refund_id] = why
        return left

    def _write(self, transaction: Transaction, chosen: dict[str, str], accounts: Collection[str]) -> Row:
        binds = {
            "refund_ids": text_array(list(chosen)),
            "reversal_ids": text_array(list(chosen.values())),
            "reason": self._request.reason,
            "host": self._request.host,
            "as_of": self._request.as_of,
            "elapsed": timedelta(seconds=time.monotonic() - self._request.asked_at),
            "accounts": text_array(accounts),
        }
        done = transaction.row(self._mapping.statement("reverse"), binds)
        if done.is_refund:
            raise reversal_is_refund()
        if done.booked_otherwise:
            raise Refusal("", "what is in the app's ledger is not what was meant: a trigger or a rule changes it")
        if done.other_shares:
            raise Refusal(
                "",
                "the refund moved other columns of the account than [accounts.add] names now: take it back by hand, or "
                "under the file that it was paid under",
            )
        return done


def stopped_by_guard(refusal: Refusal) -> bool:
    """Whether the guard of the app's ledger took a reversal for a second refund."""
    return refusal.sqlstate == UNIQUE_VIOLATION and refusal.constraint.startswith("sweeper_guard_")


def reversal_is_refund() -> ConfigurationError:
    """The error for a `[ledger.reverse]` whose rows would count as refunds."""
    return ConfigurationError(
        "the row that [ledger.reverse] writes is itself a refund of the session by ledger.where: give it another type, "
        "or leave its session out. Nothing was taken back",
        code="reverse_is_refund",
    )
