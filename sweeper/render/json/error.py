"""The documents of commands that failed or were interrupted."""

import json
from typing import Any

from sweeper.core.errors import SweeperError
from sweeper.core.results import Outcome
from sweeper.render.json.common import SCHEMA_VERSION, error_of, file_of


def error_document(command: str, error: SweeperError, *, config: str | None = None) -> str:
    """The document of a command that could not do its work."""
    document: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "command": command, **file_of(config)}
    if command in ("run", "revert", "adopt"):
        document["outcome"] = "failed"
    if command == "run" and not error.may_have_paid:
        document["refunds"] = {"sessions": 0, "credits": 0, "accounts": 0}
    return json.dumps({**document, "error": error_of(error)})


def interrupted_document(*, config: str | None = None) -> str:
    """The document of a run that a signal stopped before it had anything to sum up."""
    head = {"schema_version": SCHEMA_VERSION, "command": "run", **file_of(config)}
    return json.dumps({**head, "outcome": Outcome.INTERRUPTED.value})
