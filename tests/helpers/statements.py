"""What happens just before a statement is sent."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from sweeper.postgres.database import Transaction


@contextmanager
def before(statement: str, action: Callable[[], object]) -> Iterator[list[bool]]:
    """Do ``action`` once, just before the sweep sends the statement whose comment begins so."""
    original = Transaction.rows
    done: list[bool] = []

    def rows(self: Transaction, text: str, binds: Any = None) -> Any:
        if text.startswith(f"-- {statement}") and not done:
            done.append(True)
            action()
        return original(self, text, binds)

    with patch.object(Transaction, "rows", rows):
        yield done
