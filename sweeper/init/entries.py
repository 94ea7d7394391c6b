"""The row of a refund in the app's own ledger: what each of its columns is set to."""

from sweeper.config.parsing import OPEN_QUESTION
from sweeper.init import words
from sweeper.init.accounts import Account
from sweeper.init.evidence import Column, Evidence, Table
from sweeper.postgres.templates import fill_expression

TEXT_TYPES = ("text", "character varying", "character")


def entry(evidence: Evidence, table: Table, known: dict[str, str], account: Account | None) -> dict[str, str]:
    """Each column with its value; ``known`` are those that are certain.

    A required column that nothing fits stays an open question.
    """
    payer = account_value(evidence, table, account)
    values = {}
    for column in table.columns:
        if column.generated:
            continue
        value = known.get(column.name) or (payer[1] if payer and payer[0] == column else _by_name(column))
        if value or column.required:
            values[column.as_sql] = value or OPEN_QUESTION
    return values


def account_value(evidence: Evidence, table: Table, account: Account | None) -> tuple[Column, str] | None:
    """The column that says whose row it is, and what it is set to for a refund of that account."""
    if account is None:
        return None
    own = evidence.reference(account.key)
    by_way = None
    for reference in evidence.references(table):
        named = reference.target == account.table and reference.target_column == account.key
        shared = own and reference.target == own.target and reference.target_column == own.target_column
        if named or shared:  # what a session calls the account, this table calls it too
            return reference.column, as_type("account_id", account.key, reference.column)
        if reference.target == account.table:
            slots = {
                "wanted": reference.target_column.as_sql,
                "accounts": account.table.as_sql,
                "key": account.key.as_sql,
            }
            by_way = reference.column, fill_expression("account_row", slots)
    if by_way:
        return by_way
    return next(
        (
            (column, "account_id")
            for column in table.columns
            if column.type == account.key.type and column.words & words.OWNER and not evidence.reference(column)
        ),
        None,
    )


def as_type(name: str, has: Column, wanted: Column) -> str:
    """A value of the refund, in the type of the column that takes it."""
    return name if has.type == wanted.type else f"{name}::{wanted.type}"


def _by_name(column: Column) -> str | None:
    if column.is_primary and column.type == "uuid":
        return "refund_id"
    if column.is_unique and column.required and column.type in TEXT_TYPES:  # such as an idempotency key
        return "refund_id::text"
    if column.is_time and column.words & {"created", "at", "updated", "inserted", "booked", "date", "timestamp"}:
        return "at" if column.required or {"created", "inserted", "booked"} & column.words else None
    return "reason" if column.is_text and column.words & words.NOTE else None
