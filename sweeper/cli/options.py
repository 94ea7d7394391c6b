"""What every command shares: the environment, common flags and where output goes."""

import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from sweeper.core.errors import ConfigurationError

if TYPE_CHECKING:
    from rich.console import Console

    from sweeper.cli.logs import Log
    from sweeper.config.model import Settings
    from sweeper.postgres.database import Database


def a_file(text: str) -> Path:
    """Check the value of `--config`: an empty one would mean the current folder."""
    if not text.strip():
        raise typer.BadParameter("it is empty")
    return Path(text)


Config = Annotated[
    list[Path] | None,  # several are an error that says so, instead of the last one being used
    typer.Option(
        "--config",
        metavar="FILE",
        parser=a_file,
        help="The mapping and the policy; else SWEEPER_CONFIG, else ./sweeper.toml.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document, also on failure.")]
# the values of the environment variable and the flag
LOG_FORMATS = ("json", "console")


@dataclass
class _GlobalOptions:
    """The options before the command's name."""

    config: tuple[Path, ...] = ()
    log_format: str | None = None


_given = _GlobalOptions()


def remember(config: Sequence[Path], log_format: str | None) -> None:
    """Store the options before the command's name.

    Raises:
        ConfigurationError: there is no such format.
    """
    _given.config = tuple(config)
    _given.log_format = log_format or os.environ.get("SWEEPER_LOG_FORMAT") or None
    if _given.log_format not in (None, *LOG_FORMATS):
        source = "--log-format" if log_format else "SWEEPER_LOG_FORMAT"
        raise ConfigurationError(f"{source} is one of {' and '.join(LOG_FORMATS)}", code="usage")


def config_path(config: Sequence[Path] | None) -> Path:
    """The file from the flag, the environment or the folder; a flag after the command's name takes precedence.

    Raises:
        ConfigurationError: several were given, or a folder.
    """
    given = config_paths(config or ())
    if len(given) > 1:
        raise ConfigurationError("only `sweeper run` takes several --config", code="usage")
    if given[0].is_dir():
        raise ConfigurationError(
            f"{given[0]} is a folder, which only `sweeper run` takes: name one file of it with --config", code="usage"
        )
    return given[0]


def config_paths(config: Sequence[Path]) -> list[Path]:
    """All files and folders from the flag, or the one from the environment or the folder."""
    return list(config or _given.config) or [Path(os.environ.get("SWEEPER_CONFIG") or "sweeper.toml")]


def load_settings(config: Sequence[Path] | None) -> "Settings":
    """The settings in the one file from the flag, the environment or the folder."""
    from sweeper.config.parsing import load

    return load(config_path(config))


def open_database(name: str) -> "AbstractContextManager[Database]":
    """The database that the environment names, until the block ends; every retry is logged on stderr.

    ``name`` is what the server shows of the connection, which is made when it is first used.

    Raises:
        ConfigurationError: the environment names none, or not rightly.
    """
    from sweeper.postgres.connection import from_environment
    from sweeper.postgres.database import Database

    stderr_log().log_retries()
    return closing(Database(from_environment(os.environ), application_name=name))


def parse_time(flag: str, text: str | None) -> datetime | None:
    """The time in a flag.

    Raises:
        ConfigurationError: it is not a time.
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

    return Log(sys.stderr, terminal=wants_readable_log(), color=wants_color() and sys.stderr.isatty())


def wants_readable_log() -> bool:
    """Whether log events are readable lines instead of JSON: as asked for, else on a terminal."""
    return _given.log_format == "console" if _given.log_format else sys.stderr.isatty()


def wants_color() -> bool:
    """Whether colors are allowed: https://no-color.org."""
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
        markup=False,  # "[ledger]" and ":x:" may be in the app's own text
        emoji=False,
        no_color=not wants_color(),
    )


def has_terminal() -> bool:
    """Whether there is a user to ask; standard input is None if it is closed."""
    return sys.stdin is not None and not sys.stdin.closed and sys.stdin.isatty()
