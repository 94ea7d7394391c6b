"""``sweeper demo``."""

from typing import Annotated

import typer


def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Leave the server, to go on exploring.")] = False,
) -> int:
    """Play an app whose layers fail in every way on a real, throw-away Postgres, and sweep it."""
    from sweeper.demo.play import play

    return play(keep=keep)
