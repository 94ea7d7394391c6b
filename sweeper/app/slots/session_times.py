"""What the statements need to know about the times of a session."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from sweeper.app import catalog
from sweeper.app.catalog import Table
from sweeper.app.distribution import named_zone
from sweeper.app.expression import Expression
from sweeper.config.model import SessionsSection
from sweeper.postgres.templates import fill_part, quote_text

_SIGNS_OF_LIFE = ("active_at", "started_at")
# seconds since 1970 reach this number in the year 5138, and milliseconds did in 1973
_MILLISECONDS_FROM, _MICROSECONDS_FROM = 10**11, 10**14


def time_slots(own: SessionsSection, sessions: Table, read: Callable[..., Expression]) -> dict[str, str]:
    """When a session started, showed its last sign of life, failed, and ended."""
    moments = {
        name: read(name, text, catalog.TIME_TYPES)
        for name in ("started_at", "active_at", "stuck_at", "failed_at", "ended_at")
        if (text := getattr(own, name))
    }
    known = {name: _moment(moment, own.timezone, sessions) for name, moment in moments.items()}
    active_at = _first_known(known, _SIGNS_OF_LIFE)
    if own.stuck_at:  # a deadline is compared like a sign of life: once it has passed, the session is stuck
        active_at = fill_part("deadline", {"moment": known["stuck_at"]})
    return {
        "started_at": moments["started_at"].sql,
        "started_type": moments["started_at"].type,
        "active_at": active_at,
        "failed_at": _first_known(known, ("failed_at", *_SIGNS_OF_LIFE)),
        "also_read": moments["ended_at"].sql if "ended_at" in moments else "",
    }


def _moment(moment: Expression, timezone: str, sessions: Table) -> str:
    zone = named_zone(sessions, moment.type, timezone)
    return fill_part("session_moment", {"moment": moment.sql, "zone": quote_text(zone)}, {"zone_named": bool(zone)})


def number_of_a_time(value: Decimal | None, text: str) -> str:
    """What is wrong with a time that is a number, with the expression that converts it, by the size of a value."""
    seconds, milliseconds = f"to_timestamp({text})", f"to_timestamp({text} / 1000.0)"
    if value is None:
        turned = f"{seconds} where it counts seconds, {milliseconds} where it counts milliseconds"
    elif abs(value) < _MILLISECONDS_FROM:
        turned = f"{seconds}, as it counts seconds (such as {value})"
    elif abs(value) < _MICROSECONDS_FROM:
        turned = f"{milliseconds}, as it counts milliseconds (such as {value})"
    else:
        turned = f"to_timestamp({text} / 1000000.0), as it counts microseconds (such as {value})"
    return f"is a number, and must be a time: {turned}"


def _first_known(moments: Mapping[str, str], names: Sequence[str]) -> str:
    # if a row has no time of failure, or of last activity, an earlier time is used
    known = [{"moment": moments[name]} for name in names if name in moments]
    return fill_part("first_known", {}, {"moments": known})
