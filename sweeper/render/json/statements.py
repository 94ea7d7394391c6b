"""The documents of ``sweeper sql``."""

import json
from collections.abc import Sequence

from sweeper.render.json.common import SCHEMA_VERSION
from sweeper.statements.result import Statement


def statements_document(statements: Sequence[Statement]) -> str:
    """The list of all statements."""
    listed = [{"name": one.name, "group": one.group, "heading": one.heading} for one in statements]
    return json.dumps({"schema_version": SCHEMA_VERSION, "command": "sql", "statements": listed})


def statement_document(name: str, sql: str) -> str:
    """One statement, as a script for psql."""
    return json.dumps({"schema_version": SCHEMA_VERSION, "command": "sql", "name": name, "sql": sql})
