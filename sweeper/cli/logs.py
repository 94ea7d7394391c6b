"""Log events on stderr: JSON lines, or readable on a terminal. Never an error text, nor a message about a row."""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from json.encoder import encode_basestring_ascii as quoted
from typing import TYPE_CHECKING, TextIO

import stamina.instrumentation

from sweeper.core.text import printable

if TYPE_CHECKING:
    from structlog.typing import EventDict

# A system call for each event would take longer than the event. What several processes write to one pipe stays whole
# up to 4096 bytes. Source: https://man7.org/linux/man-pages/man7/pipe.7.html (PIPE_BUF)
_LINES_AT_ONCE = 10


class Log:
    """Writes events. What stamps and renders them is imported with the first: most runs have nothing to log."""

    def __init__(self, stream: TextIO, *, terminal: bool, colour: bool) -> None:
        self._stream = stream
        self._render = self._readable if terminal else _as_json
        self._colour = colour
        self._common: dict[str, object] = {}

    def log_retries(self) -> None:
        """Log every retry from now on, instead of the line that the library prints on stdout."""
        stamina.instrumentation.set_on_retry_hooks([self._log_retry])

    def bind(self, **fields: object) -> None:
        """Every event from now on has these fields, too."""
        self._common.update(fields)

    def info_each(self, event: str, names: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """An event with each of these rows of texts, under these names, all of this moment."""
        self._write(self._stamped("info", {"event": event}), names, rows)

    def warning(self, event: str, **fields: object) -> None:
        """An event that somebody should look at."""
        self._write(self._stamped("warning", {"event": event, **fields}), (), [()])

    def _log_retry(self, details: stamina.instrumentation.RetryDetails) -> None:
        # without the cause: a driver's message may repeat the host, the role and parts of the row
        self.warning("retrying", attempt=details.retry_num, wait_seconds=round(details.wait_for, 3))

    def _stamped(self, level: str, fields: "EventDict") -> "EventDict":
        from structlog.processors import TimeStamper, add_log_level

        common = add_log_level(None, level, {**self._common, **fields})
        return TimeStamper(fmt="iso", utc=True)(None, level, common)

    def _write(self, common: "EventDict", names: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        lines = self._render(common, names, rows)
        while some := "\n".join(islice(lines, _LINES_AT_ONCE)):
            self._stream.write(some + "\n")
            self._stream.flush()

    def _readable(self, common: "EventDict", names: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
        from structlog.dev import ConsoleRenderer

        show = ConsoleRenderer(colors=self._colour)
        for row in rows:
            event = {**common, **dict(zip(names, row, strict=True))}.items()
            yield show(None, "", {key: printable(value) if isinstance(value, str) else value for key, value in event})


def _as_json(common: "EventDict", names: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    # one event a refund: what they have in common is encoded once, the rest in as few steps as Python has for it
    start = json.dumps(common, default=repr).removesuffix("}").replace("%", "%%")
    template = start + "".join(f", {quoted(name)}: %s" for name in names) + "}"
    for row in rows:
        yield template % tuple(map(quoted, row))
