"""Tables that may be the app's books, although no column of theirs names a session."""

from collections.abc import Sequence

from sweeper.init import words
from sweeper.init.answers import Section
from sweeper.init.evidence import Evidence, Table
from sweeper.init.ledger.find_ledgers import amount_column
from sweeper.init.ledger.json_links import JsonLink
from sweeper.init.sessions.sessions import Session
from sweeper.postgres.templates import quote_text

_BOOKS_AT_MOST = 4
# a column that may have the kind of a row, or of its subject
_SPEAKING = words.KIND | words.POLYMORPHIC | words.NOTE


def without_ledger(
    evidence: Evidence, session: Session, accounts: Table | None, links: Sequence[JsonLink]
) -> list[Section]:
    """Notes on where the app may record its refunds, in tables that name sessions in no column of their own."""
    linked = next((link for link in links if link.tells_refunds), None)
    if linked:
        note = (
            f"[ledger]: {linked.ledger.as_sql} names a session in {linked.column.as_sql}. When a refund is a row "
            f'there, add [ledger] with session = "({linked.column.as_sql} ->> {quote_text(linked.name)})", which of '
            "its rows are refunds, and what the row of a refund has (docs/mapping.md)."
        )
        return [Section("ledger", notes=(note,))]
    books = _books(evidence, session, accounts)
    if not books:
        return []
    note = (
        f"[ledger]: no table names a session in a way that was recognized. {', '.join(books[:_BOOKS_AT_MOST])} may be "
        "where the app keeps its refunds: look for how a row there says which session it is of (a key of another "
        "table, a text such as 'job/42', a key of json), and add [ledger] (docs/mapping.md)."
    )
    return [Section("ledger", notes=(note,))]


def _books(evidence: Evidence, session: Session, accounts: Table | None) -> list[str]:
    """Tables with amounts of the accounts and no known way to name a session: one may be the ledger."""
    return [
        table.as_sql
        for table in evidence.tables
        if table not in (session.table, accounts)
        and amount_column(table) is not None
        and (
            table.words & (words.LEDGER | words.CREDITS)
            or any(reference.target == accounts for reference in evidence.references(table))
        )
        and any(column.words & _SPEAKING for column in table.columns)
    ]
