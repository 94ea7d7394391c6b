"""Savepoints: what fails in a block does not end the transaction, and reads share one savepoint."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest.mock import patch

import pytest
import sqlalchemy

from sweeper.postgres.connection import from_url
from sweeper.postgres.database import Database
from sweeper.postgres.errors import Refusal
from sweeper.postgres.timeouts import Timeouts
from sweeper.postgres.transaction import Transaction
from tests.helpers.app_database import AppDatabase


@contextmanager
def opened(app: AppDatabase, *, read_only: bool) -> Iterator[Transaction]:
    database = Database(from_url(app.url, "DATABASE_URL"), application_name="test")
    try:
        with database.transaction(timeouts=Timeouts(), read_only=read_only) as transaction:
            yield transaction
    finally:
        database.close()


def fail(transaction: Transaction, first: Callable[[Transaction], object] = lambda _: None) -> None:
    """A block that does something else first, and fails."""

    def work() -> None:
        with transaction.savepoint():
            first(transaction)
            transaction.rows("SELECT 1 / 0")

    with pytest.raises(Refusal):
        work()


def works(transaction: Transaction) -> bool:
    with transaction.savepoint():
        return bool(transaction.row("SELECT true AS works").works)


def inner_blocks(transaction: Transaction) -> None:
    assert works(transaction)
    fail(transaction)
    with transaction.undone():
        fail(transaction)
        assert works(transaction)
    fail(transaction)


@pytest.mark.parametrize("read_only", [True, False])
def test_a_block_that_fails_does_not_end_the_transaction(bare: AppDatabase, *, read_only: bool) -> None:
    with opened(bare, read_only=read_only) as transaction:
        for _ in range(2):
            assert works(transaction)
            fail(transaction)
        assert transaction.row("SELECT 1 AS one").one == 1


@pytest.mark.parametrize("read_only", [True, False])
def test_nor_do_blocks_within_blocks(bare: AppDatabase, *, read_only: bool) -> None:
    with opened(bare, read_only=read_only) as transaction:
        assert works(transaction)
        fail(transaction, inner_blocks)
        with transaction.undone():
            inner_blocks(transaction)
        assert works(transaction)


def test_what_a_failed_block_wrote_is_undone_and_what_others_wrote_is_not(bare: AppDatabase) -> None:
    def write(transaction: Transaction, id: str) -> None:
        transaction.rows("INSERT INTO users VALUES (%(id)s, 0, 0, 0)", {"id": id})

    with opened(bare, read_only=False) as transaction:
        with transaction.savepoint():
            write(transaction, "before")
        fail(transaction, lambda it: write(it, "undone"))
        with transaction.savepoint():
            write(transaction, "after")
    assert bare.sql("SELECT id FROM users ORDER BY id") == [("after",), ("before",)]


def test_reads_share_one_savepoint_until_one_fails(bare: AppDatabase) -> None:
    begin = sqlalchemy.Connection.begin_nested
    with (
        patch.object(sqlalchemy.Connection, "begin_nested", autospec=True, side_effect=begin) as begun,
        opened(bare, read_only=True) as transaction,
    ):
        assert works(transaction)
        assert works(transaction)
        assert begun.call_count == 1
        fail(transaction)
        assert works(transaction)
        assert begun.call_count == 2
