"""The columns of the app's ledger for the amount and the account."""

from sweeper.app.catalog import Column, has_subquery
from sweeper.app.over_refund import names_in
from sweeper.check.rehearsal.samples import Samples


def amount_columns(samples: Samples) -> list[Column]:
    """The columns for the amount of a refund."""
    return [column for column, value in _written(samples) if "amount" in names_in(value) and column.is_number]


def account_column(samples: Samples) -> Column | None:
    """The column for the account."""
    return next((column for column, value in _written(samples) if "account_id" in names_in(value)), None)


def _written(samples: Samples) -> list[tuple[Column, str]]:
    """Each column with its value, except values that read other tables."""
    ledger, settings = samples.context.mapping.ledger, samples.context.settings.ledger
    if ledger is None or settings is None:
        return []
    found = [(ledger.table.column(text), value) for text, value in settings.insert.items()]
    return [(column, value) for column, value in found if column is not None and not has_subquery(value)]
