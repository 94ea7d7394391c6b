"""The documents of commands that failed or were interrupted."""

import json
from typing import Any

from sweeper.core.errors import SweeperError
from sweeper.core.results import Outcome
from sweeper.render.json.common import SCHEMA_VERSION, error_of


def error_document(command: str, error: SweeperError) -> str:
    """The document of a command that could not do its work."""
    document: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "command": command}
    if command in ("run", "revert", "adopt"):
        document["outcome"] = "failed"
    if command == "run" and not error.may_have_paid:
        document["refunds"] = {"sessions": 0, "credits": 0, "accounts": 0}
    return json.dumps({**document, "error": error_of(error)})


def interrupted_document(command: str) -> str:
    """The document of a command that a signal stopped before it had anything to sum up."""
    return json.dumps({"schema_version": SCHEMA_VERSION, "command": command, "outcome": Outcome.INTERRUPTED.value})
