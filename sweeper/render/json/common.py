"""What every JSON document has in common; other programs rely on it."""

import json
from datetime import datetime
from decimal import Decimal

from sweeper.core.errors import SweeperError
from sweeper.core.results import Amount
from sweeper.render.words import moment

SCHEMA_VERSION = 1


def document(command: str, **properties: object) -> str:
    return json.dumps({"schema_version": SCHEMA_VERSION, "command": command, **properties})


def amount_number(value: Decimal, *, integer: bool) -> int | str:
    """Whole credits as a number, decimal ones as a string, to the last digit."""
    return int(value) if integer else format(value, "f")


def amount_object(amount: Amount, *, integer: bool) -> dict[str, object]:
    return {"sessions": amount.sessions, "credits": amount_number(amount.credits, integer=integer)}


def moment_or_null(value: datetime | None) -> str | None:
    return None if value is None else moment(value)


def error_property(error: SweeperError | None) -> dict[str, object]:
    """The property ``error``, where something went wrong: for programs and for people."""
    return {} if error is None else {"error": {"code": error.code, "message": error.message}}


def config_property(config: str | None) -> dict[str, object]:
    """The property ``config``, the file that a document is about, where a command goes through several."""
    return {} if config is None else {"config": config}
