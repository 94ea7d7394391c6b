"""The texts and tables of the demo, in 80 columns."""

import shlex
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sweeper.demo.books import Books
from sweeper.demo.supervisor import Server
from sweeper.render.words import number, plural


def heading(console: Console, text: str, about: str = "") -> None:
    """Begin a part: a title, or a command as a user would type it, and a text about it."""
    console.print()
    console.print(Text(text, style="bold cyan"))
    if about:
        console.print(Text(about, style="dim"))
    console.print()


def show_app(console: Console) -> None:
    console.print("On it runs an app that sells predictions: a session is charged one credit for")
    console.print("each model as it starts. Today its layers failed in every way.")


def show_books(console: Console, books: Books) -> None:
    console.print(_sessions(books))
    console.print()
    console.print(_balances(books))
    console.print(Text("* credits = earned - spent: it cannot see that a refund is missing", style="dim"))


def _sessions(books: Books) -> Table:
    total = books.total
    table = Table(box=None, pad_edge=False, header_style="bold", footer_style="bold", show_footer=True)
    table.add_column("what happened", total.name)
    table.add_column("sessions", number(total.sessions), justify="right")
    table.add_column("charged", number(total.charged), justify="right")
    table.add_column("given back", number(total.given_back), justify="right")
    table.add_column("missing", _bad(number(total.missing), when=total.missing != 0), justify="right")
    for fate in books.fates:
        missing = _bad(number(fate.missing), when=fate.missing != 0)
        table.add_row(fate.name, number(fate.sessions), number(fate.charged), number(fate.given_back), missing)
    return table


def _balances(books: Books) -> Table:
    right = books.accounts - books.accounts_wrong
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_row("credits on all accounts", number(books.credits))
    table.add_row("what they should be", number(books.credits_due))
    table.add_row("accounts with too few", _bad(number(books.accounts_short), when=books.accounts_short > 0))
    table.add_row("accounts with too many", _bad(number(books.accounts_over), when=books.accounts_over > 0))
    table.add_row("accounts with exactly their credits", _good(f"{right} of {books.accounts}", when=books.settled))
    table.add_row("accounts that pass the app's own check *", f"{books.invariant_holds} of {books.accounts}")
    table.add_row("sessions that say they are running", number(books.say_so))
    table.add_row("of these, dead", _bad(number(books.wrongly_open), when=books.wrongly_open > 0))
    return table


def _bad(text: str, *, when: bool) -> Text:
    return Text(text, style="bold red" if when else "")


def _good(text: str, *, when: bool) -> Text:
    return Text(text, style="bold green" if when else "")


def show_verdict(console: Console, books: Books) -> None:
    accounts = plural(books.accounts, "account")
    console.print()
    if books.settled:
        console.print(_good(f"All {accounts} have exactly the credits they should have.", when=True))
    else:
        console.print(_bad(f"Not right: {books.accounts_wrong} of {accounts}. This is a bug in sweeper.", when=True))


def show_repeat(console: Console, *, unchanged: bool) -> None:
    console.print("The books are as they were." if unchanged else Text("The books have changed!", style="bold red"))


def show_end(console: Console) -> None:
    console.print()
    console.print("The server is stopped and its folder removed. To keep them: sweeper demo --keep")


def show_kept(console: Console, one: Server, mapping: Path) -> None:
    """Show commands to copy for working with the kept server."""
    heading(console, "Kept: the server with the app's database, and the mapping, to explore")
    for line in (
        "  export SWEEPER_DATABASE_URL=\\",
        one.url,  # at the margin, so that the two lines are one value for the shell and both fit
        f"  export SWEEPER_CONFIG={shlex.quote(str(mapping))}",
        "",
        "  sweeper run --dry-run",
        "  sweeper run --dry-run --stuck-after 1m    # as if what still runs were stuck",
        "  psql \"$SWEEPER_DATABASE_URL\" -c 'TABLE sweeper.refunds'",
        "  psql \"$SWEEPER_DATABASE_URL\" -c 'TABLE prediction_sessions'",
        "",
        "In an hour the sessions that still run are stuck, too: then run it again.",
        "To stop the server and leave nothing behind:",
        "",
        f"  kill -INT {one.pid}; sleep 1; rm -r {shlex.quote(str(one.folder))}",
    ):
        console.print(Text(line), soft_wrap=True)
