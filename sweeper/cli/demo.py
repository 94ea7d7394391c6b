"""``sweeper demo``."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from sweeper.cli.options import console, stderr_log
from sweeper.core.errors import Interrupted


def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Keep the server, to explore it.")] = False,
) -> int:
    """Play an app that loses refunds, and sweep it. It runs on a real, throw-away Postgres."""
    from sweeper.demo.scenario import run_demo

    stderr_log().log_retries()
    try:
        return run_demo(console=console(), clock=lambda: datetime.now(UTC), keep=keep)
    except Interrupted as signal:  # typer would take SIGTERM's for a Ctrl-C
        return 128 + signal.signal_number
