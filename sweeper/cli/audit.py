"""``sweeper audit``."""

import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from sweeper.cli.options import Config, Json, console, load_settings, open_database, parse_time
from sweeper.cli.output import Output
from sweeper.core.errors import ConfigurationError, Exit
from sweeper.core.files import replaced

if TYPE_CHECKING:
    from sweeper.audit.result import AuditResult


class Format(StrEnum):
    """How an audit is written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    HTML = "html"


def audit(
    config: Config = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Start of the period; default: the first refund.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="End of the period, exclusive; default: now.")
    ] = None,
    format: Annotated[
        Format,
        typer.Option("--format", help="The format; csv has only the refunds, one in each row, without findings."),
    ] = Format.TABLE,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write to this file instead of stdout, if all went well.")
    ] = None,
    json: Json = False,
) -> int:
    """Show what was refunded, is owed, and is wrong. Exit 5 when something is wrong. Read-only."""
    as_of = datetime.now(UTC)
    if json and format not in (Format.TABLE, Format.JSON):
        raise ConfigurationError(f"--json and --format {format} cannot be used together", code="usage")
    chosen = Format.JSON if json else format
    if chosen is Format.HTML:
        _require_report()
    from sweeper.audit import audit as books
    from sweeper.core.decimals import exactly

    settings = load_settings(config)
    request = books.AuditRequest(as_of, parse_time("--since", since), parse_time("--until", until))
    with open_database("sweeper audit") as database, _opened(output, chosen) as stream:
        if chosen is Format.CSV:
            with suppress(_ReaderGone):
                books.export(database, settings, request, _writing(stream))
            return Exit.DONE
        with exactly():  # sums are made in rendering, too
            result = books.audit(database, settings, request)
            _write(result, chosen, stream)
    return result.exit_code


def _require_report() -> None:
    try:
        import sweeper.render.html.report  # noqa: F401
    except ModuleNotFoundError:
        raise ConfigurationError(
            "--format html needs the extra `report`: in a clone, pip install '.[report]'", code="missing_extra"
        ) from None


class _ReaderGone(Exception):  # noqa: N818 - no error: the reader has closed the pipe
    """The reader of standard output is gone."""


def _writing(stream: TextIO) -> Callable[[str], None]:
    def write(text: str) -> None:
        stream.write(text)
        if isinstance(stream, Output) and stream.error:
            raise _ReaderGone

    return write


@contextmanager
def _opened(output: Path | None, chosen: Format) -> Iterator[TextIO]:
    """Where the audit goes; a file is written completely or not at all."""
    if output is None:
        if chosen in (Format.CSV, Format.HTML) and isinstance(sys.stdout, io.TextIOWrapper):
            # these are files for other programs, and the same on every platform
            sys.stdout.reconfigure(encoding="utf-8")
        yield sys.stdout
        return
    try:
        with replaced(output, newline="") as stream:
            yield stream
    except OSError as error:
        raise ConfigurationError(f"--output {output}: {error.strerror}", code="output") from None


def _write(result: "AuditResult", chosen: Format, stream: TextIO) -> None:
    if chosen is Format.JSON:
        from sweeper.render.json.audit import audit_document

        stream.write(audit_document(result) + "\n")
    elif chosen is Format.HTML:
        from sweeper.render.html.report import report

        stream.write(report(result))
    else:
        from sweeper.render.terminal.audit import show_audit

        show_audit(console(stream), result)
