"""What interrupts a run in this process: something that happens before a batch, and its death."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import psycopg

from sweeper.postgres.transaction import Transaction
from tests.helpers.statements import name_of


class Died(BaseException):
    """The process is gone: nobody handles this."""


@contextmanager
def before_batch(number: int, action: Callable[[], object]) -> Iterator[None]:
    """Do ``action`` just before the run looks for what its batch ``number`` will pay: nothing is locked then."""
    original, batches = Transaction.rows, 0

    def rows(self: Transaction, text: str, binds: Any = None) -> Any:
        nonlocal batches
        if name_of(text) == "find":
            batches += 1
            if batches == number:
                action()
        return original(self, text, binds)

    with patch.object(Transaction, "rows", rows):
        yield


@contextmanager
def dying(number: int) -> Iterator[None]:
    """Die before the statement or commit ``number`` from the first batch on: before the next one is after a commit."""
    originals, said, begun = (Transaction.rows, psycopg.Connection.commit), 0, False

    def die(*, begins: bool) -> None:
        nonlocal said, begun
        begun = begun or begins
        said += begun
        if said == number:
            raise Died

    def rows(self: Transaction, text: str, binds: Any = None) -> Any:
        die(begins=name_of(text) == "find")
        return originals[0](self, text, binds)

    def commit(self: psycopg.Connection[Any]) -> None:
        die(begins=False)
        originals[1](self)

    with patch.object(Transaction, "rows", rows), patch.object(psycopg.Connection, "commit", commit):
        yield
