"""The share of a refund that each column of an account takes, by ``[accounts.add]``, and how columns move."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sweeper.app import catalog
from sweeper.app.catalog import Column, Table
from sweeper.app.expression import Expression, as_number, check_type
from sweeper.app.over_refund import OverRefund
from sweeper.app.slots.facts import Facts
from sweeper.config.model import AccountsSection
from sweeper.postgres.templates import Slots, fill_part, quote_text


class Share(NamedTuple):
    """What one column takes of a refund: ``value`` as exact SQL, and ``name`` for it within the refund."""

    column: Column
    name: str
    value: str
    kind: str


def read_shares(over: OverRefund, add: Mapping[str, str], accounts: Table) -> list[Share]:
    """The shares of ``[accounts.add]``, in the order of their columns' names.

    Raises:
        ConfigurationError: a column is not there or cannot be written, or what it takes is no number.
    """
    shares = []
    for text, value in add.items():
        key = f"accounts.add.{text}"
        column = over.reader.written_column(key, text, accounts)
        check_type(key, column.name, Expression("", column.base_type), (*catalog.NUMBER_TYPES, catalog.MONEY))
        taken = as_number(Expression(fill_part("expression", {"expression": value}), over.type_of(key, value)))
        check_type(key, value, taken, catalog.NUMBER_TYPES)
        number = fill_part("amount", {"amount": taken.sql}, {"inexact": taken.type not in catalog.EXACT_TYPES})
        shares.append((column, number, taken.type))
    in_order = sorted(shares, key=lambda share: share[0].name)
    return [
        Share(column, f"share_{number}", value, kind) for number, (column, value, kind) in enumerate(in_order, start=1)
    ]


def share_facts(shares: Sequence[Share], own: AccountsSection, accounts: Table) -> Facts:
    """What the statements need to know about the shares.

    Before anything is written the balance is worked out as the shares would leave it, where the account's row alone
    says what it is.
    """
    by_column = {share.column.name: share.name for share in shares}
    words = set(re.findall(r"\w+", catalog.without_literals(own.balance or "").lower()))
    read = [column for column in accounts.columns.values() if set(re.findall(r"\w+", column.name.lower())) <= words]
    alone = not catalog.has_subquery(own.balance or "") and not any(column.generated for column in read)
    items = [
        {
            "share": share.name,
            "value": share.value,
            "label": quote_text(share.column.name),
            "name": share.column.name,
        }
        for share in shares
    ]
    pools = [
        {"value": number_of(share.column).sql, "label": quote_text(share.column.name)}
        for share in shares
        if share.column in read
    ]
    amounts = [item for share in shares for item in rounded(f"share.{share.name}", share.kind, [share.column])]
    return Facts(
        {"shares_round": fill_part("rounds", {}, {"amounts": amounts})},
        {
            "shares": items,
            # the columns that make up the balance: a share can only be taken back from a column that has it
            "pools": pools,
            "account_columns": [
                {
                    "column": column.quoted,
                    "value": number_of(column).sql,
                    "share": by_column.get(column.name, ""),
                    "column_type": column.full_type,
                    "money": "yes" if column.base_type == catalog.MONEY else "",
                }
                for column in read
            ],
            "compares_shares": bool(shares and read) and alone,
        },
    )


def move(
    column: Column, *, value: str = "", minus: bool = False, moment: bool = False, kept: bool = False, zone: str = ""
) -> Slots:
    """How a column of an account changes: by ``value`` of what it is owed, to the ``moment``, or not at all (``kept``).

    ``zone`` is the one in which the moment is written, where that has to be named.
    """
    return {
        "column": column.quoted,
        "sum_type": _sum_type(column),
        "value": value,
        "minus": "yes" if minus else "",
        "moment": "yes" if moment else "",
        "kept": "yes" if kept else "",
        "zone": quote_text(zone) if zone else "",
    }


def number_of(column: Column) -> Expression:
    """The value of an account's column, as a number."""
    return as_number(Expression(f"a.{column.quoted}", column.base_type, column))


def _sum_type(column: Column) -> str:
    if column.base_type == catalog.MONEY:
        return fill_part("money_type", {})
    return "numeric" if column.base_type in catalog.EXACT_TYPES else column.base_type


def rounded(amount: str, amount_type: str, columns: Iterable[Column]) -> list[Slots]:
    """Which columns could change an amount when they store it; ``column_type`` is empty where no value can change."""
    whole = amount_type in catalog.INTEGER_TYPES
    # a numeric of a negative scale rounds whole amounts, too, and so does a floating type large ones
    keeps_whole = (*catalog.INTEGER_TYPES, catalog.MONEY)
    return [
        {
            "amount": amount,
            "column_type": "" if whole and column.base_type in keeps_whole else column.full_type,
            "money": "yes" if column.base_type == catalog.MONEY else "",
        }
        for column in columns
    ]
