"""A drafted file as one JSON document."""

from collections.abc import Sequence

from sweeper.render.json.common import document


def init_document(
    file: str, open_questions: Sequence[str], hidden_tables: Sequence[str], tables_of_others: Sequence[str]
) -> str:
    return document(
        "init",
        file=file,
        open_questions=list(open_questions),
        hidden_tables=list(hidden_tables),
        tables_of_others=list(tables_of_others),
    )
