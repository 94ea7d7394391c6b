"""The list of statements on a terminal: a line each, by folder."""

import re
from collections.abc import Sequence
from itertools import groupby

from rich.console import Console, OverflowMethod
from rich.text import Text

from sweeper.statements.result import Statement


def show_statements(console: Console, statements: Sequence[Statement]) -> None:
    width = max(len(statement.name) for statement in statements)
    for number, (group, members) in enumerate(groupby(statements, lambda statement: statement.group)):
        if number:
            console.print()
        console.print(Text(group, style="bold"))
        for statement in members:
            said = statement.heading.removeprefix(f"{statement.name.replace('_', ' ')}: ")
            sentence = re.split(r"(?<=[.:]) ", said[:1].upper() + said[1:])[0].rstrip(".:")
            line = Text(f"  {statement.name:<{width}}  {sentence}")
            # in a pipe it is for grep and less, which cut what they want
            overflow: OverflowMethod = "ellipsis" if console.is_terminal else "ignore"
            console.print(line, no_wrap=True, overflow=overflow, crop=console.is_terminal)
