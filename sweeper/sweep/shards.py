"""Where Citus keeps the sessions that a run has found, so that a batch is of one shard."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import chain
from typing import TypeVar

from sweeper.app.mapping import Mapping
from sweeper.postgres.binds import text_array
from sweeper.postgres.database import Database
from sweeper.postgres.timeouts import READ_TIMEOUTS
from sweeper.postgres.transaction import Row, Transaction

T = TypeVar("T")


class ShardMap:
    """The account of each session, and the shard of each account."""

    def __init__(self) -> None:
        self._accounts = dict[str, str]()
        self._shards = dict[str, int]()

    def learn(self, transaction: Transaction, mapping: Mapping, found: Iterable[tuple[str, str]]) -> None:
        """Record the accounts of these sessions; of several with one id, which are never refunded, the last one."""
        self._accounts.update(found)
        unknown = set(self._accounts.values()) - self._shards.keys()
        if unknown:
            self._shards.update(_shards(transaction, mapping, unknown))

    def keep(self, session_ids: Iterable[str]) -> None:
        """Forget all sessions but these, because a run may find millions."""
        self._accounts = {one: self._accounts[one] for one in session_ids if one in self._accounts}
        self._shards = {one: self._shards[one] for one in self._accounts.values()}

    def accounts(self, session_ids: Iterable[str]) -> frozenset[str]:
        return frozenset(self._accounts[session_id] for session_id in session_ids if session_id in self._accounts)

    def shard(self, session_id: str) -> int:
        return self._shards[self._accounts[session_id]]

    def by_shard(self, session_ids: Sequence[str]) -> list[str]:
        """The same sessions grouped by shard, in their order."""
        return list(chain.from_iterable(_grouped(session_ids, self.shard)))


def in_shards(database: Database, mapping: Mapping, rows: Sequence[Row]) -> list[list[Row]]:
    """Rows with an ``account_id`` in groups, each of one Citus shard; in one group without Citus."""
    if not mapping.is_by_account or not rows:
        return [list(rows)]
    with database.transaction(timeouts=READ_TIMEOUTS, read_only=True) as transaction:
        shards = _shards(transaction, mapping, {row.account_id for row in rows})
    return _grouped(rows, lambda row: shards[row.account_id])


def _grouped(items: Iterable[T], shard: Callable[[T], int]) -> list[list[T]]:
    """The items grouped by shard, in their order."""
    groups = defaultdict[int, list[T]](list)
    for item in items:
        groups[shard(item)].append(item)
    return list(groups.values())


def _shards(transaction: Transaction, mapping: Mapping, account_ids: Collection[str]) -> dict[str, int]:
    rows = transaction.rows(mapping.statement("list_shards"), {"account_ids": text_array(account_ids)})
    return {row.account_id: row.shard_id for row in rows}
