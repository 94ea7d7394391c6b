"""Log events on stderr: JSON lines, or readable on a terminal. Never an error text, nor a message about a row."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TextIO

import stamina.instrumentation

from sweeper.core.text import printable

if TYPE_CHECKING:
    from structlog.typing import EventDict, WrappedLogger


def moment() -> str:
    """The time now, as the `timestamp` of several events that happened at once."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


class Log:
    """Writes events with structlog, which is imported with the first of them: most runs have none."""

    def __init__(self, stream: TextIO, *, terminal: bool, colour: bool) -> None:
        self._terminal = terminal
        self._colour = colour
        self._common: dict[str, object] = {}
        self._lines = _Lines(stream)
        self.together = self._lines.together

    def log_retries(self) -> None:
        """Log every retry from now on, instead of the line that the library prints on stdout."""
        stamina.instrumentation.set_on_retry_hooks([self._log_retry])

    def bind(self, **fields: object) -> None:
        """Every event from now on has these fields, too."""
        self._common.update(fields)

    def info(self, event: str, **fields: object) -> None:
        """An event."""
        self._logger.info(event, **self._common, **fields)

    def warning(self, event: str, **fields: object) -> None:
        """An event that somebody should look at."""
        self._logger.warning(event, **self._common, **fields)

    def _log_retry(self, details: stamina.instrumentation.RetryDetails) -> None:
        from sweeper.postgres.sqlstate import unreachable

        # in words of ours: a driver's message may repeat the host, the role and parts of the row
        why = unreachable(details.caused_by).message
        self.warning("retrying", attempt=details.retry_num, wait_seconds=round(details.wait_for, 3), why=why)

    @cached_property
    def _logger(self) -> Any:
        import structlog

        render: list[Any] = [_render_json]
        if self._terminal:
            render = [_printable, structlog.dev.ConsoleRenderer(colors=self._colour)]
        processors = [
            structlog.processors.add_log_level,
            structlog.processors.MaybeTimeStamper(fmt="iso", utc=True),
            *render,
        ]
        # bound once: what wrap_logger returns binds anew for each event
        return structlog.wrap_logger(self._lines, processors=processors, wrapper_class=structlog.BoundLogger).bind()


class _Lines:
    """What structlog writes its lines with: each at once, or those of a block together."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._kept: list[str] | None = None

    @contextmanager
    def together(self) -> Iterator[None]:
        """Write the lines of the block at its end, in one write."""
        lines: list[str] = []
        self._kept = lines
        try:
            yield
        finally:
            self._kept = None
            self._write("".join(lines))

    def info(self, line: str) -> None:
        if self._kept is None:
            self._write(f"{line}\n")
        else:
            self._kept.append(f"{line}\n")

    warning = info

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


# one encoder for all events: json.dumps makes one for each call that has options
_ENCODE = json.JSONEncoder(default=repr).encode


def _render_json(_logger: "WrappedLogger", _method: str, event: "EventDict") -> str:
    return _ENCODE(event)


def _printable(_logger: "WrappedLogger", _method: str, event: "EventDict") -> "EventDict":
    return {key: printable(value) if isinstance(value, str) else value for key, value in event.items()}
