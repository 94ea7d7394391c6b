"""Building blocks of tables for a terminal; 80 columns wide when piped."""

from collections.abc import Sequence

from rich.console import Console
from rich.segment import SegmentLines
from rich.table import Table
from rich.text import Text

from sweeper.core.results import Amount
from sweeper.core.text import printable
from sweeper.render.words import number

_WIDEST = 1000
_NUMBERS = {"sessions", "credits", "balance", "after"}


def safe(text: str, style: str = "") -> Text:
    """The app's own text: neither markup nor anything else that a terminal would obey; never cut, folded instead."""
    return Text(printable(text), overflow="fold", style=style)


def plain_table(*headings: str) -> Table:
    """A table without lines; numbers are aligned to the right."""
    table = Table(box=None, pad_edge=False, header_style="bold", show_header=bool(headings))
    for heading in headings:
        table.add_column(heading, justify="right" if heading in _NUMBERS else "left")
    return table


def show_notes(console: Console, notes: Sequence[str]) -> None:
    """Print notes behind a result, each on a line of its own."""
    if notes:
        console.print()
    for note in notes:
        console.print(note, soft_wrap=True)


def show_ids(console: Console, table: Table) -> None:
    """Print a table of ids with each row on one line, however wide, because an id on two lines cannot be copied."""
    measured = console.measure(table, options=console.options.update(max_width=_WIDEST))
    lines = console.render_lines(table, console.options.update_width(measured.maximum), pad=False)
    console.print(SegmentLines(lines, new_lines=True), soft_wrap=True, end="")


def amounts_table(title: str, amounts: dict[str, Amount]) -> Table:
    table = plain_table(title, "sessions", "credits")
    for name, amount in amounts.items():
        table.add_row(safe(name), number(amount.sessions), number(amount.credits))
    return table
