"""An audit as tables for a terminal."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from sweeper.audit_result import AuditResult, Finding
from sweeper.render.audit_words import (
    PLACE_NAMES,
    findings_line,
    minute,
    oldest_line,
    rate_line,
    waits_line,
)
from sweeper.render.table import number, safe
from sweeper.results import Amount

_DAYS = 14


def show_audit(console: Console, result: AuditResult) -> None:
    """Print an audit."""
    period = result.period
    console.print(safe(findings_line(result)))
    if result.rate.reason is not None:
        console.print(safe(rate_line(result.rate)))
    console.print(f"\nPeriod: {minute(result.since)} to {minute(result.until)}\n")
    console.print(_books(result))
    for title, amounts in (("reason", period.by_reason), ("layer", period.by_layer)):
        if amounts:
            console.print(_amounts(title, amounts.items()))
    if period.by_day:
        days = list(period.by_day.items())
        title = "day (UTC)" if len(days) <= _DAYS else f"day (the last {_DAYS} of {number(len(days))})"
        console.print(_amounts(title, days[-_DAYS:]))
    if period.largest_accounts:
        largest = ((account.account_id, account.refunded) for account in period.largest_accounts)
        console.print(_amounts("largest accounts", largest))
    if period.refunded.sessions:
        console.print(safe(waits_line(period.time_to_refund)))
    if result.rate.reason is None:
        console.print(safe(rate_line(result.rate)))
    console.print(f"\nPosition: {minute(result.as_of)}\n")
    places = [(PLACE_NAMES[place], amount) for place, amount in result.position.places.items()]
    console.print(_amounts("place", [*places, ("all failed and stuck", result.position.total)]))
    console.print(oldest_line(result.position.oldest_owed_seconds))
    if result.findings:
        console.print()
        _show_findings(console, result.findings)


def _books(result: AuditResult) -> Table:
    period = result.period
    table = _table("the books")
    for name, amount in (("refunded", period.refunded), ("reversed", period.reversed)):
        table.add_row(name, number(amount.sessions), number(amount.credits))
    table.add_row("net moved", "", number(period.net_credits))
    table.add_row("adopted, moved nothing", number(period.adopted.sessions), number(period.adopted.credits))
    table.add_row()
    return table


def _table(title: str) -> Table:
    table = Table(title, box=None, pad_edge=False, header_style="bold")
    table.add_column("sessions", justify="right")
    table.add_column("credits", justify="right")
    table.columns[0].min_width = 34
    return table


def _amounts(title: str, amounts: Iterable[tuple[str, Amount]]) -> Table:
    table = _table(title)
    for name, amount in amounts:
        table.add_row(safe(name), number(amount.sessions), number(amount.credits))
    table.add_row()
    return table


def _show_findings(console: Console, findings: tuple[Finding, ...]) -> None:
    for finding in findings:
        more = ", …" if finding.count > len(finding.samples) else ""
        console.print(safe(f"{finding.code}: {number(finding.count)}, such as {', '.join(finding.samples)}{more}"))
        console.print(safe(f"  {finding.meaning}"))
        console.print(safe(f"  To mend: {finding.hint}\n"))
