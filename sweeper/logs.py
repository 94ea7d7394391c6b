"""Log events on stderr: JSON lines, or readable on a terminal. Never an error text, nor a message about a row."""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, TextIO

import stamina.instrumentation

from sweeper.render import printable

if TYPE_CHECKING:
    from structlog.typing import EventDict

# one encoder for all events: json.dumps with options of its own makes a new one for each
_encode = json.JSONEncoder(default=repr).encode
# A system call for each event would take longer than the event. What several processes write to one pipe stays whole
# up to 4096 bytes. Source: https://man7.org/linux/man-pages/man7/pipe.7.html (PIPE_BUF)
_LINES_AT_ONCE = 10


class Log:
    """Writes events. What stamps and renders them is imported with the first: most runs have nothing to tell."""

    def __init__(self, stream: TextIO, *, terminal: bool, colour: bool) -> None:
        self._stream = stream
        self._render = self._readable if terminal else _as_json
        self._colour = colour
        self._common: dict[str, object] = {}
        stamina.instrumentation.set_on_retry_hooks([self._tell_retry])

    def bind(self, **fields: object) -> None:
        """Every event from now on has these fields, too."""
        self._common.update(fields)

    def info_each(self, event: str, each: Iterable[Mapping[str, object]]) -> None:
        """An event with each of these fields, all of this moment."""
        self._write("info", event, each)

    def warning(self, event: str, **fields: object) -> None:
        """An event that somebody should look at."""
        self._write("warning", event, [fields])

    def _tell_retry(self, details: stamina.instrumentation.RetryDetails) -> None:
        # without the cause: a driver's message may repeat the host, the role and parts of the row
        self.warning("retrying", attempt=details.retry_num, wait_seconds=round(details.wait_for, 3))

    def _write(self, level: str, event: str, each: Iterable[Mapping[str, object]]) -> None:
        from structlog.processors import TimeStamper, add_log_level

        common = add_log_level(None, level, {**self._common, "event": event})
        lines = self._render(TimeStamper(fmt="iso", utc=True)(None, level, common), each)
        while some := "\n".join(islice(lines, _LINES_AT_ONCE)):
            self._stream.write(some + "\n")
            self._stream.flush()

    def _readable(self, common: "EventDict", each: Iterable[Mapping[str, object]]) -> Iterator[str]:
        from structlog.dev import ConsoleRenderer

        show = ConsoleRenderer(colors=self._colour)
        for fields in each:
            event = {**common, **fields}.items()
            yield show(None, "", {key: printable(value) if isinstance(value, str) else value for key, value in event})


def _as_json(common: "EventDict", each: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """What all of the events have in common is encoded once."""
    start = _encode(common).removesuffix("}")
    for fields in each:
        yield f"{start}, {_encode(fields)[1:]}"
