"""The values of ``sweeper.toml``: durations, times, zones, URLs and SQL, each read from what TOML or a flag gives."""

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated
from zoneinfo import ZoneInfo

import durationpy
from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, PlainValidator, WithJsonSchema

_MOST_DIGITS = 1000
# in a table of durations: sessions with this status are never stuck
NEVER = "never"
# in a URL: filled in from the environment, so that the file holds no secret
PLACEHOLDER = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
NOT_HTTP = "must begin with http:// or https://"


def parse_duration(value: object) -> timedelta:
    """Read a duration such as ``90s``, ``15m``, ``1h30m`` or ``2d``.

    Raises:
        ValueError: it is not a duration, or it is negative.
    """
    if isinstance(value, timedelta):
        return value
    problem = f'{value!r} is not a duration such as "30m", "6h" or "2d"'
    if not isinstance(value, str) or not value.strip():
        raise ValueError(problem)
    try:
        duration = durationpy.from_str(value.strip())
    except (durationpy.DurationError, ArithmeticError, ValueError) as error:
        raise ValueError(problem) from error
    if duration < timedelta(0):
        raise ValueError(f'{value!r} is negative; a duration is zero or more, such as "30m"')
    return duration


def parse_moment(value: object) -> datetime:
    """Read an ISO 8601 date or time; without a zone it is UTC.

    Raises:
        ValueError: it is not a date or a time.
    """
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            raise ValueError(f'{value!r} is not a time such as "2026-01-31T12:00:00Z"') from None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if not isinstance(value, datetime):
        raise ValueError(f"{value!r} is not a time such as 2026-01-31T12:00:00Z")
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# whatever each machine is set to: the server's zone is not this machine's
_OF_A_MACHINE = "localtime"


def parse_zone(value: object) -> str:
    """Check the name of a time zone.

    Raises:
        ValueError: the zone is not known.
    """
    try:
        zone = ZoneInfo(str(value)).key
    except (KeyError, ValueError, OSError):
        zone = _OF_A_MACHINE
    if zone == _OF_A_MACHINE:
        raise ValueError(f"{value!r} is not a time zone such as 'UTC' or 'Europe/Berlin'")
    return zone


def parse_stuck_after(value: object) -> timedelta | dict[str, timedelta | None]:
    """Read one duration, or a table of durations by running status; ``"never"`` in a table is None.

    Raises:
        ValueError: one of them is not a duration.
    """
    if not isinstance(value, dict):
        return parse_duration(value)
    limits: dict[str, timedelta | None] = {}
    for status, limit in value.items():
        try:
            limits[str(status)] = None if limit in (NEVER, None) else parse_duration(limit)
        except ValueError as error:
            raise ValueError(f"{status}: {error}") from None
    return limits


def parse_status(value: object) -> object:
    """The text of a status, which TOML may give as a string, a number or a boolean."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else value


def _trim_sql(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str) and not value.strip():
        raise ValueError("must not be empty")
    return value.strip() if isinstance(value, str) else value


def parse_endpoint(value: object) -> str:
    """Check a URL that runs are reported to; one with a ``${NAME}`` is checked when that is filled in.

    Raises:
        ValueError: it is not one for HTTP. The message never repeats it: it may be a secret.
    """
    if not isinstance(value, str) or not (PLACEHOLDER.search(value) or is_http(value)):
        raise ValueError(NOT_HTTP)
    return value.strip().rstrip("/")


def is_http(value: str) -> bool:
    """Whether it is a URL of a web server."""
    return value.strip().lower().startswith(("http://", "https://"))


def _require_digits(value: Decimal) -> Decimal:
    """Refuse numbers that are short to write and too long to calculate with, such as 1e999999999."""
    if not -_MOST_DIGITS < int(value.as_tuple().exponent) <= value.adjusted() < _MOST_DIGITS:
        raise ValueError(f"a number of credits has at most {_MOST_DIGITS} digits before and after the point")
    return value


# for an editor: a TOML number or boolean may be SQL or a status, and a TOML time is not a string
_SCALAR = WithJsonSchema({"type": ["string", "integer", "boolean"]})
_DURATION = {"type": "string", "examples": ["90s", "15m", "1h30m", "2d"]}

Sql = Annotated[str, BeforeValidator(_trim_sql), _SCALAR]
Name = Annotated[str, Field(min_length=1)]
# a status as text: the server reads it in the type of the status column
Status = Annotated[str, Field(min_length=1), BeforeValidator(parse_status), _SCALAR]
Duration = Annotated[timedelta, BeforeValidator(parse_duration), WithJsonSchema(_DURATION)]
StuckAfter = Annotated[
    timedelta | dict[Name, timedelta | None],
    BeforeValidator(parse_stuck_after),
    WithJsonSchema(
        {"anyOf": [_DURATION, {"type": "object", "additionalProperties": {**_DURATION, "examples": ["6h", NEVER]}}]}
    ),
]
# a plain validator, because tests may have frozen datetime before this is imported
Moment = Annotated[
    datetime,
    PlainValidator(parse_moment),
    PlainSerializer(datetime.isoformat, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "examples": ["2026-01-31T12:00:00Z"]}),
]
Zone = Annotated[str, BeforeValidator(parse_zone)]
Endpoint = Annotated[str, BeforeValidator(parse_endpoint)]
Credits = Annotated[
    Decimal,
    Field(ge=0, allow_inf_nan=False),
    AfterValidator(_require_digits),
    WithJsonSchema({"type": "number", "minimum": 0}),
]
Count = Annotated[int, Field(ge=0)]
