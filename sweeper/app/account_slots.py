"""What the statements must know of an account: how it is found, and how a refund moves its balance."""

from collections.abc import Iterable

from sweeper.app import catalog
from sweeper.app.catalog import Column, Table
from sweeper.app.facts import Facts
from sweeper.app.reader import Expression, Reader, check_type
from sweeper.config.model import Settings
from sweeper.postgres.templates import Slots, fill_part


def account_slots(reader: Reader, settings: Settings, sessions: Table, slots: Slots) -> Facts:
    """How the account of a session is found, and which of its columns move.

    Raises:
        ConfigurationError: a column is not there, is not unique, or cannot be written; the account of a session cannot
            be compared with the accounts' ids.
    """
    own, text = settings.accounts, settings.sessions.account
    payer = reader.expression("sessions.account", text, sessions)
    if own is None:
        return Facts(
            {
                "balance_rounds": "false",
                "balance_type": "numeric",
                "spent_type": "numeric",
                "account_as": payer.compared_as(payer),
                "account_collate": payer.collation,
                "account_eq": reader.equality("sessions.account", text, payer.type).equal,
            }
        )
    accounts = reader.table("accounts.table", own.table)
    key = reader.unique_column("accounts.id", own.id, accounts)
    key_value = Expression(f"a.{key.quoted}", key.base_type, key, key.collation)
    account_as = payer.compared_as(key_value)
    typed = fill_part("typed", {"value": slots["account"], "cast": account_as})
    reader.castable("sessions.account", text, typed, sessions.qualified, "s")
    assert own.balance is not None  # noqa: S101 - for now
    moved = {"balance": reader.written_column("accounts.balance", own.balance, accounts)}
    if own.spent:
        moved["spent"] = reader.written_column("accounts.spent", own.spent, accounts)
    for name, column in moved.items():
        check_type(f"accounts.{name}", column.name, Expression("", column.base_type), catalog.NUMBER_TYPES)
    written = [*moved.values()]
    if own.updated_at:
        column = reader.written_column("accounts.updated_at", own.updated_at, accounts)
        check_type("accounts.updated_at", column.name, Expression("", column.base_type), catalog.TIME_TYPES)
        written.append(column)
    invariant = reader.condition("accounts.invariant", own.invariant, accounts, "a") if own.invariant else "true"
    balance, spent = moved["balance"], moved.get("spent")
    amounts = rounded("v.amount", slots["amount_type"], moved.values())
    return Facts(
        {
            "accounts": accounts.qualified,
            "accounts_id": f"a.{key.quoted}",
            "account_type": key.base_type,
            "account_as": account_as,
            "account_collate": key.collation,
            "account_eq": reader.equality("accounts.id", own.id, key.base_type).equal,
            "balance_type": balance.base_type,
            "balance_column": balance.quoted,
            "balance_sum_type": _sum_type(balance),
            "balance": f"a.{balance.quoted}",
            "spent_type": spent.base_type if spent else "numeric",
            "spent_column": spent.quoted if spent else "",
            "spent_sum_type": _sum_type(spent) if spent else "",
            "spent": f"a.{spent.quoted}" if spent else "NULL",
            "updated_column": written[-1].quoted if own.updated_at else "",
            "account_condition": invariant,
            "balance_rounds": fill_part("rounds", {}, {"amounts": [item for item in amounts if item["column_type"]]}),
        },
        {
            "moved_columns": [{"column": column.quoted} for column in written],
            "spent": spent is not None,
            "updated_at": bool(own.updated_at),
        },
    )


def _sum_type(column: Column) -> str:
    return "numeric" if column.base_type in catalog.EXACT_TYPES else column.base_type


def rounded(amount: str, amount_type: str, columns: Iterable[Column]) -> list[Slots]:
    """Which columns could keep an amount other than it is; ``column_type`` is empty where none of its values can."""
    whole = amount_type in catalog.INTEGER_TYPES
    return [
        # a scale below zero rounds a whole amount, too
        {"amount": amount, "column_type": "" if whole and column.base_type != "numeric" else column.full_type}
        for column in columns
    ]
