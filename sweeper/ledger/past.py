"""Which rows of the app's ledger are refunds that the app wrote itself, as SQL over such a row, l."""

from sweeper.app.catalog import Table
from sweeper.app.expression import Expression
from sweeper.app.reader import Reader
from sweeper.config.model import LedgerSection
from sweeper.postgres.templates import Slots


def past_slots(reader: Reader, own: LedgerSection, table: Table, slots: Slots) -> dict[str, str]:
    """The slots ``past_where``, ``past_session`` and so on, by ``[ledger.past]``; without it, those of ``[ledger]``.

    Account and amount are there only where the file names them.

    Raises:
        ConfigurationError: what ``[ledger.past]`` has is no SQL over the ledger.
    """
    past = own.past
    found = {
        "past_where": slots["ledger_where"],
        "past_session": slots["ledger_session"],
        "past_session_as": slots["ledger_session_as"],
        "past_session_eq": slots["ledger_session_eq"],
    }
    if past is None:
        return found
    found["past_where"] = reader.condition("ledger.past.where", past.where, table, "l")
    if past.session:
        link = reader.expression("ledger.past.session", past.session, table, "l")
        key = Expression("", slots["session_type"], collation=slots["session_collate"])
        found["past_session"], found["past_session_as"] = link.sql, key.compared_as(link)
        found["past_session_eq"] = reader.equality("ledger.past.session", past.session, link.type).equal
    if past.account:
        found["past_account"] = reader.expression("ledger.past.account", past.account, table, "l").sql
    if past.amount:
        found["past_amount"] = reader.expression("ledger.past.amount", past.amount, table, "l").sql
    return found
