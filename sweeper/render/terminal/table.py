"""What every table for a terminal is made of; 80 columns wide when piped."""

from rich.table import Table
from rich.text import Text

from sweeper.core.results import Amount
from sweeper.core.text import printable
from sweeper.render.words import number


def safe(text: str, style: str = "") -> Text:
    """The app's own text: neither markup nor anything else that a terminal would obey; never cut, folded instead."""
    return Text(printable(text), overflow="fold", style=style)


def amounts_table(title: str, amounts: dict[str, Amount]) -> Table:
    """Sessions and credits by some name."""
    table = Table(title, box=None, pad_edge=False, header_style="bold")
    table.add_column("sessions", justify="right")
    table.add_column("credits", justify="right")
    for name, amount in amounts.items():
        table.add_row(safe(name), number(amount.sessions), number(amount.credits))
    return table
