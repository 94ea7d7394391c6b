"""Finds refunds that the app has recorded as events: a word, a link to the session, and the credits in JSON alone."""

from collections.abc import Collection, Sequence

from sweeper.app.catalog import JSON_TYPES, Table
from sweeper.check.rehearsal.samples import Samples
from sweeper.postgres.errors import Refusal, StatementError, TooSlow
from sweeper.postgres.templates import Slots, quote_name

# words for a refund that was not made
_NOT_MADE = "request|pending|fail|den(y|ied)|reject|eligib|polic|schedul|skip|attempt|error|refunding"


def find_events(
    samples: Samples, links: Sequence[tuple[Table, str]], session_ids: Collection[str], words: str
) -> dict[str, tuple[int, str]]:
    """By table and word, how many of these sessions have such an event, and one of them."""
    found = {}
    for table, link in links:
        key = samples.key_of(table)
        columns = [one for one in table.columns.values() if one.name != link]
        speaking = [one for one in columns if one.category in ("S", "E")]
        content = next((one for one in columns if one.base_type in JSON_TYPES), None)
        if key is None or content is None or not speaking:
            continue
        if not samples.sees(table, [key, table.columns[link], content]):
            continue
        texts: list[Slots] = [{"column": one.quoted} for one in samples.seen(table, speaking)]
        slots = {"table": table.qualified, "key": key.quoted, "link": quote_name(link), "column": content.quoted}
        try:
            with samples.transaction.savepoint():
                rows = samples.ask(
                    "find_refund_events", slots, {"texts": texts},
                    session_ids=list(session_ids), refund_words=words, not_made=_NOT_MADE,
                )  # fmt: skip
        except (Refusal, StatementError, TooSlow):
            continue
        if rows:
            found[f"{table.qualified}.{quote_name(link)}"] = (len(rows), min(row.session_id for row in rows))
    return found
