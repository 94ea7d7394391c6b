"""An audit in words, for the table and the report alike."""

from datetime import UTC, datetime

from sweeper.audit.result import AuditResult, Position, TimeToRefund
from sweeper.core.durations import describe_duration
from sweeper.core.results import Rate
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


def minute(moment: datetime) -> str:
    """A moment in UTC, for people."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def findings_line(result: AuditResult) -> str:
    if not result.findings:
        return "No findings."
    found = ", ".join(f"{number(finding.count)} {finding.code}" for finding in result.findings)
    return f"{plural(len(result.findings), 'finding')}: {found}."


def waits_line(waits: TimeToRefund | None) -> str:
    if waits is None:
        return "From failure to refund: not known for these refunds."
    return (
        f"From failure to refund: half within {describe_duration(waits.p50)}, "
        f"95% within {describe_duration(waits.p95)}, the longest {describe_duration(waits.max)}."
    )


def rate_line(rate: Rate) -> str:
    """The refunds of the last day of the period, against the days before."""
    line = f"the sweeper itself refunded {plural(rate.last_day, 'session')} in the last day of the period"
    if rate.usual_per_day is None:
        return f"{line.capitalize()}; it is too early to say what is usual."
    line += f", against {rate.usual_per_day:,.1f} a day before"
    if rate.reason is None:
        return f"{line.capitalize()}."
    return f"A layer broke: {line}. Most of them have the reason {rate.reason}."


def lost_line(position: Position) -> str:
    """What is never refunded because it lies before the floor."""
    lost = position.places["before_floor"]
    return (
        f"Lost so far: {number(lost.credits)} credits of {plural(lost.sessions, 'session')} before the floor, "
        "which no run gives back unless an earlier `policy.since` lets them in."
    )


def oldest_line(seconds: float | None) -> str:
    if seconds is None:
        return "Nothing is owed."
    return f"The oldest owed session failed, or last showed a sign of life, {describe_duration(seconds)} ago."
