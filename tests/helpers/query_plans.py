"""How the server plans what the program sends."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from sweeper.postgres.transaction import Transaction
from tests.helpers.statements import name_of


@contextmanager
def explained(explain: str, *names: str) -> Iterator[dict[str, list[Any]]]:
    """The plans of the statements with these names, each time before one is sent: a line, or a document, each."""
    plans: dict[str, list[Any]] = {name: [] for name in names}
    original = Transaction.rows

    def rows(self: Transaction, text: str, binds: Any = None) -> Any:
        if (name := name_of(text)) in plans:
            plans[name] += [line for (line,) in original(self, f"{explain} {text}", binds)]
        return original(self, text, binds)

    with patch.object(Transaction, "rows", rows):
        yield plans
