"""An audit in words, for the table and the report alike."""

from datetime import UTC, datetime

from sweeper.audit.result import AuditResult, Rate, TimeToRefund
from sweeper.render.words import number, plural

PLACE_NAMES = {
    "owed": "owed",
    "in_grace": "in grace",
    "held": "held",
    "excluded": "excluded",
    "before_floor": "before the floor",
    "refunded": "refunded",
    "uncharged": "uncharged",
}
_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def duration(seconds: float) -> str:
    """A duration in its two largest units."""
    left, words = int(seconds), []
    for size, unit in _UNITS:
        if left >= size:
            words.append(f"{left // size:,} {unit}")
            left %= size
    return " ".join(words[:2]) or "0 s"


def minute(moment: datetime) -> str:
    """A moment in UTC, for people."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def findings_line(result: AuditResult) -> str:
    """What was found, in one line."""
    if not result.findings:
        return "No findings."
    found = ", ".join(f"{number(finding.count)} {finding.code}" for finding in result.findings)
    return f"{plural(len(result.findings), 'finding')}: {found}."


def waits_line(waits: TimeToRefund | None) -> str:
    """How long sessions waited for their refund."""
    if waits is None:
        return "From failure to refund: not known for these refunds."
    return (
        f"From failure to refund: half within {duration(waits.p50)}, 95 % within {duration(waits.p95)}, "
        f"the longest {duration(waits.max)}."
    )


def rate_line(rate: Rate) -> str:
    """What the last day of the period was like."""
    line = f"the sweeper itself refunded {plural(rate.last_day, 'session')} in the last day of the period"
    if rate.usual_per_day is None:
        return f"{line.capitalize()}; it is too early to say what is usual."
    line += f", against {rate.usual_per_day:,.1f} a day before"
    if rate.reason is None:
        return f"{line.capitalize()}."
    return f"A layer broke: {line}. Most of them have the reason {rate.reason}."


def oldest_line(seconds: float | None) -> str:
    """How old the oldest owed session is."""
    if seconds is None:
        return "Nothing is owed."
    return f"The oldest owed session failed, or last showed a sign of life, {duration(seconds)} ago."
