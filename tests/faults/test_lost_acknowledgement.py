"""A connection that breaks around a COMMIT: the server did it or did it not, and nobody was told."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count

import pytest
from psycopg import conninfo

from tests.helpers.support import AppDatabase


class Proxy:
    """Passes bytes on between clients and the server, and cuts the connection that sends one certain COMMIT."""

    def __init__(self, host: str, port: int, *, number: int, done: bool) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        self.cut = False
        self._server, self._number, self._done = (host, port), number, done
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

    @staticmethod
    def _to_client(client: socket.socket, server: socket.socket, lost: threading.Event) -> None:
        with suppress(OSError), client, server:
            while (said := server.recv(65536)) and not lost.is_set():
                client.sendall(said)
            client.shutdown(socket.SHUT_RDWR)


@contextmanager
def cutting(app: AppDatabase, number: int, *, done: bool) -> Iterator[tuple[Proxy, str]]:
    """A proxy before the database of a test, and the URL that leads through it."""
    given = conninfo.conninfo_to_dict(app.url)
    proxy = Proxy(str(given["host"]), int(given["port"]), number=number, done=done)
    try:
        changes = {"host": "127.0.0.1", "port": str(proxy.port), "sslmode": "disable", "gssencmode": "disable"}
        yield proxy, conninfo.make_conninfo(**{**given, **changes})
    finally:
        proxy.listener.close()


@pytest.mark.parametrize("done", [True, False], ids=["committed", "not committed"])
def test_a_commit_whose_answer_is_lost_is_paid_once_and_told_right(first: AppDatabase, done: bool) -> None:
    """Each commit of a run in turn: the run goes on by itself, and its totals are those of the ledger."""
    for number in count(1):
        for each in range(3):
            first.account(f"u{number}-{each}")
            first.session(f"s{number}-{each}", "error" if each else "generating", account=f"u{number}-{each}")
        with cutting(first, number, done=done) as (proxy, url):
            ran = first.sweeper("run", "--json", "--batch-size", "2", now=None, SWEEPER_DATABASE_URL=url)
        assert ran.exit_code == 0, ran.stderr
        assert len(first.refunds()) == 3 * number
        of_run = "SELECT count(*), sum(amount) FROM sweeper.refunds WHERE run_id = %s"
        assert first.sql(of_run, ran.document["run_id"]) == [(3, 9)]
        assert ran.document["refunds"] == {"sessions": 3, "credits": 9, "accounts": 3}
        assert first.value("SELECT count(*) FROM users WHERE credits <> 103") == 0
        assert first.value("SELECT count(*) FROM prediction_sessions WHERE status <> 'error'") == 0
        assert first.value("SELECT count(*) FROM sweeper.runs WHERE ended_at IS NULL") == 0
        if not proxy.cut:
            break
    assert number > 5, "opening the run, two batches, closing it"
