"""What the statements must know of an account: how it is found, and how a refund moves its balance."""

from collections.abc import Mapping

from sweeper.app import catalog
from sweeper.app.catalog import Column, Table
from sweeper.app.reader import Expression, Reader, check_type
from sweeper.config.settings import Settings


def account_slots(reader: Reader, settings: Settings, sessions: Table, slots: Mapping[str, str]) -> dict[str, str]:
    own, text = settings.accounts, settings.sessions.account
    payer = reader.expression("sessions.account", text, sessions)
    if own is None:
        return {
            "balance_rounds": "false",
            "balance_type": "numeric",
            "spent_type": "numeric",
            "account_as": payer.compared_as(payer),
            "account_collate": payer.collation,
            "account_eq": reader.equality("sessions.account", text, payer.type).equal,
        }
    accounts = reader.table("accounts.table", own.table)
    key = reader.unique_column("accounts.id", own.id, accounts)
    key_value = Expression(f"a.{key.quoted}", key.base_type, key, key.collation)
    account_as = payer.compared_as(key_value)
    reader.castable("sessions.account", text, f"({slots['account']}){account_as}", sessions.qualified, "s")
    moved = [("balance", "+", reader.written_column("accounts.balance", own.balance, accounts))]
    if own.spent:
        moved.append(("spent", "-", reader.written_column("accounts.spent", own.spent, accounts)))
    assignments, written = [], [column for _, _, column in moved]
    for name, sign, column in moved:
        check_type(f"accounts.{name}", column.name, Expression("", column.base_type), catalog.NUMBER_TYPES)
        # both of one type, for whose sum nobody can put an operator of their own
        exact = column.base_type in catalog.EXACT_TYPES
        kind = "numeric" if exact else column.base_type
        assignments.append(f"{column.quoted} = a.{column.quoted}::{kind} {sign} owed.amount::{kind}")
    if own.updated_at:
        column = reader.written_column("accounts.updated_at", own.updated_at, accounts)
        check_type("accounts.updated_at", column.name, Expression("", column.base_type), catalog.TIME_TYPES)
        assignments.append(f"{column.quoted} = owed.at")
        written.append(column)
    invariant = reader.condition("accounts.invariant", own.invariant, accounts, "a") if own.invariant else "true"
    return {
        "accounts": accounts.qualified,
        "accounts_id": f"a.{key.quoted}",
        "account_type": key.base_type,
        "account_as": account_as,
        "account_collate": key.collation,
        "account_eq": reader.equality("accounts.id", own.id, key.base_type).equal,
        "balance_type": moved[0][2].base_type,
        "balance": f"a.{moved[0][2].quoted}",
        "spent_type": moved[-1][2].base_type if own.spent else "numeric",
        "spent": f"a.{moved[-1][2].quoted}" if own.spent else "NULL",
        "account_condition": invariant,
        "moved_columns": ", ".join(column.quoted for column in written),
        "moved_values": ", ".join(f"a.{column.quoted}" for column in written),
        "move_assignments": ",\n        ".join(assignments),
        "balance_rounds": rounds("v.amount", slots["amount_type"], [column for _, _, column in moved]),
    }


def rounds(amount: str, amount_type: str, columns: list[Column]) -> str:
    """The condition that one of ``columns`` would keep an amount other than it is."""
    if amount_type in catalog.INTEGER_TYPES:
        columns = [column for column in columns if column.base_type == "numeric"]  # a scale below zero rounds too
    return (
        " OR ".join(f"{amount}::numeric <> {amount}::{column.full_type}::text::numeric" for column in columns)
        or "false"
    )
