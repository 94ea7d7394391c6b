"""The columns of the app's ledger for the amount and the account, and that of other tables for the account."""

from sweeper.app.catalog import Column, Table, has_subquery
from sweeper.app.over_refund import names_in
from sweeper.check.rehearsal.samples import Samples
from sweeper.check.rehearsal.tables import references


def amount_columns(samples: Samples) -> list[Column]:
    """The columns for the amount of a refund."""
    return [column for column, value in _written(samples) if "amount" in names_in(value) and column.is_number]


def account_column(samples: Samples) -> Column | None:
    """The column for the account."""
    return next((column for column, value in _written(samples) if "account_id" in names_in(value)), None)


def account_of_rows(samples: Samples, table: Table) -> Column | None:
    """The column for the account of a table's rows: that called as the sessions', or the only key of accounts."""
    context = samples.context
    ledger, own = context.mapping.ledger, context.settings
    if ledger is not None and ledger.table.oid == table.oid and (column := account_column(samples)):
        return next(iter(samples.seen(table, [column])), None)
    accounts = samples.table("accounts.table", own.accounts.table) if own.accounts else None
    payer = context.mapping.sessions.column(own.sessions.account)
    links = [row.column_name for row in references(samples, of=table, to=accounts)] if accounts else []
    links = [payer.name] if payer is not None and payer.name in table.columns else links
    if len(links) != 1:  # one of several may be the other side of the row, or who made it
        return None
    return next(iter(samples.seen(table, [table.columns[links[0]]])), None)


def _written(samples: Samples) -> list[tuple[Column, str]]:
    """Each column with its value, except values that read other tables."""
    ledger, settings = samples.context.mapping.ledger, samples.context.settings.ledger
    if ledger is None or settings is None:
        return []
    found = [(ledger.table.column(text), value) for text, value in settings.insert.items()]
    return [(column, value) for column, value in found if column is not None and not has_subquery(value)]
