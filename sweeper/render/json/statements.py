"""The documents of ``sweeper sql``."""

from collections.abc import Sequence

from sweeper.render.json.common import document
from sweeper.statements.result import Statement


def statements_document(statements: Sequence[Statement]) -> str:
    listed = [{"name": one.name, "group": one.group, "heading": one.heading} for one in statements]
    return document("sql", statements=listed)


def statement_document(name: str, sql: str) -> str:
    return document("sql", name=name, sql=sql)
