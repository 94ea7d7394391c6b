"""Standard output and error that are closed, full, not read, or cannot encode a character: the work is done anyway.

Python's own streams raise in the middle of the work, or when the interpreter ends; these note what went wrong instead.
"""

import errno
import io
import os
import select
import sys
from contextlib import suppress
from typing import Any, TextIO

_STDOUT, _STDERR = 1, 2


class _SafeFile(io.RawIOBase):
    """A file descriptor that can always be written to: after the first error, whatever follows is dropped."""

    def __init__(self, descriptor: int | None) -> None:
        super().__init__()
        self._descriptor = descriptor
        self.error: OSError | None = None

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self._descriptor is not None and os.isatty(self._descriptor)

    def fileno(self) -> int:
        if self._descriptor is None:
            raise io.UnsupportedOperation("closed")
        return self._descriptor

    def write(self, data: Any, /) -> int:  # bytes, or another object with a buffer
        if self.error is None:
            try:
                return self._write(data)
            except OSError as error:
                self.error = error
        return memoryview(data).nbytes

    def _write(self, data: Any) -> int:
        if self._descriptor is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        while True:
            try:
                return os.write(self._descriptor, data)
            except BlockingIOError:  # a pipe that the parent process made non-blocking
                select.select([], [self._descriptor], [])


class Output(io.TextIOWrapper):
    """A text stream that can always be written to; a character that its encoding lacks is written as an escape."""

    def __init__(self, original: TextIO | None, descriptor: int) -> None:
        self._patient = _SafeFile(None if original is None else descriptor)
        super().__init__(
            io.BufferedWriter(self._patient),
            encoding=original.encoding if original else "utf-8",
            errors="backslashreplace",
            line_buffering=original is not None and self._patient.isatty(),
        )

    @property
    def error(self) -> OSError | None:
        """The first error so far."""
        return self._patient.error

    @property
    def is_unread(self) -> bool:
        """Whether the reader of a pipe is gone: then lost output is not an error."""
        return isinstance(self.error, BrokenPipeError)


def replace_streams() -> tuple[Output, Output]:
    """Replace Python's own streams with these, and return them."""
    for descriptor in (_STDOUT, _STDERR):
        _reserve_descriptor(descriptor)
    sys.stdout, sys.stderr = streams = Output(sys.stdout, _STDOUT), Output(sys.stderr, _STDERR)
    return streams


def _reserve_descriptor(descriptor: int) -> None:
    """Keep a database connection from getting the file descriptor of a closed stream."""
    try:
        os.fstat(descriptor)
    except OSError:
        opened = os.open(os.devnull, os.O_WRONLY)
        if opened != descriptor:
            os.dup2(opened, descriptor)
            os.close(opened)


def flushed(stream: Output) -> OSError | None:
    """The error for output that was lost; None if its reader went away."""
    with suppress(ValueError):  # closed
        stream.flush()
    return None if stream.is_unread else stream.error
