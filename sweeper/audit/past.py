"""The finding that reads what the app itself wrote into its ledger: its statement, filled."""

import re

from sweeper.app.catalog import without_literals
from sweeper.app.mapping import Mapping
from sweeper.app.reader import Reader
from sweeper.config.model import Settings
from sweeper.ledger.past import past_slots
from sweeper.postgres.errors import StatementError
from sweeper.postgres.templates import items_of
from sweeper.postgres.transaction import Transaction


def partly_refunded(transaction: Transaction, mapping: Mapping, settings: Settings) -> str:
    """The statement, with the rows of ``[ledger.past]`` if the file also says which sessions the app marks.

    Rows that this role may not read are left out.

    Raises:
        ConfigurationError: what ``[ledger.past]`` has is no SQL over the ledger.
    """
    own = settings.ledger
    if own is None or own.past is None or settings.sessions.exclude is None or mapping.ledger is None:
        return mapping.statement("partly_refunded")
    table, amounts = mapping.ledger.table, items_of(mapping.lists, "ledger_amount")
    try:
        with transaction.savepoint():
            past = past_slots(Reader(transaction, mapping.schema), own, table, mapping.slots)
    except StatementError:
        return mapping.statement("partly_refunded")
    column = next((f"l.{amount['column']}" for amount in amounts), "NULL")
    words = set(re.findall(r"\w+", without_literals(settings.sessions.amount).lower()))
    net = table.name.lower() in words
    return mapping.statement("partly_refunded", {"past_amount": column, **past}, {"past": True, "net": net})
