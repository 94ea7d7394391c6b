"""The documents of commands that failed or were interrupted."""

from sweeper.core.errors import SweeperError
from sweeper.core.results import Outcome
from sweeper.render.json.common import config_property, document, error_property


def error_document(command: str, error: SweeperError, *, config: str | None = None) -> str:
    """The document of a command that could not do its work."""
    properties = config_property(config)
    if command in ("run", "revert", "adopt"):
        properties["outcome"] = "failed"
    if command == "run" and not error.may_have_paid:
        properties["refunds"] = {"sessions": 0, "credits": 0, "accounts": 0}
    return document(command, **properties, **error_property(error))


def interrupted_document(*, config: str | None = None) -> str:
    """The document of a run that a signal stopped before it had anything to sum up."""
    return document("run", **config_property(config), outcome=Outcome.INTERRUPTED.value)
