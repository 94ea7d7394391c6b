"""Finds refunds that are not rows with a session and credits, each in a column of its own.

A text may name the session. An event that names it may have its number in JSON, or in the rows that refer to the event,
such as the postings of a journal's entry. A history of states that has "refunded" for a session says it without one.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from sweeper.app.catalog import EXACT_TYPES, JSON_TYPES, Column, Table
from sweeper.check.rehearsal.ledger.app_ledger import account_of_rows
from sweeper.check.rehearsal.marks.row_amounts import AMOUNT, agree, row_amounts
from sweeper.check.rehearsal.reading import UNANSWERED
from sweeper.check.rehearsal.samples import Samples
from sweeper.check.rehearsal.words import GIVEN_BACK
from sweeper.postgres.templates import Slots, quote_name
from sweeper.postgres.transaction import Row

SPOKEN_AT_MOST = 100
TEXTS = ("text", "character varying")
# words for a refund that was not made
_NOT_MADE = (
    "request|pending|fail|den(y|ied)|reject|eligib|polic|schedul|skip|attempt|error|refunding|queue|initiat|start|offer|quot"
    r"|estimat|calculat|preview|notice|dead.?letter|\mdead\M|(^|[^a-z])(no|not|non|never|without)($|[^a-z])"
)
# all of a text, such as the state in a history
_SAID = r"^(credits?[ _-]?)?(refunded|reimbursed|credited[ _-]?back|given[ _-]?back)$"
# a column for what somebody would like to have
_WISH = re.compile(r"desir|want|wish|request|expect|prefer|propos|ask", re.IGNORECASE)
_PARTS_AT_MOST = 3
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def find_in_texts(samples: Samples, table: Table, session_ids: Sequence[str]) -> Sequence[Row]:
    """Rows of a table that look like refunds and name one of these sessions in a text."""
    key = samples.key_of(table)
    spoken = [column for column in samples.readable(table) if column.base_type in TEXTS]
    if not spoken:
        return []
    return samples.ask_table(
        table, "find_refund_texts", UNANSWERED, texts=spoken, amounts=row_amounts(samples, table, (key,)) or [],
        account_column=account_of_rows(samples, table), session_ids=list(session_ids)[:SPOKEN_AT_MOST],
        refund_words=GIVEN_BACK, called=_called(samples.sessions.name),
    )  # fmt: skip


def _called(table: str) -> str:
    """A pattern for how a text names a session, by its table's name and its id: ``render_job/42``."""
    parts = [part.lower().rstrip("s") for part in _PARTS.findall(table)]
    names = "|".join({parts[-1], "s?[ _-]?".join(parts)}) if parts else table
    return rf"(?:^|[^[:alnum:]])(?:{names})s?(?:[ _-]?id)?[ #:/._=-]+([[:alnum:]-]+)"


def find_events(
    samples: Samples, links: Sequence[tuple[Table, str]], amounts: Mapping[str, Decimal]
) -> dict[str, list[str]]:
    """By table and word, which of the sessions that have these amounts have such an event.

    A number may also be of something else, such as the minutes that a ticket took: it must be what the sessions cost.
    """
    found = {}
    for table, link in links:
        key = samples.key_of(table)
        columns = [one for one in table.columns.values() if one.name != link]
        speaking = [one for one in columns if one.is_word]
        content = next((one for one in columns if one.base_type in JSON_TYPES), None)
        if key is None or not speaking:
            continue
        texts = samples.seen(table, speaking)
        rows = samples.ask_table(
            table, "find_refund_events", UNANSWERED, link=table.columns[link], content=content, texts=texts,
            states=[one for one in texts if not _WISH.search(one.name)], parts=list(_parts(samples, table, key)),
            session_ids=list(amounts), refund_words=GIVEN_BACK, not_made=_NOT_MADE, said=_SAID,
        )  # fmt: skip
        said, numbers = {row.session_id for row in rows if row.said}, defaultdict[str, set[Decimal]](set)
        for row in rows:
            numbers[row.session_id] |= {Decimal(number) for number in row.numbers}
        if agree(numbers, amounts):
            said |= {one for one, of_session in numbers.items() if of_session}
        if said:
            found[f"{table.qualified}.{quote_name(link)}"] = sorted(said)
    return found


def _parts(samples: Samples, table: Table, key: Column) -> Iterator[Slots]:
    """Amounts in tables whose rows refer to an event."""
    names, found = samples.readable_oids(), samples.references(to=table)
    found = [row for row in found if row.target_column == key.name and row.table_oid in names]
    for row in found[:_PARTS_AT_MOST]:
        part = samples.table(row.table_oid)
        amounts = [one for one in part.columns.values() if one.base_type in EXACT_TYPES and AMOUNT.search(one.name)]
        parent = part.columns.get(row.column_name)
        if parent and amounts and samples.sees(part, [parent, amounts[0]]):
            yield {
                "part": part.qualified, "parent": parent.quoted, "parent_eq": samples.equal(key),
                "column": amounts[0].quoted,
            }  # fmt: skip
