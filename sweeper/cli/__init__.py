"""The command line: the only place that reads the clock and the environment, prints and exits."""

import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from sweeper import __version__
from sweeper.cli.crash import internal_error
from sweeper.cli.options import a_file, remember
from sweeper.cli.output import Output, flushed, replace_streams
from sweeper.core.errors import ConfigurationError, Exit, Interrupted, SweeperError
from sweeper.core.text import without_prefix

# more than a run that finds nothing creates, nearly all of it by imports, which leave no garbage: a collection would
# take a tenth of such a run
_OBJECTS_BETWEEN_COLLECTIONS = 250_000

# each is the function of the same name in the module of the same name, in the order of the overview
_COMMANDS = (
    "demo", "init", "install", "check", "run", "audit", "explain", "history", "revert", "adopt", "sql", "schema",
)  # fmt: skip


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"sweeper {__version__}")  # noqa: T201
        raise typer.Exit


def _global(
    version: Annotated[  # noqa: ARG001 - the callback answers it
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
    config: Annotated[
        list[Path] | None,
        typer.Option("--config", metavar="FILE", parser=a_file, help="The same as after the command."),
    ] = None,
    log_format: Annotated[
        str | None,
        typer.Option(
            metavar="FORMAT",
            help="json or console, before or after the command; else SWEEPER_LOG_FORMAT, else console on a terminal.",
        ),
    ] = None,
) -> None:
    remember(config or (), log_format)


def _app(commands: Sequence[str]) -> typer.Typer:
    """The command line with these commands."""
    app = typer.Typer(
        name="sweeper",
        callback=_global,
        pretty_exceptions_enable=False,  # they show source lines with their values: passwords, customers
        rich_markup_mode=None,
        help="Refunds every failed or stuck session whose charge was never given back, exactly once.",
    )
    for name in commands:
        app.command(name)(getattr(import_module(f"sweeper.cli.{name}"), name))
    return app


def main() -> NoReturn:
    """Run the command line, and exit."""
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    # pydantic would search all installed packages for plugins, which takes longer than reading the file
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    stdout, stderr = replace_streams()
    exit_code = _exit_code(stdout, run_command(sys.argv[1:]))
    flushed(stderr)
    gc.freeze()
    sys.exit(exit_code)


def _exit_code(stdout: Output, exit_code: int) -> int:
    """The exit code of the work, or 1 if the work went well and its output is lost."""
    lost = flushed(stdout)
    if lost is None:
        return exit_code
    print(  # noqa: T201
        f"sweeper: standard output is lost ({lost.strerror}); what the command did stands", file=sys.stderr
    )
    went_well = exit_code in (Exit.DONE, Exit.HELD, Exit.CAPPED, Exit.FOUND)
    return Exit.FAILED if went_well else exit_code


def run_command(arguments: Sequence[str]) -> int:
    """Run one command; every error becomes an exit code here, and a document if one was asked for."""
    # each command takes time to register; where none comes first, any may be meant
    app = _app(arguments[:1] if arguments and arguments[0] in _COMMANDS else _COMMANDS)
    try:
        return app(_reordered(list(arguments)) or ["--help"], prog_name="sweeper", standalone_mode=False) or Exit.DONE
    except typer.TyperException as error:
        return _report(arguments, ConfigurationError(without_prefix(error.format_message()), code="usage"))
    except SweeperError as error:
        return _report(arguments, error)
    except Interrupted as signal:
        return 128 + signal.signal_number
    except (KeyboardInterrupt, typer.Abort):
        return Exit.SIGINT
    except Exception as crash:
        return _report(arguments, internal_error(crash))


def _reordered(arguments: list[str]) -> list[str]:
    """The arguments with ``--log-format``, which every command takes, before the command's name."""
    found = next((place for place, word in enumerate(arguments) if word.partition("=")[0] == "--log-format"), None)
    if found is None:
        return arguments
    length = 1 if "=" in arguments[found] else 2
    return [*arguments[found : found + length], *arguments[:found], *arguments[found + length :]]


def _wants_json(arguments: Sequence[str]) -> bool:
    return bool({"--json", "--format=json"} & {*arguments}) or ("--format", "json") in pairwise(arguments)


def _report(arguments: Sequence[str], error: SweeperError) -> int:
    if _wants_json(arguments):
        from sweeper.render.json.error import error_document

        command = next((argument for argument in arguments if argument in _COMMANDS), "")
        print(error_document(command, error))  # noqa: T201
    print(f"sweeper: {error.message}", file=sys.stderr)  # noqa: T201
    return error.exit_code
