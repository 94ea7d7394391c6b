"""What every JSON document has in common; other programs rely on it."""

from decimal import Decimal

from sweeper.core.errors import SweeperError

SCHEMA_VERSION = 1


def amount_number(value: Decimal, *, integer: bool) -> int | str:
    """Whole credits as a number, decimal ones as a string, to the last digit."""
    return int(value) if integer else format(value, "f")


def error_of(error: SweeperError) -> dict[str, str]:
    """What went wrong, for programs and for people."""
    return {"code": error.code, "message": error.message}


def file_of(config: str | None) -> dict[str, str]:
    """Which file a document is about, where a command goes through several."""
    return {} if config is None else {"config": config}
