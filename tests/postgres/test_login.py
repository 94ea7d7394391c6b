"""Logins that a server refuses, in whatever language it says so."""

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import stamina

from tests.helpers.app_database import AppDatabase

SSL_REQUEST, GSS_REQUEST = 80877103, 80877104


@contextlib.contextmanager
def server_that_refuses(state: str, message: str) -> Iterator[str]:
    """A server that answers each login with one error, as Postgres does; its URL."""
    fields = f"SFATAL\0VFATAL\0C{state}\0M{message}\0\0".encode()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    with client:
                        asked = client.recv(4096)
                        while len(asked) >= 8 and struct.unpack("!II", asked[:8])[1] in (SSL_REQUEST, GSS_REQUEST):
                            client.sendall(b"N")
                            asked = client.recv(4096)
                        client.sendall(b"E" + struct.pack("!I", len(fields) + 4) + fields)

        threading.Thread(target=serve, daemon=True).start()
        yield f"postgresql://u:s3cret@127.0.0.1:{listener.getsockname()[1]}/db"


@pytest.mark.parametrize(
    ("state", "message", "expected"),
    [
        ("28P01", "Passwort-Authentifizierung für Benutzer »u« fehlgeschlagen", "the password was refused"),
        ("28000", "кластер не знает роль u", "the role is not known"),
        ("28000", 'FATAL: role "u" does not exist', "cannot be used: the role does not exist"),
        ("3D000", "la base de données « db » n'existe pas", "cannot be used: the database does not exist"),
        ("42501", 'データベース"db"へのアクセスが拒否されました', "may not connect to this database"),
    ],
)
def test_a_refused_login_is_known_by_its_sqlstate_and_not_tried_again(
    first: AppDatabase, state: str, message: str, expected: str
) -> None:
    with server_that_refuses(state, message) as url:
        ran = first.sweeper("run", "--json", SWEEPER_DATABASE_URL=url)
    error = ran.document["error"]
    assert (ran.exit_code, error["code"]) == (1, "connection")
    assert expected in error["message"]
    assert f"SQLSTATE {state}" in error["message"]
    assert "retrying" not in ran.stderr
    assert "s3cret" not in ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("state", "expected"), [("53300", "it has no connection left"), ("57P03", "it is starting or stopping")]
)
def test_what_may_pass_is_tried_again_in_any_language(first: AppDatabase, state: str, expected: str) -> None:
    with server_that_refuses(state, "tut mir leid") as url, stamina.set_testing(True, attempts=2):
        ran = first.sweeper("run", "--json", SWEEPER_DATABASE_URL=url)
    assert expected in ran.document["error"]["message"]
    assert "retrying" in ran.stderr


def test_a_connection_that_was_reset_is_said_in_plain_words(first: AppDatabase) -> None:
    """Psycopg says that it is lost where it has noticed that itself, and closed otherwise."""
    with server_that_refuses("08006", "the connection is lost") as url, stamina.set_testing(True, attempts=1):
        ran = first.sweeper("run", "--json", SWEEPER_DATABASE_URL=url)
    assert "the connection was lost" in ran.document["error"]["message"]


def test_no_server_on_the_local_socket_is_said(first: AppDatabase, tmp_path: Path) -> None:
    with stamina.set_testing(True, attempts=1):
        ran = first.sweeper("run", "--json", SWEEPER_DATABASE_URL=f"postgresql:///db?host={tmp_path}")
    assert "no server listens on this machine's socket" in ran.document["error"]["message"]
