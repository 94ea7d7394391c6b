"""The checks as lines for a terminal: warnings, and then failures, come last, each with its fix below."""

from rich.console import Console

from sweeper.check.result import CheckResult, Status
from sweeper.render.terminal.table import plain_table, safe
from sweeper.render.words import plural

_STYLES = {Status.OK: "green", Status.WARNING: "yellow", Status.FAILURE: "bold red"}


def show_check(console: Console, result: CheckResult) -> None:
    table = plain_table()
    for _ in range(3):
        table.add_column(vertical="top")
    for check in sorted(result.checks, key=lambda check: list(_STYLES).index(check.status)):
        message, *more = check.message.splitlines() or [""]
        table.add_row(safe(check.status.value, _STYLES[check.status]), safe(check.name), safe(message))
        for line in (*more, *(f"-> {line}" for line in check.fix.splitlines())):
            table.add_row("", "", safe(line))
    console.print(table)
    console.print()
    failures, warnings = result.count(Status.FAILURE), result.count(Status.WARNING)
    if failures or warnings:
        console.print(f"{plural(failures, 'failure')}, {plural(warnings, 'warning')}.")
    else:
        console.print("All is well.")
