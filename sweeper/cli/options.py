"""What every command shares: the environment, common flags and where output goes."""

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from sweeper.core.errors import ConfigurationError

if TYPE_CHECKING:
    from rich.console import Console

    from sweeper.cli.logs import Log
    from sweeper.config.model import Settings
    from sweeper.postgres.connection import Connection

Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="The mapping and the policy; else SWEEPER_CONFIG, else ./sweeper.toml.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document, also on failure.")]


def config_path(config: Path | None) -> Path:
    """The file that the flag, the environment or the folder gives."""
    return config or Path(os.environ.get("SWEEPER_CONFIG") or "sweeper.toml")


def load_settings(config: Path | None) -> "Settings":
    """What that file says."""
    from sweeper.config.parsing import load

    return load(config_path(config))


def load_connection() -> "Connection":
    """The connection that the environment gives; every retry over it is logged on stderr."""
    from sweeper.postgres.connection import from_environment

    stderr_log().log_retries()
    return from_environment(os.environ)


def parse_time(flag: str, text: str | None) -> datetime | None:
    """The time that a flag gives.

    Raises:
        ConfigurationError: it is none.
    """
    from sweeper.config.values import parse_moment

    try:
        return None if text is None else parse_moment(text)
    except OverflowError:
        raise ConfigurationError(f"{flag}: {text} is not a time in UTC", code="usage") from None
    except ValueError as error:
        raise ConfigurationError(f"{flag}: {error}", code="usage") from None


def stderr_log() -> "Log":
    """A log on stderr."""
    from sweeper.cli.logs import Log

    return Log(sys.stderr, terminal=sys.stderr.isatty(), colour=wants_colour())


def wants_colour() -> bool:
    """Whether colours were not declined: https://no-color.org."""
    return not os.environ.get("NO_COLOR")


def console(stream: TextIO | None = None) -> "Console":
    """Where results go: 80 columns when it is not a terminal, or COLUMNS."""
    from rich.console import Console

    stream = stream or sys.stdout
    columns = os.environ.get("COLUMNS", "")
    piped = int(columns) if columns.isascii() and columns.isdigit() and int(columns) else 80
    return Console(
        file=stream,
        width=None if stream.isatty() else piped,
        highlight=False,
        markup=False,  # "[ledger]" and ":x:" are the app's own words
        emoji=False,
        no_color=not wants_colour(),
    )


def has_terminal() -> bool:
    """Whether there is somebody to ask; standard input may be closed, and is None then."""
    return sys.stdin is not None and not sys.stdin.closed and sys.stdin.isatty()
