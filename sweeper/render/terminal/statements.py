"""The list of statements on a terminal: a line each, by folder."""

from collections.abc import Sequence
from itertools import groupby

from rich.console import Console
from rich.text import Text

from sweeper.statements.result import Statement


def show_statements(console: Console, statements: Sequence[Statement]) -> None:
    """Print the list."""
    width = max(len(statement.name) for statement in statements)
    for number, (group, members) in enumerate(groupby(statements, lambda statement: statement.group)):
        if number:
            console.print()
        console.print(Text(group, style="bold"))
        for statement in members:
            said = statement.heading.removeprefix(f"{statement.name.replace('_', ' ')}: ")
            line = Text(f"  {statement.name:<{width}}  {said[:1].upper()}{said[1:]}")
            console.print(line, no_wrap=True, overflow="ellipsis")
