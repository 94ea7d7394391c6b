"""Finds refunds that the app has recorded as events, which name a session and have no credits in a column of their own.

These are in JSON, or in the rows that refer to an event, such as the postings of a journal's entry. A history of states
that has "refunded" for a session says it without a number.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from sweeper.app.catalog import EXACT_TYPES, JSON_TYPES, Column, Table
from sweeper.check.rehearsal.marks.row_amounts import AMOUNT, agree
from sweeper.check.rehearsal.samples import Samples
from sweeper.check.rehearsal.tables import equal, names_by_oid, references
from sweeper.postgres.templates import Choices, Slots, quote_name

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


def find_events(
    samples: Samples, links: Sequence[tuple[Table, str]], amounts: Mapping[str, Decimal], words: str
) -> dict[str, tuple[int, str]]:
    """By table and word, how many of the sessions that have these amounts have such an event, and one of them.

    A number may also be of something else, such as the minutes that a ticket took: it must be what the sessions cost.
    """
    found = {}
    for table, link in links:
        key = samples.key_of(table)
        columns = [one for one in table.columns.values() if one.name != link]
        speaking = [one for one in columns if one.category in ("S", "E")]
        content = next((one for one in columns if one.base_type in JSON_TYPES), None)
        if key is None or not speaking:
            continue
        if not samples.sees(table, [key, table.columns[link], *([content] if content else [])]):
            continue
        texts: list[Slots] = [{"column": one.quoted} for one in samples.seen(table, speaking)]
        slots = {
            "table": table.qualified, "key": key.quoted, "link": quote_name(link),
            "content": content.quoted if content else "",
        }  # fmt: skip
        choices: Choices = {
            "texts": texts, "states": [one for one in texts if not _WISH.search(one["column"])],
            "content": content is not None, "parts": list(_parts(samples, table, key)),
        }  # fmt: skip
        rows = samples.try_ask(
            "find_refund_events", slots, choices,
            session_ids=list(amounts), refund_words=words, not_made=_NOT_MADE, said=_SAID,
        )  # fmt: skip
        said, numbers = {row.session_id for row in rows if row.said}, defaultdict[str, set[Decimal]](set)
        for row in rows:
            numbers[row.session_id] |= {Decimal(number) for number in row.numbers}
        if agree(numbers, amounts):
            said |= {one for one, of_session in numbers.items() if of_session}
        if said:
            found[f"{table.qualified}.{quote_name(link)}"] = (len(said), min(said))
    return found


def _parts(samples: Samples, table: Table, key: Column) -> Iterator[Slots]:
    """Amounts in tables whose rows refer to an event."""
    names, found = names_by_oid(samples), references(samples, to=table)
    found = [row for row in found if row.target_column == key.name and row.table_oid in names]
    for row in found[:_PARTS_AT_MOST]:
        part = samples.table("table", names[row.table_oid])
        amounts = [one for one in part.columns.values() if one.base_type in EXACT_TYPES and AMOUNT.search(one.name)]
        parent = part.columns.get(row.column_name)
        if parent and amounts and samples.sees(part, [parent, amounts[0]]):
            yield {
                "part": part.qualified, "parent": parent.quoted, "parent_eq": equal(samples, key),
                "column": amounts[0].quoted,
            }  # fmt: skip
