"""A proxy before a database that breaks the connection around a COMMIT."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from psycopg import conninfo

from tests.helpers.app_database import AppDatabase

# what a pooler says whose server is shut down as it commits: instead of "ready for the next", a FATAL error
READY = 6
SHUT_DOWN = b"SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0"
DYING_WORDS = b"E" + (len(SHUT_DOWN) + 4).to_bytes(4, "big") + SHUT_DOWN


class Proxy:
    """Passes bytes on between clients and the server, and cuts the connection that sends one certain COMMIT.

    ``told``: the client hears first that it is done, and in the same breath that the server is shut down.
    """

    def __init__(self, host: str, port: int, *, number: int, done: bool, told: bool = False) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        self.cut = False
        self._server, self._number, self._done, self._told = (host, port), number, done, told
        self._commits = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(self._server)
                lost = threading.Event()
                threading.Thread(target=self._to_server, args=(client, server, lost), daemon=True).start()
                threading.Thread(target=self._to_client, args=(client, server, lost), daemon=True).start()

    def _to_server(self, client: socket.socket, server: socket.socket, lost: threading.Event) -> None:
        with suppress(OSError):
            while said := client.recv(65536):
                if said.startswith(b"Q") and b"COMMIT\0" in said:
                    self._commits += 1
                    if self._commits == self._number:
                        self.cut = True
                        lost.set()
                        if not self._done:
                            break  # the server never hears of it
                server.sendall(said)
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)

    def _to_client(self, client: socket.socket, server: socket.socket, lost: threading.Event) -> None:
        with suppress(OSError), client, server:
            while (said := server.recv(65536)) and not lost.is_set():
                client.sendall(said)
            if self._told:
                client.sendall(said[:-READY] + DYING_WORDS)
            client.shutdown(socket.SHUT_RDWR)


@contextmanager
def cutting(app: AppDatabase, number: int, *, done: bool, told: bool = False) -> Iterator[tuple[Proxy, str]]:
    """A proxy before the database of a test, and the URL that leads through it."""
    given = conninfo.conninfo_to_dict(app.url)
    proxy = Proxy(str(given["host"]), int(given["port"]), number=number, done=done, told=told)
    try:
        changes = {"host": "127.0.0.1", "port": str(proxy.port), "sslmode": "disable", "gssencmode": "disable"}
        yield proxy, conninfo.make_conninfo(**{**given, **changes})
    finally:
        proxy.listener.close()
