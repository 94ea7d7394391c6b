"""Numbers and times as text, the same in every format."""

from datetime import UTC, datetime
from decimal import Decimal


def moment(value: datetime) -> str:
    """ISO 8601 in UTC, with a Z."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def number(value: Decimal | int) -> str:
    """A count or credits with separated thousands, to the last digit."""
    return f"{value:,f}" if isinstance(value, Decimal) else f"{value:,}"


def plural(count: int, word: str) -> str:
    return f"{number(count)} {word}" if count == 1 else f"{number(count)} {word}s"
