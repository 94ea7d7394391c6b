"""Expressions of the file over a refund, which may also read rows of the app: ``[accounts.add]``, ``[ledger.insert]``.

A bare name is the refund's; the session's columns are ``s.column``, and the account's, where they may be read,
``a.column``.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from sweeper.app.catalog import NAME, Table, as_sql, problem, without_literals
from sweeper.app.reader import Reader
from sweeper.core.errors import ConfigurationError
from sweeper.postgres.templates import Slots, fill_part, quote_name

# a bare name that the session's row has, and the refund does not
_NOT_OF_REFUND = re.compile(r'column reference "([^"]+)" is ambiguous|column "([^".]+)" does not exist')
_AROUND_DOT = re.compile(r"\s*\.\s*")
_ZONE_WORDS = re.compile(r"\bat\s+(?:time\s+zone|local)\b", re.IGNORECASE)
_NAME = re.compile(r'(?<![\w."])(?:"?refund"?\.)?"?(\w+)"?(?![\w"]|\s*\(|\.)', re.IGNORECASE)
# what a refund is made of
REFUND_NAMES = (
    "refund_id", "session_id", "account_id", "attempt", "amount", "reason", "detail", "layer", "run_id", "at",
)  # fmt: skip
# the running balance of an account, for [ledger.insert] and [ledger.reverse]
CHAIN = {"balance_before", "balance_after"}


class OverRefund(NamedTuple):
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
            require_qualified(key, text, error, self.beside)
            raise


def require_qualified(key: str, text: str, error: ConfigurationError, beside: Mapping[str, Table]) -> None:
    """Show how to write a bare name that is not the refund's but a column of a row beside it.

    Raises:
        ConfigurationError: that is what the server's ``error`` comes from.
    """
    if match := _NOT_OF_REFUND.search(error.message):
        name = match[1] or match[2]
        meant = " or ".join(f"{alias}.{as_sql(name)}" for alias, table in beside.items() if name in table.columns)
        if meant:
            raise problem(key, text, f"{name} is not a column of a refund: write {meant}") from None


def names_in(text: str) -> set[str]:
    """The names that an expression may read of a refund, in lower case: bare, or behind ``refund.``."""
    code = _ZONE_WORDS.sub(" ", _AROUND_DOT.sub(".", without_literals(text)))
    return {name.lower() for name in _NAME.findall(code)}


def reads(text: str, alias: str) -> bool:
    """Whether an expression reads the row that ``alias`` stands for."""
    return bool(columns_read(text, alias))


def columns_read(text: str, alias: str) -> set[str]:
    """The quoted names of what an expression reads of the row that ``alias`` stands for; ``"*"`` for all of it."""
    code = without_literals(text)
    found = re.findall(rf'(?<![\w."])(?:{alias}|"{alias}")\s*\.\s*({NAME}|\*)', code, re.IGNORECASE)
    return {name if name.startswith('"') else quote_name(name.lower()) for name in found}
