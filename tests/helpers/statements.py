"""What happens around a statement of the program, which is recognized by its name."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from unittest.mock import patch

import psycopg

from sweeper.postgres import templates
from sweeper.postgres.transaction import Transaction

# what a run sends to learn what is owed: from the horizon on, or over all of history
FIND = ("find", "find_in_history")


@cache
def first_lines() -> dict[str, str]:
    """The name of each statement by the first line of its file."""
    return {path.read_text().partition("\n")[0]: name for name, path in templates.files().items()}


def name_of(text: str) -> str:
    """The name of the statement that is sent, such as ``pay``; empty when it is not a file of ``sql/``."""
    return first_lines().get(text.partition("\n")[0], "")


@contextmanager
def before(statement: str | Collection[str], action: Callable[[], object]) -> Iterator[list[bool]]:
    """Do ``action`` once, just before the program sends this statement, or one of these."""
    original, names = Transaction.rows, _names(statement)
    done: list[bool] = []

    def rows(self: Transaction, text: str, binds: Any = None) -> Any:
        if name_of(text) in names and not done:
            done.append(True)
            action()
        return original(self, text, binds)

    with patch.object(Transaction, "rows", rows):
        yield done


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """How often the program sends each statement."""
    original, sent = Transaction.rows, Counter[str]()

    def rows(self: Transaction, text: str, binds: Any = None) -> Any:
        sent[name_of(text)] += 1
        return original(self, text, binds)

    with patch.object(Transaction, "rows", rows):
        yield sent


@contextmanager
def acknowledgement_lost(statement: str | Collection[str], *, time: int = 1) -> Iterator[list[bool]]:
    """The connection is lost once, after the transaction that sends this statement for that time was committed."""
    original, names, sent = Transaction.rows, _names(statement), 0
    lost: list[bool] = []

    def rows(self: Transaction, text: str, binds: Any = None) -> Any:
        nonlocal sent
        result = original(self, text, binds)
        if name_of(text) in names:
            sent += 1
            if sent == time:
                lost.append(True)
                original(self, "COMMIT")
                raise psycopg.OperationalError("the connection is gone")
        return result

    with patch.object(Transaction, "rows", rows):
        yield lost


def _names(statement: str | Collection[str]) -> set[str]:
    names = {statement} if isinstance(statement, str) else set(statement)
    assert names <= templates.files().keys(), "there is no such statement"
    return names
