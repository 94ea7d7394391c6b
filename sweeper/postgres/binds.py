"""Values that are bound to statements, and how many bytes the result of a statement may have."""

from collections.abc import Collection

from sweeper.postgres import encoding

# for the result of a statement that holds locks: this much fits into the buffers between a server and a stopped client
ANSWER_BYTES = 200_000
# the parts of a refund that a sweep leaves to the mapping; a layer that calls refund() gives them itself
BY_SWEEPER = {"layer": "sweeper", "reason": None, "detail": None}


def text_array(values: Collection[str]) -> str:
    """A list of texts as a Postgres array literal; psycopg's own conversion takes longer than the statement itself."""
    if not values:
        return "{}"
    joined = "\x00".join(values)  # a text in Postgres never holds this character
    escaped = joined.replace("\\", "\\\\").replace('"', '\\"')
    return '{"' + escaped.replace("\x00", '","') + '"}'


def text_bytes(values: Collection[str | None]) -> int:
    """How many bytes, at most, the server sends for an array of these texts."""
    texts = [value or "" for value in values]
    return len(text_array(texts).encode(encoding.ENCODING, encoding.ERRORS))
