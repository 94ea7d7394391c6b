"""Values that are bound to statements, and how many bytes the answer of a statement may have."""

from collections.abc import Collection

from sweeper.postgres import encoding

# the answer of a statement that holds locks: so much fits into the buffers between a server and a stopped client
ANSWER_BYTES = 200_000
# of a refund, what a sweep leaves to the mapping; a layer that calls refund() gives these itself
BY_SWEEPER = {"layer": "sweeper", "reason": None, "detail": None}


def text_array(values: Collection[str]) -> str:
    """A list of texts as Postgres writes an array; psycopg's own way takes longer than the statement it is for."""
    if not values:
        return "{}"
    joined = "\x00".join(values)  # a text in Postgres never holds this character
    escaped = joined.replace("\\", "\\\\").replace('"', '\\"')
    return '{"' + escaped.replace("\x00", '","') + '"}'


def text_bytes(values: Collection[str | None]) -> int:
    """How many bytes the server takes at the most to answer with these texts, as an array."""
    texts = [value or "" for value in values]
    return len(text_array(texts).encode(encoding.ENCODING, encoding.ERRORS))
