"""Finds rows that look like refunds and name a session inside a text."""

from collections.abc import Sequence

from sweeper.app.catalog import Table
from sweeper.check.rehearsal.ledger.ledger_columns import account_of_rows
from sweeper.check.rehearsal.marks.row_amounts import PARTS, row_amounts
from sweeper.check.rehearsal.samples import Samples
from sweeper.postgres.templates import Slots
from sweeper.postgres.transaction import Row

SPOKEN_AT_MOST = 100
TEXTS = ("text", "character varying")


def find_in_texts(samples: Samples, table: Table, session_ids: Sequence[str], words: str) -> Sequence[Row]:
    """Rows of a table that look like refunds and name one of these sessions in a text."""
    key = samples.key_of(table)
    spoken = [column for column in samples.readable(table) if column.base_type in TEXTS]
    if key is None or not spoken or not samples.sees(table, [key]):
        return []
    texts: list[Slots] = [{"column": column.quoted} for column in spoken]
    amounts = row_amounts(samples, table, (key,))
    account = account_of_rows(samples, table)
    return samples.try_ask(
        "find_refund_texts",
        {"table": table.qualified, "key": key.quoted, "account_column": account.quoted if account else ""},
        {"texts": texts, "amounts": amounts or [], "account_column": account is not None},
        session_ids=list(session_ids)[:SPOKEN_AT_MOST], refund_words=words,
        called=_called(samples.context.mapping.sessions.name),
    )  # fmt: skip


def _called(table: str) -> str:
    """A pattern for how a text names a session, by its table's name and its id: ``render_job/42``."""
    parts = [part.lower().rstrip("s") for part in PARTS.findall(table)]
    names = "|".join({parts[-1], "s?[ _-]?".join(parts)}) if parts else table
    return rf"(?:^|[^[:alnum:]])(?:{names})s?(?:[ _-]?id)?[ #:/._=-]+([[:alnum:]-]+)"
