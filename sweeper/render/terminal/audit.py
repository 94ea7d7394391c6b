"""An audit as tables for a terminal."""

from collections.abc import Iterable

from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from sweeper.audit.result import AuditResult, Finding, Period, Position
from sweeper.core.results import Amount
from sweeper.render import audit_words
from sweeper.render.terminal.table import safe
from sweeper.render.words import number

_DAYS, _LOST, _NAME_WIDTH = 14, 24, 34


def show_audit(console: Console, result: AuditResult) -> None:
    console.print(safe(audit_words.findings_line(result)))
    if result.rate.reason is not None:
        console.print(safe(audit_words.rate_line(result.rate)))
    console.print(f"\nPeriod: {audit_words.minute(result.since)} to {audit_words.minute(result.until)}\n")
    _show_period(console, result.period)
    if result.rate.reason is None:
        console.print(audit_words.rate_line(result.rate))
    console.print(f"\nPosition: {audit_words.minute(result.as_of)}\n")
    places = [(audit_words.PLACE_NAMES[place], amount) for place, amount in result.position.places.items()]
    _show_amounts(console, "place", [*places, ("all failed and stuck", result.position.total)])
    console.print(audit_words.oldest_line(result.position.oldest_owed_seconds))
    _show_lost(console, result.position)
    for finding in result.findings:
        _show_finding(console, finding)


def _show_lost(console: Console, position: Position) -> None:
    if not position.lost:
        return
    console.print(f"\n{audit_words.lost_line(position)}\n")
    lost = [(f"{each.month} {each.reason}", each.amount) for each in position.lost]
    title = "lost, by month" if len(lost) <= _LOST else f"lost, by month (the last {_LOST} of {number(len(lost))})"
    _show_amounts(console, title, lost[-_LOST:])


def _show_period(console: Console, period: Period) -> None:
    books = _table("the books")
    books.add_row("refunded", number(period.refunded.sessions), number(period.refunded.credits))
    books.add_row("reversed", number(period.reversed.sessions), number(period.reversed.credits))
    books.add_row("net moved", "", number(period.net_credits))
    books.add_row("adopted, moved nothing", number(period.adopted.sessions), number(period.adopted.credits))
    console.print(books)
    console.print()
    days = list(period.by_day.items())
    title = "day (UTC)" if len(days) <= _DAYS else f"day (the last {_DAYS} of {number(len(days))})"
    largest = [(account.account_id, account.refunded) for account in period.largest_accounts]
    _show_amounts(console, "reason", period.by_reason.items())
    _show_amounts(console, "layer", period.by_layer.items())
    _show_amounts(console, title, days[-_DAYS:])
    _show_amounts(console, "column of the accounts, net", period.by_pool.items())
    _show_amounts(console, "largest accounts", largest)
    if period.refunded.sessions:
        console.print(audit_words.waits_line(period.time_to_refund))


def _show_amounts(console: Console, title: str, amounts: Iterable[tuple[str, Amount]]) -> None:
    table = _table(title)
    for name, amount in amounts:
        table.add_row(safe(name), number(amount.sessions), number(amount.credits))
    if table.row_count:
        console.print(table)
        console.print()


def _table(title: str) -> Table:
    table = Table(title, box=None, pad_edge=False, header_style="bold")
    table.columns[0].min_width = _NAME_WIDTH  # so that the numbers are aligned
    table.add_column("sessions", justify="right", min_width=12)
    table.add_column("credits", justify="right", min_width=12)
    return table


def _show_finding(console: Console, finding: Finding) -> None:
    more = ", …" if finding.count > len(finding.samples) else ""
    console.print()
    console.print(safe(f"{finding.code}: {number(finding.count)}, such as {', '.join(finding.samples)}{more}"))
    for line in (finding.meaning, f"To fix: {finding.hint}"):
        console.print(Padding(safe(line), (0, 0, 0, 2), expand=False))
