"""Log events on stderr: JSON lines, or readable on a terminal. Never an error text, or a message about a row."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TextIO

from sweeper.core.text import printable

if TYPE_CHECKING:
    from stamina.instrumentation import RetryDetails
    from structlog.typing import EventDict, WrappedLogger


class Log:
    """Writes events with structlog, which is imported with the first event: most runs write no event."""

    def __init__(self, stream: TextIO, *, terminal: bool, color: bool) -> None:
        self._stream = stream
        self._terminal = terminal
        self._color = color
        self._common: dict[str, object] = {}

    def log_retries(self) -> None:
        """Log every retry from now on."""
        from sweeper.postgres.retries import watch_retries

        watch_retries(self._log_retry)

    def bind(self, **fields: object) -> None:
        """Add these fields to every event from now on."""
        self._common.update(fields)

    def info(self, event: str, **fields: object) -> None:
        """Log an event."""
        self._logger.info(event, **self._common, **fields)

    def info_each(self, event: str, fields: Mapping[str, Sequence[object]]) -> None:
        """Log an event for each of many things that happened at once; each field has the values of all of them.

        JSON lines are made here and written together: structlog would take ten times as long for each, which is more
        than a tenth of what a refund takes.
        """
        if self._terminal:
            for values in zip(*fields.values(), strict=True):
                self.info(event, **dict(zip(fields, values, strict=True)))
            return
        said = {"event": event, "level": "info", "timestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z")}
        # what they have in common is encoded once, and each field once for all of them
        common = {**self._common, **dict.fromkeys(fields), **said}
        line = ", ".join(
            f"{_ENCODE(name)}: {'%s' if name in fields else _ENCODE(value).replace('%', '%%')}"
            for name, value in common.items()
        )
        columns = map(_encoded, fields.values())
        self._stream.writelines(f"{{{line}}}\n" % values for values in zip(*columns, strict=True))
        self._stream.flush()

    def warning(self, event: str, **fields: object) -> None:
        """Log an event that somebody should look at."""
        self._logger.warning(event, **self._common, **fields)

    def _log_retry(self, details: "RetryDetails") -> None:
        from sweeper.postgres.sqlstate import unreachable

        # our own words: a driver's message may repeat the host, the role and parts of the row
        why = unreachable(details.caused_by).message
        self.warning("retrying", attempt=details.retry_num, wait_seconds=round(details.wait_for, 3), why=why)

    @cached_property
    def _logger(self) -> Any:
        import structlog

        render: list[Any] = [_render_json]
        if self._terminal:
            render = [_printable, structlog.dev.ConsoleRenderer(colors=self._color)]
        processors = [
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *render,
        ]
        # bound once, because what wrap_logger returns binds again for each event
        writer = structlog.WriteLogger(self._stream)
        return structlog.wrap_logger(writer, processors=processors, wrapper_class=structlog.BoundLogger).bind()


# one encoder for all events: json.dumps makes one for each call that has options
_ENCODE = json.JSONEncoder(default=repr).encode
_ENCODE_LINES = json.JSONEncoder(default=repr, separators=("\n", ": ")).encode


def _encoded(values: Sequence[object]) -> list[str]:
    """Some texts or numbers, each as JSON, so that a text cannot begin a new line."""
    return _ENCODE_LINES(values)[1:-1].split("\n")


def _render_json(_logger: "WrappedLogger", _method: str, event: "EventDict") -> str:
    return _ENCODE(event)


def _printable(_logger: "WrappedLogger", _method: str, event: "EventDict") -> "EventDict":
    return {key: printable(value) if isinstance(value, str) else value for key, value in event.items()}
