"""Expressions of the file over a refund, with rows of the app beside it: ``[accounts.add]``, ``[ledger.insert]``.

A bare name is the refund's; the session's columns are ``s.column``, and the account's, where they may be read,
``a.column``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sweeper.app.catalog import Table, problem, without_literals
from sweeper.app.reader import Reader
from sweeper.core.errors import ConfigurationError
from sweeper.postgres.templates import Slots, fill_part

_AMBIGUOUS = re.compile(r'column reference "([^"]+)" is ambiguous')
# the running balance of an account, for [ledger.insert] and [ledger.reverse]
CHAIN = re.compile(r"\bbalance_(?:before|after)\b", re.IGNORECASE)


@dataclass(frozen=True)
class OverRefund:
    """Reads such expressions; ``beside`` are the tables whose rows they may read, by alias."""

    reader: Reader
    slots: Slots
    beside: Mapping[str, Table]
    chained: bool = False

    @property
    def sample(self) -> str:
        """A made-up refund as SQL."""
        return fill_part("sample_refund", self.slots, {"chained": self.chained})

    def type_of(self, key: str, text: str) -> str:
        """The name of the type of an expression.

        Raises:
            ConfigurationError: it is no SQL over a refund; a bare name is one of the session's or the account's alone.
        """
        beside = {alias: table for alias, table in self.beside.items() if reads(text, alias)}
        try:
            return self.reader.type_over(key, text, self.sample, beside)
        except ConfigurationError as error:
            match = _AMBIGUOUS.search(str(error))
            if match is None:
                raise
            aliases = [alias for alias, table in beside.items() if match[1] in table.columns]
            meant = " or ".join(f"{alias}.{match[1]}" for alias in aliases)
            raise problem(key, text, f"{match[1]} is no column of a refund: write {meant}") from None


def reads(text: str, alias: str) -> bool:
    """Whether an expression reads the row that ``alias`` stands for."""
    return re.search(rf'(?<![\w."])(?:{alias}|"{alias}")\s*\.', without_literals(text), re.IGNORECASE) is not None
